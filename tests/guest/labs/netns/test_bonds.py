"""Bonds in a running network: what the kernel refuses or ignores, and schedules of faults."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import pytest

from harness import ms, topology_fixture
from harness.bonding import BondOptions, ignored
from harness.claims import Release
from harness.errors import KernelRefused, NotPromised, ScenarioError
from harness.history import History
from harness.judge.fitness import STALL
from harness.record.bond_maker import drop_bond, make_bond, read_back
from harness.record.journal import SLIP
from harness.record.net import Stage
from harness.rtnl import messages
from harness.topology import DUT
from harness.units import MS, in_ms
from scenarios.topologies import TARGET, OneSwitch
from tests.wire import recorded

pytestmark = pytest.mark.guest


net = topology_fixture(OneSwitch)


def devices(net: OneSwitch) -> dict[str, int | None]:
    """Return the DUT's interfaces and whose slaves they are, by interface index."""
    found = messages.dump_links(net._network.host(DUT))
    links = [messages.decode_link(one) for one in found]
    return {link.get_attr("IFLA_IFNAME"): link.get_attr("IFLA_MASTER") for link in links}


FREE = {"lo": None, "eth0": None, "eth1": None}


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ({"mode": "802.3ad", "arp_interval": 100}, "option arp_interval=100 of bond0"),
        ({"mode": "balance-rr", "miimon": 100, "primary": "eth0"}, "option primary=eth0 of bond0"),
        ({"mode": "active-backup", "num_grat_arp": 3, "lacp_rate": 1}, "option lacp_rate=fast"),
        ({"mode": "active-backup", "updelay": 100}, "option updelay=100 of bond0"),
    ],
    ids=str,
)
def test_a_refusal_names_the_option_and_leaves_no_bond(
    net: OneSwitch, options: dict[str, object], culprit: str
) -> None:
    with pytest.raises(KernelRefused) as caught:
        make_bond(net._network, net.plan.bond("bond0"), BondOptions.unchecked(**options))
    assert caught.value.message.startswith(culprit), caught.value.message
    assert " was refused with E" in caught.value.message
    assert devices(net) == FREE
    net.dut.bond()
    assert devices(net) == {**FREE, "bond0": None, "eth0": 16, "eth1": 16}


def test_options_that_are_refused_only_together_are_named_together(net: OneSwitch) -> None:
    both = BondOptions.unchecked(miimon=100, arp_interval=50)
    with pytest.raises(KernelRefused) as caught:
        make_bond(net._network, net.plan.bond("bond0"), both)
    assert caught.value.message == (
        "bond bond0 miimon=100 arp_interval=50 was refused with EINVAL: "
        'kernel says "ARP monitoring cannot be used with MII monitoring"'
    )
    assert devices(net) == FREE


def test_a_refusal_that_is_no_options_fault_is_reported_as_it_is(net: OneSwitch) -> None:
    net.dut._context.admin(DUT, "eth1", up=True)
    with pytest.raises(KernelRefused, match="slave eth1 was refused with E") as caught:
        net.dut.bond()
    assert "while up" in caught.value.message
    assert devices(net) == FREE


def test_what_the_kernel_ignores_in_silence_is_reported(net: OneSwitch) -> None:
    """lacp_strict is younger than 6.1: there netlink takes the attribute and drops it."""
    asked = BondOptions.of(mode="802.3ad", lacp_strict="on")
    if not asked.unknown_to(Release.parse(os.uname().release).series):
        assert net.dut.bond(mode="802.3ad", lacp_strict="on")["lacp_strict"] == "on"
        return
    make_bond(net._network, net.plan.bond("bond0"), asked)
    assert [one.name for one in ignored(asked, read_back(net._network, net.plan.bonds[0]))] == [
        "lacp_strict"
    ]
    drop_bond(net._network, net.plan.bonds[0])
    with pytest.raises(NotPromised, match="lacp_strict"):
        net.dut.bond(mode="802.3ad", lacp_strict="on")
    assert devices(net) == FREE
    assert net.dut.bond(mode="802.3ad")["lacp_rate"] == "slow"


def test_a_bond_is_made_once(net: OneSwitch) -> None:
    net.dut.bond()
    with pytest.raises(ScenarioError, match="bond0 exists already"):
        net.dut.bond()
    with pytest.raises(ScenarioError, match=r'bond "lan" is not in .* \(has: bond0\)'):
        net.dut.bond("lan")


