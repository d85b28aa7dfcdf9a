"""What `watch()` demands before a scenario disturbs, and what it keeps of one that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import Stage, ms, s
from harness.errors import Inconclusive, NotTestable, ScenarioError
from harness.history import load
from harness.judge.report import settings
from harness.judge.run import Run
from harness.loop import now
from scenarios.topologies import TARGET, OneSwitch
from tests.wire import recorded

pytestmark = pytest.mark.guest

ARP: dict[str, Any] = {"arp_interval": 200, "arp_validate": "all"}
NOBODY = "192.0.2.99"
Story = Callable[[OneSwitch], None]


@pytest.fixture
def net(stage: Stage, tmp_path: Path) -> Iterator[OneSwitch]:
    with OneSwitch(replace(stage, folder=tmp_path)) as net:
        yield net


def again(kind: type[OneSwitch] = OneSwitch) -> Callable[[Story], Callable[[Stage], None]]:
    """Return the test of a story that is made anew, at most twice, where a host was late."""

    def decorate(story: Story) -> Callable[[Stage], None]:
        def test(stage: Stage) -> None:
            for attempt in range(3):
                try:
                    with kind(stage) as net:
                        story(net)
                    break
                except Inconclusive:
                    if attempt == 2:
                        raise

        test.__name__, test.__doc__ = story.__name__, story.__doc__
        return test

    return decorate


def test_a_target_that_is_no_machine_is_named_before_the_disturbance(net: OneSwitch) -> None:
    net.dut.bond(arp_ip_target=NOBODY, **ARP)
    said = f"arp_ip_target {NOBODY} is no machine of topology one_switch .has: target {TARGET}"
    with pytest.raises(ScenarioError, match=said), net.watch():
        pytest.fail("the bond was taken for healthy")


def test_an_ipv6_target_is_not_testable_here(net: OneSwitch) -> None:
    net.dut.bond(ns_ip6_target="2001:db8::fe", **ARP)
    with pytest.raises(NotTestable, match="has IPv6, ns_ip6_target is 2001:db8::fe"), net.watch():
        pytest.fail("the bond was taken for healthy")


def test_a_target_in_another_network_is_named(net: OneSwitch) -> None:
    net.dut.bond(arp_ip_target="198.51.100.1", **ARP)
    with pytest.raises(ScenarioError, match=r"arp_ip_target 198\.51\.100\.1"), net.watch():
        pytest.fail("the bond was taken for healthy")


def test_one_absent_target_of_two_is_named(net: OneSwitch) -> None:
    net.dut.bond(arp_ip_target=f"{NOBODY},{TARGET}", **ARP)
    said = f"bond0 probes what nobody answers for: arp_ip_target {NOBODY} is no machine"
    with pytest.raises(ScenarioError, match=said), net.watch():
        pytest.fail("the absent target was passed over")


@again()
def test_one_target_of_two_will_do_for_who_wants_it_so(net: OneSwitch) -> None:
    net.dut.bond(arp_ip_target=f"{NOBODY},{TARGET}", **ARP)
    with net.watch(healthy=False) as run:
        net.after(1 * s)
    assert run.failures == {"eth0": 0, "eth1": 0}


def test_an_absent_target_is_named_where_any_arp_keeps_the_bond_up(net: OneSwitch) -> None:
    """Without validation the bond's own requests that come back to it are enough."""
    net.dut.bond(miimon=0, arp_interval=100, arp_ip_target="10.9.9.9")
    with (
        pytest.raises(ScenarioError, match=r"arp_ip_target 10\.9\.9\.9 is no machine"),
        net.watch(),
    ):
        pytest.fail("the bond was taken for healthy")


@again()
def test_a_target_may_be_an_address_that_a_machine_was_given(net: OneSwitch) -> None:
    net.target.add_address(NOBODY)
    net.dut.bond(arp_ip_target=f"{NOBODY},{TARGET}", **ARP)
    with net.watch() as run:
        net.after(1 * s)
    assert run.failures == {"eth0": 0, "eth1": 0}


