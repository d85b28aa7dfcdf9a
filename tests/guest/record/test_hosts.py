"""Frames of one's own, second addresses and commands, in a running network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from harness import ms, s, topology_fixture
from harness.errors import ScenarioError
from harness.judge import lanes, timeline
from harness.judge.run import Run
from harness.record.net import Stage
from scenarios.topologies import BladeChassis, OneSwitch
from tests.wire import Wire, listening

pytestmark = pytest.mark.guest

VIP = "192.0.2.100"
GROUP, SENDER = bytes.fromhex("0180c2000000"), bytes.fromhex("020000000099")
BPDU = GROUP + SENDER + b"\x00\x26\x42\x42\x03" + bytes(43)
NOISE = b"\xff" * 6 + SENDER + b"\x88\xb5" + bytes(46)


net = topology_fixture(OneSwitch)
chassis = topology_fixture(BladeChassis)


def told(run: Run, action: str) -> list[dict[str, Any]]:
    """Return what the history says of one kind of deed."""
    return [dict(event.data) for event in run.history.select("fault", action=action)]


@contextmanager
def arriving(wire: Wire, machine: str, link: str) -> Iterator[list[bytes]]:
    """Give a list that holds the frames of SENDER that arrived, when the block is over."""
    seen: list[bytes] = []
    with wire.ear(machine, link) as ear:
        yield seen
        with suppress(BlockingIOError):
            while True:
                seen.append(ear.recv(2000))
    seen[:] = [frame for frame in seen if frame[6:12] == SENDER]


@pytest.mark.parametrize("frame", [BPDU, NOISE], ids=["bpdu", "noise"])
def test_a_frame_of_ones_own_arrives_as_often_as_it_was_asked_for(
    net: OneSwitch, frame: bytes
) -> None:
    net.dut.bond()
    with listening(net) as wire, arriving(wire, "dut", "eth1") as seen, net.watch() as run:
        net.neighbour.send(frame, every=20 * ms, count=5)
    assert seen == [frame] * 5
    begin, end = told(run, "send")
    assert (begin["every_ms"], begin["count"], end["sent"]) == (20, 5, 5)
    assert run.history.mark("end")


def test_the_recording_lasts_until_the_last_frame_that_is_known_of(net: OneSwitch) -> None:
    net.dut.bond(miimon=100)
    with net.watch() as run:
        net.neighbour.send("hello", NOISE, every=2 * s, count=4)
    begin, end = told(run, "send")
    assert begin["frame"] == end["frame"] == "hello"
    assert end["sent"] == 4
    text = timeline.table(run.history)
    assert "send neighbour hello every 2000 ms 4 times" in text
    assert "send neighbour ends hello after 4 frames" in text


def test_frames_end_with_their_span_or_when_they_are_told_to(net: OneSwitch) -> None:
    net.dut.bond()
    with net.watch() as run:
        net.neighbour.send(NOISE, every=50 * ms, during=220 * ms)
        with net.target.send("other", NOISE, every=50 * ms):
            net.after(120 * ms)
        net.after(1 * s)
    ends = [one["sent"] for one in told(run, "send") if one["phase"] == "end"]
    assert ends == [3, 5]


def test_bpdus_keep_a_dead_path_alive(chassis: BladeChassis) -> None:
    chassis.dut.bond(arp_interval=100)
    with chassis.neighbour.send(BPDU, every=50 * ms), chassis.watch() as run:
        chassis.uplink1.cut()
        chassis.after(2 * s)
    assert not run.slave("eth0").failures
    assert [one["frame"] for one in told(run, "send")] == ["BPDU"]


def test_the_dut_sends_by_its_bond_or_by_a_slave(net: OneSwitch) -> None:
    bond = net.dut.bond()
    with listening(net) as wire, arriving(wire, "target", "target") as seen, net.watch() as run:
        net.dut.send(NOISE)
        net.dut.send("by a slave", NOISE, by=net.eth1)
        net.dut.send(NOISE, by=bond, every=10 * ms, count=2)
    assert len(seen) == 4
    assert [one["via"] for one in told(run, "send")] == ["bond0", "eth1", "bond0", "bond0"]


def test_a_switch_sends_out_of_a_port_what_it_would_not_forward(net: OneSwitch) -> None:
    net.dut.bond()
    lldp = bytes.fromhex("0180c200000e") + SENDER + b"\x88\xcc" + bytes(46)
    with listening(net) as wire, arriving(wire, "dut", "eth1") as seen, net.watch() as run:
        net.neighbour.send(lldp)
        net.sw.send(lldp, by=net.eth1, every=10 * ms, count=2)
    assert seen == [lldp] * 2
    assert [one.get("via") for one in told(run, "send")] == [None, "eth1", "eth1"]


def test_what_scapy_builds_is_sent_with_the_machines_own_address(net: OneSwitch) -> None:
    from scapy.layers.l2 import Ether  # noqa: PLC0415  it takes a guest a second to load

    net.dut.bond()
    with listening(net) as wire, wire.ear("target", "target") as ear, net.watch():
        net.neighbour.send(Ether(dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / (b"\0" * 46))
        net.after(100 * ms)
        sources = set()
        with suppress(BlockingIOError):
            while frame := ear.recv(2000):
                sources |= {frame[6:12].hex(":")} if frame[12:14] == b"\x88\xb5" else set()
    assert sources == {net.neighbour.cable.mac}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda net: net.neighbour.send("bpdu"), "str is no frame"),
        (lambda net: net.neighbour.send(b"\0" * 9), "a frame of 9 bytes is no Ethernet frame"),
        (lambda net: net.neighbour.send(b"\0" * 9000), "a frame of 9000 bytes is no Ethernet"),
        (lambda net: net.neighbour.send(NOISE, count=3), "neighbour cannot send several frames"),
        (lambda net: net.neighbour.send(NOISE, every=ms / 2), "neighbour cannot send a frame eve"),
        (lambda net: net.neighbour.send(NOISE, every=ms, count=0), "neighbour cannot send 0 fra"),
        (lambda net: net.neighbour.send(NOISE, by=net.eth0), 'cable of neighbour "eth0" is not'),
        (lambda net: net.sw.send(NOISE, by=net.sw), 'port of sw "sw" is not in topology'),
        (lambda net: net.dut.send(NOISE, by=net.target), 'interface of the dut "target" is not'),
        (lambda net: net.dut.add_address("192.0.2.300"), 'bond0 cannot have "192.0.2.300"'),
        (lambda net: net.dut.run(""), "there is no command to run"),
        (lambda net: net.dut.run("no-such-program x"), "no-such-program cannot be run: No such"),
        (lambda net: net.dut.run("sleep 60", within=50 * ms), "`sleep 60` did not end within 50."),
    ],
)
def test_what_cannot_be_done_is_rejected_with_a_message(
    net: OneSwitch, wrong: Callable[[OneSwitch], object], said: str
) -> None:
    net.dut.bond()
    with pytest.raises(ScenarioError) as caught:
        wrong(net)
    assert caught.value.message.startswith(said)
    assert caught.value.hint
    assert net._noted == []


def test_an_option_that_does_not_exist_is_an_error_before_and_while_it_runs(
    net: OneSwitch,
) -> None:
    with pytest.raises(ScenarioError, match="did you mean miimon"):
        net.dut.bond(mimon=100)  # type: ignore[call-arg]
    with pytest.raises(ScenarioError, match="no bond was created yet"):
        net.dut.set(miimon=50)
    net.dut.bond()
    with pytest.raises(ScenarioError, match="did you mean updelay"):
        net.dut.set(upddelay=100)  # type: ignore[call-arg]
    with net.watch() as run:
        net.dut.set(miimon=50)
    assert told(run, "set")[0]["options"] == "miimon=50"


def test_a_service_address_is_answered_for_and_announced_after_a_failover(net: OneSwitch) -> None:
    bond = net.dut.bond(num_grat_arp=2)
    service = net.dut.add_address(VIP)
    with net.watch() as run, net.neighbour.arping(VIP, every=500 * ms):
        net.after(100 * ms)
        net.eth0.cut()
        net.after(700 * ms)
    assert [one.port for one in run.answers(VIP)] == ["eth0", "eth1"]
    assert {one.ip for one in run.garps} == {bond.address}
    assert [one.port for one in run.garps_for(VIP)] == ["eth1"] * len(run.garps)
    assert "1 ARP answer" in timeline.table(run.history)
    service.end()


def test_a_path_may_be_probed_by_its_service_address(net: OneSwitch) -> None:
    net.dut.bond()
    service = net.dut.add_address(VIP)
    with net.watch(address=VIP) as run:
        service.end()
        net.after(300 * ms)
        net.dut.add_address(VIP)
        net.after(300 * ms)
    assert 290 * ms <= run.outage_in <= 310 * ms


def test_a_service_address_moves_to_another_machine(net: OneSwitch) -> None:
    net.dut.bond()
    with net.watch() as run:
        service = net.dut.add_address(VIP)
        net.dut.garp(VIP)
        net.after(100 * ms)
        service.end()
        service.end()
        net.neighbour.add_address(VIP)
        net.neighbour.garp(VIP)
        net.after(100 * ms)
        with net.target.arping(VIP, every=500 * ms):
            net.after(100 * ms)
    assert [one.port for one in run.garps_for(VIP)] == ["eth0", "neighbour"]
    assert {(one.port, one.mac) for one in run.answers(VIP)} == {
        ("neighbour", net.neighbour.cable.mac)
    }
    text = timeline.table(run.history)
    assert f"add address bond0 {VIP}" in text
    assert f"drop address bond0 {VIP}" in text
    assert f"add address neighbour {VIP}" in text


def test_a_command_sees_the_duts_network_and_is_in_the_history(net: OneSwitch) -> None:
    net.dut.bond()
    done = net.dut.run("ip -d link show bond0")
    net.dut.run(["sh", "-c", "echo no >&2; exit 3"])
    with net.watch() as run:
        net.eth0.cut()
    assert done.returncode == 0
    assert "bond mode active-backup" in done.stdout
    first, second = told(run, "run")
    assert first["output"] == done.stdout
    assert (second["status"], second["output"]) == (3, "no\n")
    text = timeline.table(run.history, (), 140)
    assert "COMMAND   run dut $ ip -d link show bond0" in text
    assert "ends with status 3" in text


def demand_virtual_time(stage: Stage) -> None:
    """Skip where the start of a program may hold a recording up for longer than can be judged."""
    if stage.facts["clock"] != "virtual":
        pytest.skip("to start a program takes 50 to 300 ms of real time in a guest")


def test_a_command_may_be_the_fault(stage: Stage, net: OneSwitch) -> None:
    demand_virtual_time(stage)
    net.dut.bond()
    with net.watch() as run:
        net.dut.run("ip link set eth0 down", role="fault")
        net.after(500 * ms)
    assert timeline.origin(run.history)[1] == "run dut"
    assert "v run dut $ ip link set eth0 down" in lanes.draw(run.history)
    assert run.active_slaves == ["eth0", "eth1"]


def test_the_recording_goes_on_while_a_command_runs(stage: Stage, net: OneSwitch) -> None:
    demand_virtual_time(stage)
    net.dut.bond()
    with net.watch() as run:
        net.dut.run("sleep 0.5")
        net.eth0.cut()
    assert run.detection <= 200 * ms
    (slept,) = told(run, "run")
    assert 500 <= slept["lasted_ms"] < 900
