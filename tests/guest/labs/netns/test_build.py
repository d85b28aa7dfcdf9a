"""Networks are built whole or not at all, leave nothing, and do not see each other."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness import frames, ms
from harness.errors import KernelRefused, LabError
from harness.lab import FABRIC
from harness.labs.netns.build import build
from harness.labs.netns.monitor import RTMGRP_NEIGH, NetlinkMonitor
from harness.loop import Loop
from harness.record.net import Net, Stage
from harness.rtnl import messages
from harness.rtnl.link_states import fdb_events
from harness.topology import LinkPlan
from harness.units import MS
from scenarios.topologies import BladeChassis, FilteringSwitch, OneSwitch, TwoSwitches
from tests.leftovers import LIMIT, namespaces, settled
from tests.wire import Wire, listening, network_of, recorded, wired

pytestmark = pytest.mark.guest

KINDS: list[type[Net]] = [OneSwitch, TwoSwitches, BladeChassis, FilteringSwitch]

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@kinds
def test_a_network_that_is_gone_leaves_nothing(
    nothing_left: None, kind: type[Net], stage: Stage
) -> None:
    before = namespaces()
    with kind(stage) as net, listening(net):
        assert namespaces() >= before + len(kind.plan.machines)
        assert len(network_of(net).ends) + len(network_of(net).ports) == 2 * len(kind.plan.links)
        net.dut.bond()


def interrupted(stage: Stage) -> None:
    """Disturb a network, and be interrupted."""
    with OneSwitch(stage) as net, listening(net):
        net.dut.bond()
        net.eth0.delay(10 * ms)
        net.neighbour.arping("target")
        raise KeyboardInterrupt


def test_a_scenario_that_raises_leaves_nothing(nothing_left: None, stage: Stage) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(stage)


def test_a_recording_that_is_interrupted_leaves_nothing(nothing_left: None, stage: Stage) -> None:
    with OneSwitch(stage) as net, pytest.raises(KeyboardInterrupt), net.watch():
        raise KeyboardInterrupt


def test_a_network_that_the_kernel_refuses_is_not_half_built(nothing_left: None) -> None:
    plan = OneSwitch.plan
    wrong = replace(plan, links=(*plan.links, LinkPlan("no/name", "dut", "sw")))
    with pytest.raises(KernelRefused, match="cable no/name was refused with EINVAL"):
        build(wrong, Loop())


def test_a_machine_that_cannot_be_set_up_leaves_nothing(nothing_left: None) -> None:
    plan = OneSwitch.plan
    wrong = replace(plan, prefix=77)
    with pytest.raises(KernelRefused, match="address of target was refused with EINVAL"):
        build(wrong, Loop())


def test_too_many_namespaces_are_the_labs_fault(nothing_left: None) -> None:
    before = LIMIT.read_text()
    LIMIT.write_text(str(settled() + 3))  # one too few
    try:
        with pytest.raises(LabError, match=r"a network namespace for .* could not be made") as it:
            build(OneSwitch.plan, Loop())
    finally:
        LIMIT.write_text(before)
    assert "No space left" in it.value.message
    assert it.value.hint


def learned(monitor: NetlinkMonitor, wire: Wire) -> set[tuple[str, str]]:
    """Return which MACs were learned at which port."""
    ports = {port.index: (port.switch, port.link) for port in wire.network.ports}
    seen = messages.notifications(monitor.take())
    return {(event["mac"], event["port"]) for event in fdb_events(seen, ports)}


@kinds
def test_networks_side_by_side_do_not_see_each_other(kind: type[Net], stage: Stage) -> None:
    stranger = "02:00:00:00:77:77"
    announced = frames.gratuitous_arp(stranger, "192.0.2.99")
    with wired(kind, stage) as (_, one), wired(kind, stage) as (_, two), ExitStack() as undo:
        monitors = []
        for wire in (one, two):
            monitor = NetlinkMonitor(wire.network.spaces[FABRIC], RTMGRP_NEIGH)
            undo.callback(monitor.close)
            undo.callback(monitor.attach(wire.loop))
            monitors.append(monitor)
        one.send("target", "target", announced)
        one.rest(30 * MS)
        two.rest(30 * MS)
        machines = [end for end in one.network.ends if end[0] != "target"]
        assert all(one.arrived(announced, *end) for end in machines)
        assert not any(two.arrived(announced, *end) for end in two.network.ends)
        seen = [learned(monitors[0], one), learned(monitors[1], two)]
        assert (stranger, "target") in seen[0]
        assert stranger not in {mac for mac, _ in seen[1]}


def test_what_happens_next_door_does_not_disturb_a_bond(stage: Stage) -> None:
    with OneSwitch(stage) as two:
        two.dut.bond()

        def disturb(one: OneSwitch) -> None:
            two.eth0.cut()
            two.eth1.cut()
            two.neighbour.garp_as(two.eth0.mac, "192.0.2.1")
            one.after(300 * ms)

        run = recorded(OneSwitch, stage, disturb)
        with listening(two) as wire:
            assert not wire.carrier("eth0")
    assert run.lost == 0
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert run.fdb_moves == []


def test_kinds_differ_only_in_what_their_descriptions_say(stage: Stage) -> None:
    for kind in KINDS:
        with wired(kind, stage) as (_, wire):
            far = ("target", "target")
            assert wire.passes(("dut", "eth0", *far))
            assert wire.passes(("dut", "eth1", *far))
