"""Arrival means accepted: what a stack discards is lost, in the direction in which it was sent."""

from __future__ import annotations

import pytest

from harness import frames, ms
from harness.lab import Seen
from harness.record.filters import accepted
from harness.record.net import Stage
from scenarios.field.servers import BridgeHost
from scenarios.topologies import OneSwitch
from tests.wire import wired

pytestmark = pytest.mark.guest

STRANGE = "02:00:00:00:77:77"


@pytest.mark.parametrize("dst", ["own", "strange", "all"])
def test_a_tap_tells_whether_a_frame_is_for_its_machine(stage: Stage, dst: str) -> None:
    with wired(OneSwitch, stage) as (net, wire):
        own = net.target.cable.mac
        to = {"own": own, "strange": STRANGE, "all": frames.BROADCAST}[dst]
        sent, _ = wire.call("neighbour", "neighbour", to)

        def heard() -> list[Seen]:
            return [one for one in wire.heard("target", "target") if one.data[:42] == sent[:42]]

        assert wire.wait(lambda: len(heard()) == 1)
        assert [accepted(one) for one in heard()] == [dst != "strange"]


@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb"])
@pytest.mark.parametrize("end", ["guest", "dut"])
def test_a_flood_is_no_copy_and_no_loss(stage: Stage, mode: str, end: str) -> None:
    """Whoever is not meant has the frame on its wire too; the bond and the stacks take it once."""
    with BridgeHost(stage) as net:
        net.dut.bond(mode=mode)
        with net.watch(path=(end, "client")) as run:
            net.sw.flush_fdb()
            net.after(300 * ms)
    assert (run.lost, run.duplicates, run.reordered) == (0, 0, 0)


def test_a_peer_with_another_mac_is_dark_on_the_way_to_it(stage: Stage) -> None:
    """The DUT's frames reach the target's wire and are for a MAC that it has no more."""
    with OneSwitch(stage) as net, net.watch("out") as run:
        net.target.change_mac(STRANGE)
        net.sw.flush_fdb()
    assert (run.lost_requests > 40, run.lost_replies) == (True, 0)
    assert run.outage_in <= 0 * ms
    assert not run.outage_out <= 300 * ms
    assert {it.get("discarded") for it in run.history.select("probe")} == {None, "target"}


@pytest.mark.parametrize("net_class", [OneSwitch, BridgeHost])
def test_a_bond_with_another_mac_is_dark_on_the_way_to_it(
    stage: Stage, net_class: type[OneSwitch | BridgeHost]
) -> None:
    """The same at the DUT: its bond, or the bridge over it, discards what is for its old MAC."""
    with net_class(stage) as net:
        bond = net.dut.bond()
        path = ("dut", net.plan.path[1])
        for cable in (net.eth0, net.eth1):
            cable.mute_garp(net.plan.bond_address(bond.plan))
        with net.watch("in", path=path) as run:
            net.dut.set_mac(bond, STRANGE)
    assert (run.lost_requests > 40, run.lost_replies) == (True, 0)
    assert run.outage_out <= 0 * ms
    assert not run.outage_in <= 300 * ms


def test_a_slave_that_was_released_and_is_up_is_an_interface_of_its_own(stage: Stage) -> None:
    """Linux takes a frame for its address by any interface, and answers by its routes."""
    with OneSwitch(stage) as net:
        bond = net.dut.bond()
        with net.watch("in") as run:
            net.dut.release(bond, net.eth0)
            net.eth0.admin_up()
            net.sw.pin(net.eth0.mac, net.eth0)
            net.after(300 * ms)
    assert run.recovered
    assert run.lost <= 1