@pytest.mark.parametrize(
    ("options", "monitors"),
    [
        ({}, (100, 0, [])),
        ({"miimon": 50}, (50, 0, [])),
        ({"miimon": None}, (0, 0, [])),
        ({"arp_interval": 200, "arp_ip_target": TARGET}, (0, 200, [TARGET])),
    ],
    ids=str,
)
def test_asking_for_one_monitor_ousts_the_other(
    net: OneSwitch, options: dict[str, Any], monitors: tuple[int, int, list[str]]
) -> None:
    bond = net.dut.bond(**options)
    targets = [str(one) for one in bond["arp_ip_target"]]  # type: ignore[union-attr]
    assert (bond["miimon"], bond["arp_interval"], targets) == monitors


def told(history: History) -> list[tuple[str, str]]:
    """Return where what was done."""
    return [(event.where, event["action"]) for event in history.select("fault")]


def steps(history: History) -> list[int]:
    """Return when things were done, in ns."""
    return [event.at for event in history.select("fault")]


def test_a_schedule_keeps_its_order_and_is_never_early(stage: Stage) -> None:
    """How little of a lateness adds up is for record/test_journal.py: the machine may be busy."""

    def disturb(net: OneSwitch) -> None:
        for _ in range(10):
            net.eth1.lose()
            net.after(15 * ms)
            net.eth1.deliver()
            net.after(15 * ms)

    run = recorded(OneSwitch, stage, disturb, miimon=0)
    assert told(run.history) == [("eth1", "lose"), ("eth1", "deliver")] * 10
    first, *others = steps(run.history)
    late = [at - first - 15 * MS * nth for nth, at in enumerate(others, 1)]
    assert min(late) >= 0
    print(f"late: {in_ms(sorted(late)[len(late) // 2])} median, {in_ms(late[-1])} the last of 20")


def test_pauses_without_a_fault_between_them_add_up(stage: Stage) -> None:
    def disturb(net: OneSwitch) -> None:
        net.after(60 * ms)
        net.after(60 * ms)
        net.eth1.lose()

    run = recorded(OneSwitch, stage, disturb)
    begin = run.history.mark("disturb")
    assert begin is not None
    assert steps(run.history)[0] - begin >= 120 * MS


def test_a_flap_is_down_and_up_for_as_long_as_it_says(stage: Stage) -> None:
    def disturb(net: OneSwitch) -> None:
        net.eth1.flap(down=60 * ms, times=3, up=30 * ms)

    run = recorded(OneSwitch, stage, disturb, miimon=0)
    assert told(run.history) == [("eth1", "cut"), ("eth1", "heal")] * 3
    asked = [60, 30, 60, 30, 60]
    took = [b - a for a, b in pairwise(steps(run.history))]
    assert all(seen >= wanted * MS - SLIP for seen, wanted in zip(took, asked, strict=True))
    assert sum(took) <= sum(asked) * MS + STALL
    carriers = [event["up"] for event in run.history.select("carrier", "dut/eth1")]
    assert carriers == [True, False, True, False, True, False, True]


def test_faults_combine(stage: Stage) -> None:
    """Both links are slow, then one is cut, then the other loses what it sends."""

    def disturb(net: OneSwitch) -> None:
        with net.eth0.delay(20 * ms), net.eth1.delay(20 * ms):
            net.after(100 * ms)
            net.eth0.cut()
            net.after(200 * ms)
            net.eth1.lose("out")
            net.after(100 * ms)

    run = recorded(OneSwitch, stage, disturb, miimon=50)
    assert run.active_slaves == ["eth0", "eth1"]
    slow, cut, lost = steps(run.history)[1:4]
    trips = [
        probe["reply"] - probe.at
        for probe in run.history.select("probe", "out")
        if probe["reply"] and slow < probe.at < cut - 50 * MS
    ]
    assert min(trips) >= 40 * MS
    unanswered = {
        "request" if probe["request"] is None else "reply"
        for probe in run.history.select("probe", "out")
        if probe["reply"] is None and lost < probe.at < lost + 80 * MS
    }
    assert unanswered == {"request"}


def test_a_pinned_mac_stays_dark_after_a_failover(stage: Stage) -> None:
    """The bond moves, the switch does not: what the DUT sends arrives, answers never do."""

    def disturb(net: OneSwitch) -> None:
        net.sw.pin(net.eth0.mac, net.eth0)
        net.eth0.cut()

    run = recorded(OneSwitch, stage, disturb, miimon=50)
    assert run.active_slaves == ["eth0", "eth1"]
    assert not run.outage_in.happened
    assert run.outage_out <= 50 * ms
    assert not run.recovered
    assert run.fdb_moves == []


def test_without_the_pin_the_switch_follows_the_bond(stage: Stage) -> None:
    run = recorded(OneSwitch, stage, lambda net: net.eth0.cut(), miimon=50)
    assert run.outage <= 50 * ms
    assert [move.port for move in run.fdb_moves] == ["eth1"]
