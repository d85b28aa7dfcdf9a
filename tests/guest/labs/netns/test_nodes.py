"""What is done to switches and machines is seen on the wire, and its undoing too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import frames, ms, s
from harness.record.journal import Effect
from harness.record.net import Stage
from harness.topology import mac_of
from harness.units import MS
from scenarios.topologies import DUT, NEIGHBOUR, TARGET, FilteringSwitch, OneSwitch, TwoSwitches
from tests.wire import MOMENT, Path, Wire, wired

pytestmark = pytest.mark.guest

OUT: Path = ("dut", "eth0", "target", "target")
IN: Path = ("target", "target", "dut", "eth0")
SECOND: Path = ("target", "target", "dut", "eth1")
ASIDE: Path = ("target", "target", "neighbour", "neighbour")
One = tuple[OneSwitch, Wire]


@pytest.fixture
def one(stage: Stage) -> Iterator[One]:
    """Two interfaces of the DUT at one switch, no bond."""
    with wired(OneSwitch, stage) as made:
        yield made


def test_a_switch_without_power_takes_the_carrier_of_its_neighbours(stage: Stage) -> None:
    with wired(TwoSwitches, stage) as (net, wire):
        with net.sw1.power_off():
            assert (wire.carrier("eth0"), wire.carrier("eth1")) == (False, True)
            assert (wire.passes(IN), wire.passes(SECOND)) == (False, True)
        assert wire.wait(lambda: wire.carrier("eth0"))
        assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


def learn(net: OneSwitch, wire: Wire) -> str:
    """Let the switch learn where eth0's MAC is; return that MAC."""
    assert wire.passes(OUT)
    assert net.eth0.mac == mac_of(wire.network.topology, "dut", "eth0")
    return net.eth0.mac


def delivered(wire: Wire, mac: str) -> list[bool]:
    """Tell whether unicast from the target gets to eth0, and to the neighbour."""
    return [wire.passes(IN, dst=mac), wire.passes(ASIDE, dst=mac)]


def test_a_switch_delivers_to_the_port_it_learned(one: One) -> None:
    net, wire = one
    assert delivered(wire, learn(net, wire)) == [True, False]


def test_a_flushed_switch_floods_until_it_learns_again(one: One) -> None:
    net, wire = one
    mac = learn(net, wire)
    net.sw.flush_fdb()
    assert delivered(wire, mac) == [True, True]
    learn(net, wire)
    assert delivered(wire, mac) == [True, False]


def test_a_switch_forgets_by_age_what_is_not_heard_again(one: One) -> None:
    net, wire = one
    net.sw.age_fdb(2 * s)
    mac = learn(net, wire)
    assert delivered(wire, mac) == [True, False]
    wire.rest(5000 * MS)
    assert delivered(wire, mac) == [True, True]


def test_power_off_forgets_what_was_learned(one: One) -> None:
    net, wire = one
    mac = learn(net, wire)
    with net.sw.power_off():
        assert not wire.carrier("eth0")
    assert wire.wait(lambda: wire.passes(IN))
    assert delivered(wire, mac) == [True, True]


def test_a_foreign_announcement_moves_an_address(one: One) -> None:
    net, wire = one
    mac = learn(net, wire)
    net.neighbour.garp_as(mac, DUT)
    assert delivered(wire, mac) == [False, True]
    learn(net, wire)
    assert delivered(wire, mac) == [True, False]


def test_a_pinned_address_does_not_move(one: One) -> None:
    net, wire = one
    mac = learn(net, wire)
    with net.sw.pin(mac, net.eth0):
        net.neighbour.garp_as(mac, DUT)
        assert delivered(wire, mac) == [True, False]
    net.neighbour.garp_as(mac, DUT)
    assert delivered(wire, mac) == [False, True]


def test_a_pinned_address_survives_a_flush(one: One) -> None:
    net, wire = one
    mac = net.eth0.mac
    with net.sw.pin(mac, net.neighbour.cable):
        net.sw.flush_fdb()
        assert wire.passes(OUT)
        assert delivered(wire, mac) == [False, True]
    learn(net, wire)
    assert delivered(wire, mac) == [True, False]


def test_muted_announcements_are_dropped_and_nothing_else(one: One) -> None:
    net, wire = one
    mac = net.eth0.mac
    own, others = (frames.gratuitous_arp(mac, address) for address in (DUT, "192.0.2.99"))
    question = frames.arp_request(mac, DUT, TARGET)

    def told() -> list[bool]:
        before = {frame: len(wire.arrived(frame, *OUT[2:])) for frame in (own, others, question)}
        for frame in before:
            wire.send("dut", "eth0", frame)
        wire.rest(MOMENT)
        return [len(wire.arrived(frame, *OUT[2:])) > times for frame, times in before.items()]

    with net.eth0.mute_garp(DUT):
        assert told() == [False, True, True]
    assert told() == [True, True, True]


def test_a_dead_target_answers_nothing(one: One) -> None:
    net, wire = one
    question = frames.arp_request(net.eth0.mac, DUT, TARGET)
    answer = frames.arp_reply(net.target.cable.mac, TARGET, net.eth0.mac, DUT)

    def answers() -> int:
        before = len(wire.arrived(answer, *IN[2:]))
        wire.send("dut", "eth0", question)
        wire.rest(MOMENT)
        return len(wire.arrived(answer, *IN[2:])) - before

    assert answers() == 1
    with net.target.die():
        assert answers() == 0
        assert wire.carrier("eth0")
    assert wire.wait(lambda: answers() == 1)