def test_a_backup_that_is_about_to_go_down_is_not_healthy(net: OneSwitch) -> None:
    """Its cable is cut, and the monitor has not looked yet."""
    net.dut.bond(miimon=500)
    net.eth1.cut()
    said = r"slave eth1 is down; cut eth1 .* ago was not undone"
    with pytest.raises(ScenarioError, match=said), net.watch():
        pytest.fail("the bond was taken for healthy")


def late_carrier(net: OneSwitch, **options: Any) -> None:
    """Create a bond of which eth0, as by its driver, has its carrier later than eth1."""
    fabric = net.eth0.context.fabric
    fabric.carrier("eth0", on=False)
    net.dut.bond(**options)
    net.eth0.context.loop.pump(now() + (1 * s).ns)
    fabric.carrier("eth0", on=True)


MONITORS = [{"miimon": 100}, {"arp_interval": 100, "arp_ip_target": TARGET}]


class LateNics(OneSwitch):
    """Two slaves whose driver may report its carrier 10 ms late."""

    plan = replace(
        OneSwitch.plan, links=tuple(replace(one, lag=10 * ms) for one in OneSwitch.plan.links)
    )


@pytest.mark.parametrize("options", MONITORS, ids=["miimon", "arp"])
def test_a_new_bond_begins_with_its_first_slave(stage: Stage, options: dict[str, Any]) -> None:
    """Whatever slave had its carrier first."""

    @again(LateNics)
    def story(net: OneSwitch) -> None:
        late_carrier(net, **options)
        with net.watch() as run:
            net.eth0.cut()
        assert run.active_slaves == ["eth0", "eth1"]
        before = [e["slave"] for e in run.history.select("active", "bond0") if e.at < began(run)]
        assert before[-2:] == ["eth1", "eth0"]

    story(stage)


@again()
def test_where_carriers_are_at_once_the_kernels_choice_is_recorded(net: OneSwitch) -> None:
    """A kernel that takes the wrong slave would go unseen otherwise."""
    late_carrier(net, miimon=100)
    with net.watch() as run:
        net.after(100 * ms)
    assert run.active_slaves == ["eth1"]


def began(run: Run) -> int:
    """Return when a recording's baseline began, in ns."""
    return run.history.mark("baseline") or 0


@again()
def test_a_bond_that_a_scenario_has_touched_is_recorded_as_it_is(net: OneSwitch) -> None:
    bond = net.dut.bond(miimon=100)
    net.dut.set(bond, active_slave="eth1")
    with net.watch() as run:
        net.after(100 * ms)
    assert run.active_slaves == ["eth1"]


@again()
def test_a_second_watch_names_the_fault_of_the_first(net: OneSwitch) -> None:
    with net.watch() as run:
        net.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    with pytest.raises(ScenarioError, match=r"cut eth0 .* ago was not undone"), net.watch():
        pytest.fail("the bond was taken for healthy")
    net.eth0.heal()
    with net.watch() as run:
        net.eth1.cut()
    assert run.active_slaves == ["eth1", "eth0"]


@again()
def test_a_bond_that_is_dark_from_the_start_is_recorded_as_it_is(net: OneSwitch) -> None:
    net.eth0.cut()
    net.eth1.cut()
    net.dut.bond()
    with net.watch(healthy=False) as run:
        net.after(2 * s)
        net.eth1.heal()
    assert run.recovered
    assert run.active_slaves == [None, "eth1"]
    assert 2 * s <= run.outage <= 2 * s + net.dut.bonds["bond0"].miimon + 1 * s
    with pytest.raises(ScenarioError, match="eth0 was down, eth1 was down already"):
        assert run.detection <= 100 * ms


@again()
def test_without_health_the_bond_need_not_be_dark(net: OneSwitch) -> None:
    bond = net.dut.bond()
    with net.watch(healthy=False) as run:
        net.after(2 * s)
        net.eth0.cut()
    assert run.detection <= bond.miimon
    assert run.outage_out <= bond.miimon


def test_a_watch_within_a_watch_is_rejected(net: OneSwitch) -> None:
    with pytest.raises(ScenarioError, match="recording already"), net.watch(), net.watch():
        pytest.fail("two recordings at once")


