"""The frozen run: what a scenario may read, when, and what it is told where it may not."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from harness.errors import Inconclusive, ScenarioError
from harness.judge.run import Run
from harness.units import Span, ms
from tests.stories import ABOUT, failover, fault, garp, slave

TWO = {
    "lan": ABOUT["bonds"]["bond0"],
    "wan": {"slaves": ["eth2", "eth3"], "options": {}, "changed": {}},
}


def test_a_failover_reads_like_the_documentation() -> None:
    run = Run.of(failover(garp(94, "sw/eth1")))
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.active_slave == "eth1"
    assert run.detection <= 100 * ms
    assert run.switchover <= 10 * ms
    assert run.outage <= 100 * ms
    assert run.detected
    assert run.recovered
    assert run.link_states == {"eth0": "down", "eth1": "up"}
    assert run.failures == {"eth0": 1, "eth1": 0}
    assert len(run.garps) == 1
    assert run.garp_gaps == []
    assert run.lost == run.lost_requests + run.lost_replies > 0
    assert (run.duplicates, run.reordered, run.fdb_moves) == (0, 0, [])


def test_the_same_run_contradicts_a_shorter_documented_time() -> None:
    run = Run.of(failover())
    assert not run.detection <= 50 * ms
    assert not run.outage <= 50 * ms
    assert not run.detection >= 200 * ms


def test_figures_are_put_in_order_without_certainty() -> None:
    """What lasted alike cannot be told apart, but one of them is the longest."""
    run = Run.of(failover())
    both = [run.outage_in, run.outage_out]  # 99 ms each
    assert max(both).what in ("outage in", "outage out")
    assert [figure.ns for figure in sorted([*both, run.switchover])][1:] == [run.outage.ns] * 2
    assert run.limits == ()
    assert not run.outage_in < run.outage_out
    assert run.limits


def test_a_time_is_neither_true_nor_false() -> None:
    """Else `assert run.outage` would hold of every outage, and of none."""
    run = Run.of(failover())
    for figure in (run.outage, run.detection, run.outages[0].length):
        with pytest.raises(ScenarioError, match="is a time: it is neither true nor false"):
            assert figure
    assert repr(run.outage) == "outage 99.0 ms"


def test_two_bounds_of_one_length_are_both_kept() -> None:
    run = Run.of(failover())
    bounds = [100 * ms, Span(100 * ms.ns, slack=10 * ms.ns)]
    assert all(run.detection <= bound for bound in (*bounds, *bounds))
    assert [limit.bound.own for limit in run.limits] == [True, False]


@pytest.mark.parametrize("bound", [90 * ms, 91 * ms])  # measured: 92 ms, exact to 11 ms
def test_what_is_beyond_a_bound_by_less_than_the_tolerance_cannot_be_told(bound: Span) -> None:
    run = Run.of(failover())
    with pytest.raises(Inconclusive, match="too coarse: detection took 92"):
        assert run.detection > bound
    assert run.detection <= bound
    assert run.limits[-1].doubt


def test_what_is_beyond_a_bound_for_certain_or_not_at_all_is_reported() -> None:
    run = Run.of(failover())
    assert run.detection > 80 * ms
    assert not run.detection > 92 * ms
    assert run.detection < 104 * ms
    assert not run.detection < 92 * ms
    with pytest.raises(Inconclusive, match="expected less than 95"):
        assert run.detection < 95 * ms
    assert run.detection <= 92 * ms
    assert not any(limit.doubt for limit in run.limits)


def test_every_figure_knows_its_run() -> None:
    run = Run.of(failover())
    assert run.detection.run is run
    assert run.outage_out.run is run
    assert run.outage_in.run is run


def test_one_slave_on_its_own() -> None:
    run = Run.of(
        failover(fault(200, "eth1"), slave(250, "eth1", "fail"), slave(290, "eth1", "up"))
    )
    assert run.slave("eth0").detected
    assert run.slave("eth0").link_states == ["up", "down"]
    assert not run.slave("eth1").detected
    assert run.slave("eth1").link_states == ["up", "fail", "up"]
    assert run.slave("eth1").link_state == "up"
    assert (run.slave("eth0").failures, run.slave("eth1").failures) == (1, 0)
    assert run.slave("eth1").detection.what == "detection on eth1"


def test_arp_probes_of_one_slave_and_the_times_between() -> None:
    probes = [(t, "arp", "sw/eth0", {**garp(0, "")[3], "kind": "probe"}) for t in (10.0, 110.0)]
    run = Run.of(failover(*probes))
    assert len(run.slave("eth0").arp_probes) == 2
    assert run.slave("eth1").arp_probes == []
    assert 100 * ms <= run.slave("eth0").arp_probe_gaps[0] <= 100 * ms


def test_nothing_can_be_read_while_it_is_recorded() -> None:
    run = Run()
    for read in ("detection", "active_slaves", "outage", "history", "lost"):
        with pytest.raises(ScenarioError, match="read the run after the with block"):
            getattr(run, read)
    with pytest.raises(ScenarioError, match="read the run after the with block"):
        run["bond0"]
    run.freeze(failover())
    assert run.detected


def test_a_run_is_frozen_once_and_cannot_be_changed() -> None:
    run = Run.of(failover())
    with pytest.raises(ScenarioError, match="frozen already"):
        run.freeze(failover())
    with pytest.raises(dataclasses.FrozenInstanceError):
        run._bond = "bond1"  # type: ignore[misc]


def test_of_several_bonds_the_first_is_meant_unless_one_is_named() -> None:
    run = Run.of(failover(bonds=TWO))
    assert run.bond == "lan"
    assert run.detected
    assert (run.detection.what, run["wan"].detection.what) == ("detection", "detection wan")
    assert run.outage <= 100 * ms  # of the path, whichever bond
    assert run["lan"].detected
    assert not run[SimpleNamespace(name="wan")].detected
    with pytest.raises(ScenarioError, match='no bond "dmz"\nhint: there are: lan, wan'):
        run["dmz"]


def test_an_unknown_slave_is_an_error_of_the_scenario() -> None:
    with pytest.raises(ScenarioError, match='"eth9" is a slave of no bond'):
        Run.of(failover()).slave("eth9")


def test_an_unclean_baseline_is_inconclusive_at_first_sight() -> None:
    run = Run.of(failover(dark={"both": (-150.0, 93.0)}))
    with pytest.raises(Inconclusive, match="not healthy before the fault"):
        _ = run.active_slaves
    with pytest.raises(Inconclusive):
        run.slave("eth0")
