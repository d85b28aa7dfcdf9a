"""USB adapters in a kernel: they come where they belong, work, and leave nothing behind."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import ms, s
from harness.errors import KernelRefused, LabError, NotTestable, ScenarioError
from harness.guests import init
from harness.history import Event
from harness.labs.netns.namespace import CURRENT, Namespace
from harness.labs.netns.usb import FIRST
from harness.labs.netns.usb import UsbNics as Adapters
from harness.labs.rtl8150 import controller, vhci
from harness.labs.rtl8150.nics import ServerProcess
from harness.loop import now
from harness.record.net import Stage
from harness.rtnl import messages
from harness.units import MS
from scenarios.topologies import UsbNics
from tests.wire import Path as Way
from tests.wire import Wire, wired

pytestmark = pytest.mark.guest

OUT: Way = ("dut", "eth1", "target", "target")
IN: Way = ("target", "target", "dut", "eth1")
Two = tuple[UsbNics, Wire]


def here() -> set[str]:
    """Return the interfaces of the first namespace."""
    return {path.name for path in Path("/sys/class/net").iterdir() if path.is_dir()}


def attached() -> int:
    """Return how many ports of the controller are in use."""
    return sum(port.state != controller.FREE for port in vhci.ports())


@pytest.fixture
def two(stage: Stage) -> Iterator[Two]:
    """Both adapters, no bond; skipped where the kernel has no USB."""
    with wired(UsbNics, stage) as made:
        yield made


def test_the_interfaces_have_their_names_numbers_and_macs(two: Two) -> None:
    net, wire = two
    links = {link.get_attr("IFLA_IFNAME"): link for link in wire.links("dut")}
    for name in ("eth1", "eth2"):
        assert links[name]["index"] == wire.network.ends["dut", name]
        assert links[name].get_attr("IFLA_ADDRESS") == getattr(net, name).mac
        assert links[name].get_attr("IFLA_PARENT_DEV_BUS_NAME") == "usb"
    assert here() == {"lo"}


def test_frames_pass_both_ways_and_a_cut_stops_them(two: Two) -> None:
    net, wire = two
    assert [wire.passes(OUT), wire.passes(IN)] == [True, True]
    with net.eth1.cut():
        assert wire.wait(lambda: not wire.carrier("eth1"))
        assert wire.carrier("eth2")
        assert not wire.passes(OUT)
    assert wire.wait(lambda: wire.carrier("eth1"))
    assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


@pytest.mark.parametrize("direction", ["out", "in", "both"])
def test_bulk_transfers_that_are_dropped(two: Two, direction: str) -> None:
    net, wire = two
    with net.eth1.drop_bulk(direction):  # type: ignore[arg-type]
        assert wire.passes(OUT) == (direction == "in")
        assert wire.passes(IN) == (direction == "out")
        assert wire.carrier("eth1")
    assert [wire.passes(OUT), wire.passes(IN)] == [True, True]


def test_faults_of_two_directions_end_one_by_one(two: Two) -> None:
    net, wire = two
    first, second = net.eth1.drop_bulk("out"), net.eth1.drop_bulk("in")
    first.end()
    assert [wire.passes(OUT), wire.passes(IN)] == [True, False]
    second.end()
    assert wire.passes(IN)


def test_power_off_of_the_switch_takes_the_link_of_both(two: Two) -> None:
    net, wire = two
    with net.sw.power_off():
        assert wire.wait(lambda: not wire.carrier("eth1") and not wire.carrier("eth2"))
    assert wire.wait(lambda: wire.carrier("eth1") and wire.carrier("eth2"))


def test_the_driver_refuses_mii_tool_and_a_mac_while_up(two: Two) -> None:
    net, wire = two
    assert net.eth1.mii_refusal == "ENOTSUP"
    change = messages.set_link(
        "MAC", wire.network.ends["dut", "eth1"], address="02:00:00:00:00:77"
    )
    with pytest.raises(KernelRefused, match="EBUSY"):
        wire.network.host("dut").send(change)
    net.eth1.admin_down()
    wire.network.host("dut").send(change)


@pytest.mark.parametrize(
    "do",
    [
        lambda net: net.eth1.slow_interrupts(0 * ms),
        lambda net: net.eth1.misreport_link(every=0),
        lambda net: net.eth1.drop_bulk("up"),
    ],
)
def test_verbs_say_what_they_cannot(two: Two, do: object) -> None:
    with pytest.raises(ScenarioError, match=r"eth1 (cannot|has no)"):
        do(two[0])  # type: ignore[operator]


def test_nothing_is_left_when_the_topology_goes(stage: Stage) -> None:
    for _ in range(2):
        with UsbNics(stage) as net:
            net.dut.bond()
            assert attached() == 2
        assert attached() == 0
        assert here() == {"lo"}
        assert not list(controller.CONTROLLER.glob("usb*/*-[12]"))


def recorded(net: UsbNics, fault: Callable[[], object]) -> None:
    """Record what a fault of the lab leads to."""
    with net.watch("out"):
        fault()
        net.after(1 * s)


def test_a_killed_server_of_the_adapters_is_no_fault_of_the_kernel(stage: Stage) -> None:
    with UsbNics(stage) as net:
        usb = net._network.adapters
        assert isinstance(usb, Adapters)
        assert isinstance(usb.chips.server, ServerProcess)
        pid = usb.chips.server.pid
        with pytest.raises(LabError, match="served no longer"):
            recorded(net, lambda: os.kill(pid, signal.SIGKILL))
        with pytest.raises(LabError, match="adapter eth1 did not fail: their server has ended"):
            net.eth1.misreport_link()
        net._loop.pump(now() + 1_000 * MS)
        assert attached() == 0
    assert here() == {"lo"}


def test_the_process_sleeps_while_there_is_nothing_to_do(stage: Stage) -> None:
    """Of two adapters some 32 interrupt packets a second are all that goes on."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
    with UsbNics(stage) as net:
        net.dut.bond()
        net._loop.pump(now() + 10_000 * MS)
    wakes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - before
    assert 300 < wakes < 1500


def test_an_adapter_that_is_gone_is_no_slave_in_the_history(stage: Stage) -> None:
    with UsbNics(stage) as net, net.watch() as run:
        net.eth1.unplug()
    states: list[Event] = list(run.history.select("slave", "eth1"))
    assert states[-1].data == {"bond": None, "link": None, "state": None}


def test_sysfs_is_that_of_the_namespace(stage: Stage) -> None:
    with UsbNics(stage) as net:
        net.dut.bond()
        shell = net._network.host("dut").shell
        assert shell.read("/sys/class/net/bond0/bonding/slaves") == "eth1 eth2\n"
        with pytest.raises(FileNotFoundError):
            shell.write("/sys/class/net/bond9/x", "1")


def test_interfaces_come_from_the_first_namespace_when_this_is_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is on the machine's own kernel, where the worker has a namespace of its own."""
    monkeypatch.setenv(FIRST, str(os.open(CURRENT, os.O_RDONLY)))
    elsewhere = Namespace("elsewhere")
    with elsewhere.inside(), UsbNics(stage) as net, net.watch() as run:
        net.eth1.cut()
    elsewhere.close()
    assert run.active_slaves == ["eth1", "eth2"]
    assert FIRST == init.HOME


def test_a_kernel_without_usb_is_reported_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vhci, "CONTROLLER", Path("/nowhere"))
    with pytest.raises(NotTestable, match=r"no virtual USB controller.*kernels build virtual@7.2"):
        vhci.demand()