def test_a_sleep_is_named(net: OneSwitch) -> None:
    with pytest.raises(ScenarioError, match=r"time\.sleep\(1\)") as refused, net.watch():
        time.sleep(1)
    assert "net.after(1000 * ms)" in refused.value.hint
    assert time.sleep.__name__ == "sleep"


def test_a_sleep_by_another_name_shows_where_time_is_virtual(net: OneSwitch, stage: Stage) -> None:
    if stage.facts["clock"] != "virtual":
        pytest.skip("in real time a busy machine looks the same")
    sleep = time.sleep
    with pytest.raises(ScenarioError, match=r"nothing was recorded for 1000\.\d ms"), net.watch():
        sleep(1)


def mistaken(net: OneSwitch, runs: list[Run]) -> None:
    """Record a block that breaks off."""
    with net.watch() as run:
        runs.append(run)
        net.eth0.cut()
        net.after(300 * ms)
        raise KeyError("a mistake")


def test_a_block_that_raises_keeps_its_recording(net: OneSwitch, tmp_path: Path) -> None:
    runs: list[Run] = []
    with pytest.raises(KeyError):
        mistaken(net, runs)
    kept = load(tmp_path / "history.jsonl")
    assert kept.about.broken == "KeyError: 'a mistake'"
    assert [event["action"] for event in kept.select("fault")] == ["cut"]
    assert [event["link"] for event in kept.select("slave", "eth0")][-1] == "down"
    with pytest.raises(Inconclusive, match="broken off: KeyError: 'a mistake'"):
        assert runs[0].outage <= 100 * ms


@again()
def test_what_was_set_meanwhile_is_in_force(net: OneSwitch) -> None:
    """The bond's times, the horizon and the header follow, also what is written to sysfs."""
    bond = net.dut.bond(miimon=100)
    with net.watch() as run:
        net.dut.write(bond, "arp_ip_target", f"+{TARGET}")
        net.dut.write(bond, "arp_interval", "500")
        net.after(2 * s)
        net.eth0.lose()
    assert bond["miimon"] == 0
    assert bond.detection.latest.documented >= 1500 * ms
    assert run.detection <= bond.detection.latest
    (last,) = [e for e in run.history.select("fault", "bond0") if e["option"] == "arp_interval"]
    assert last["became"] == {"miimon": 0, "arp_interval": 500}
    about = run.history.about.bonds["bond0"]
    assert about.changed["miimon"] == 100
    assert about.later == {"miimon": 0, "arp_interval": 500, "arp_ip_target": [TARGET]}
    assert "miimon=100, set meanwhile: miimon=0" in settings(run.history.about)


def test_what_a_command_sets_is_in_force_too(net: OneSwitch, stage: Stage) -> None:
    if stage.facts["clock"] != "virtual":
        pytest.skip("in real time a busy machine takes too long to start a command")
    bond = net.dut.bond(miimon=100)
    with net.watch() as run:
        net.dut.run("ip link set bond0 type bond miimon 500")
        net.after(1 * s)
        net.eth0.cut()
    assert bond["miimon"] == 500
    assert run.detection <= bond.miimon
    assert run.history.about.bonds["bond0"].later == {"miimon": 500}


@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast", "802.3ad"])
def test_traffic_of_a_mode_that_needs_a_partner_is_not_judged(stage: Stage, mode: str) -> None:
    lacp = {"lacp_rate": "fast"} if mode == "802.3ad" else {}
    run = recorded(OneSwitch, stage, lambda net: net.eth0.cut(), mode=mode, **lacp)
    assert run.slave("eth0").detected
    for figure in ("outage", "outage_in", "recovered", "lost", "duplicates", "reordered"):
        with pytest.raises(NotTestable, match=f"mode {mode} of bond0 needs"):
            getattr(run, figure)


@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
def test_traffic_of_a_mode_that_needs_none_is(stage: Stage, mode: str) -> None:
    assert recorded(OneSwitch, stage, lambda net: net.eth0.cut(), mode=mode).recovered