ME = "02:00:00:00:02:03"  # the neighbour's, for the frames below are known bytes


@pytest.mark.parametrize(
    ("verb", "known"),
    [
        (
            lambda net: net.neighbour.arping("target", every=20 * ms),
            lambda: frames.arp_request(ME, NEIGHBOUR, TARGET),
        ),
        (
            lambda net: net.neighbour.arp_replies(DUT, mac=net.eth0.mac, every=20 * ms),
            lambda: frames.arp_reply(ME, NEIGHBOUR, "02:00:00:00:00:00", DUT),
        ),
    ],
    ids=["arping", "arp_replies"],
)
def test_a_neighbours_arp_reaches_the_dut_at_its_pace(
    one: One, verb: Callable[[OneSwitch], Effect], known: Callable[[], bytes]
) -> None:
    net, wire = one
    learn(net, wire)
    with verb(net):
        wire.rest(205 * MS)
    frame = known()
    seen = wire.arrived(frame, "dut", "eth0")
    assert 3 <= len(seen) <= 11, "one each 20 ms, of which a busy machine may leave some out"
    assert (seen[-1] - seen[0]) // (20 * MS) + 2 >= len(seen), "and none is made up for"
    wire.rest(60 * MS)
    assert wire.arrived(frame, "dut", "eth0") == seen, "it ended with its block"
    assert [event["phase"] for event in net._noted] == ["begin", "end"]
    assert {event["every_ms"] for event in net._noted if event["phase"] == "begin"} == {20}


@pytest.mark.parametrize("ipv6", [False, True])
def test_a_neighbours_noise_reaches_the_dut(one: One, *, ipv6: bool) -> None:
    net, wire = one
    known = frames.ipv6_noise(ME) if ipv6 else frames.noise(ME)
    with wire.ear("dut", "eth0") as ear:
        with net.neighbour.noise(every=20 * ms, ipv6=ipv6):
            wire.rest(70 * MS)
        assert [ear.recv(200), ear.recv(200)] == [known, known]


@pytest.mark.parametrize(
    ("verb", "known"),
    [
        (lambda net: net.neighbour.garp("192.0.2.99"), frames.gratuitous_arp(ME, "192.0.2.99")),
        (
            lambda net: net.neighbour.garp_as("02:00:00:00:77:77", DUT),
            frames.gratuitous_arp("02:00:00:00:77:77", DUT),
        ),
    ],
    ids=["garp", "garp_as"],
)
def test_a_neighbours_announcement_reaches_the_dut_once(
    one: One, verb: Callable[[OneSwitch], None], known: bytes
) -> None:
    net, wire = one
    verb(net)
    wire.rest(MOMENT)
    assert len(wire.arrived(known, "dut", "eth0")) == 1
    assert len(wire.arrived(known, "dut", "eth1")) == 1
    assert [(event.where, event["action"]) for event in net._noted] == [("neighbour", "garp")]


def test_a_machine_whose_cable_is_out_swallows_what_it_sends(one: One) -> None:
    net, wire = one
    net.neighbour.cable.cut()
    net.neighbour.die()
    net.neighbour.garp(DUT)
    wire.rest(MOMENT)
    assert wire.arrived(frames.gratuitous_arp(ME, DUT), "dut", "eth0") == []


MACS = ("02:00:00:00:00:00", "02:00:00:00:00:01")


@pytest.mark.parametrize(
    ("dst", "seen"),
    [
        (MACS[0], [True, False]),
        (MACS[1], [False, True]),
        ("02:00:00:00:77:77", [False, False]),
        (frames.BROADCAST, [True, True]),
        ("01:00:5e:00:00:01", [True, True]),
        ("33:33:00:00:00:01", [True, True]),
    ],
)
def test_a_filtering_port_delivers_its_own_mac_and_groups(
    stage: Stage, dst: str, seen: list[bool]
) -> None:
    with wired(FilteringSwitch, stage) as (net, wire):
        net.sw.flush_fdb()  # so that it is the filter that keeps a frame back
        assert [wire.passes(IN, dst=dst), wire.passes(SECOND, dst=dst)] == seen


def test_a_filtering_port_does_not_learn_a_foreign_mac(stage: Stage) -> None:
    with wired(FilteringSwitch, stage) as (_, wire):
        wire.send("dut", "eth1", frames.gratuitous_arp(MACS[0], DUT))  # as after a failover
        assert [wire.passes(IN, dst=MACS[0]), wire.passes(SECOND, dst=MACS[0])] == [False, False]


def test_a_filtering_port_can_be_disturbed_as_any_other(stage: Stage) -> None:
    with wired(FilteringSwitch, stage) as (net, wire):
        with net.eth0.lose("in"):
            assert not wire.passes(IN)
        with net.eth0.delay(20 * ms, "in"):
            assert min(wire.takes(IN)) >= 20 * MS
        assert [wire.passes(IN, dst=MACS[0]), wire.passes(SECOND, dst=MACS[0])] == [True, False]
