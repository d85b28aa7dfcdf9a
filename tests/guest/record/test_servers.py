"""Routers and hosts of guests on the wire: what is forwarded, what a switch keeps."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness import ms
from harness.errors import Inconclusive, ScenarioError
from harness.lab import FABRIC
from harness.record.net import Net, Stage
from harness.rtnl import messages
from harness.topology import DUT
from harness.units import MS
from scenarios.field.servers import BridgeHost, DualBondRouter
from tests.wire import listening

pytestmark = pytest.mark.guest


def test_a_router_forwards_both_ways_and_each_probe_crosses_both_bonds(stage: Stage) -> None:
    with DualBondRouter(stage) as net, net.watch() as run:
        net.eth3.cut()
    crossed = [probe["crossed"] for probe in run.history.select("probe") if probe["reply"]]
    assert run.lost == 0
    assert len(crossed) > 40
    assert {frozenset(links) for links in crossed} == {frozenset(("eth0", "eth2"))}


@pytest.mark.parametrize("lacking", ["forwarding", "gateway"])
def test_without_routing_nothing_gets_through(stage: Stage, lacking: str) -> None:
    class Broken(DualBondRouter):
        plan = replace(
            DualBondRouter.plan,
            forwards=lacking != "forwarding",
            machines=tuple(
                replace(one, gateway=None) if lacking == "gateway" else one
                for one in DualBondRouter.plan.machines
            ),
        )

    with Broken(stage) as net:
        for bond in ("bond0", "bond1"):
            net.dut.bond(bond, updelay=0)
        with pytest.raises(Inconclusive, match="not answered both ways"), net.watch():
            pass


def test_health_is_asked_of_every_bond(stage: Stage) -> None:
    with DualBondRouter(stage) as net:
        for bond in ("bond0", "bond1"):
            net.dut.bond(bond, updelay=0)
        net.eth3.cut()
        with pytest.raises(ScenarioError, match="slave eth3 is down"), net.watch():
            pass


def test_the_slowest_bond_decides_how_long_is_watched(stage: Stage) -> None:
    def watched(updelay: int) -> int:
        with DualBondRouter(stage) as net:
            net.dut.bond("bond0", updelay=0)
            net.dut.bond("bond1", updelay=updelay)
            with net.watch() as run:
                net.eth0.cut()
        return (run.history.mark("end") or 0) - (run.history.mark("settle") or 0)

    assert watched(1000) > watched(0) + 900 * MS


@pytest.mark.parametrize("path", [("guest", "client"), ("dut", "client"), ("client", "guest")])
def test_any_two_machines_can_be_the_path(stage: Stage, path: tuple[str, str]) -> None:
    with BridgeHost(stage) as net, net.watch(path=path) as run:
        net.after(200 * ms)
    assert (run.lost, run.duplicates) == (0, 0)
    assert run.history.about.path == path
    vias = {probe.get("via") for probe in run.history.select("probe") if probe["reply"]}
    assert vias == {"eth0"}


def test_a_bridge_takes_the_bonds_mac_and_has_its_address(stage: Stage) -> None:
    with BridgeHost(stage) as net, net.watch() as run:
        net.after(100 * ms)
    macs = {event.where: event["mac"] for event in run.history.select("mac")}
    assert macs["dut/br0"] == macs["dut/bond0"] == net.eth0.mac
    assert run.history.about.bonds["bond0"].address == "192.168.1.100"


def learned_at(net: Net, port: str) -> list[str]:
    """Return what a switch has learned at a port of the network."""
    (index,) = (one.index for one in net._network.ports if (one.switch, one.link) == ("sw", port))
    table = net._network.host(FABRIC).dump(messages.all_neighbours(), messages.RTM_NEWNEIGH)
    return messages.learned(table, index)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_switch_keeps_what_it_learned_at_a_dead_port_only_if_told(
    stage: Stage, *, keeps: bool
) -> None:
    with BridgeHost(stage) as net, listening(net) as wire:
        net.dut.bond()
        wire.rest(1500 * MS)
        if keeps:
            net.sw.keep_fdb()
        mac = net.guest.cable.mac
        wire.call("guest", "vnet0")
        assert wire.wait(lambda: mac in learned_at(net, "eth0"))
        net.eth0.cut()
        assert (mac in learned_at(net, "eth0")) == keeps
        wire.rest(200 * MS)
        wire.call("guest", "vnet0")
        assert wire.wait(lambda: mac in learned_at(net, "eth1"))
        assert mac not in learned_at(net, "eth0")


def test_a_guests_link_is_no_cable(stage: Stage) -> None:
    with BridgeHost(stage) as net:
        assert not hasattr(net, "vnet0")
        said = "link vnet0 leads to a guest within the dut and has no switch port"
        with pytest.raises(ScenarioError, match=re.escape(said)):
            net.guest.cable.cut()


def test_a_guest_can_die_and_come_back(stage: Stage) -> None:
    with BridgeHost(stage) as net, net.watch() as run:
        net.guest.die()
        net.after(300 * ms)
        net.guest.revive()
        net.after(1500 * ms)
    assert run.lost > 0
    assert run.recovered
    assert run.active_slaves == ["eth0"]


def test_the_first_bond_is_meant_where_none_is_named(stage: Stage) -> None:
    with DualBondRouter(stage) as net:
        assert net.dut.bond(updelay=0).name == "bond0"
        with pytest.raises(ScenarioError, match="bond0 exists already"):
            net.dut.bond("bond0")
        with pytest.raises(ScenarioError, match='bond "bond7" is not in topology'):
            net.dut.bond("bond7")
        assert net._network.host(DUT).name == DUT
