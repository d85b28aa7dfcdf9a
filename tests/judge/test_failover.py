"""A failover's three parts: a history in, values out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.history import History, load
from harness.judge import failover, frames_seen, measure, outages, report
from harness.judge.run import Run
from harness.units import MS, ms
from tests.stories import (
    ABOUT,
    INITIAL,
    Line,
    active,
    at,
    fault,
    garp,
    marks,
    probing,
    quiet,
    slave,
    tell,
)

DATA = Path(__file__).parents[1] / "data"
CUT = [fault(0, "eth0"), slave(92, "eth0", "down"), active(93, "eth1")]


def told(*more: Line, dark: tuple[float, float] = (0.0, 130.0), **about: Any) -> History:
    """Tell a failover: dark until the switches have learned, at 130 ms."""
    return tell([*marks(), *INITIAL, *CUT, *probing({"both": dark}), *more], about)


def through(history: History, name: str | None) -> History:
    """Return a history whose answered probes crossed a slave."""
    crossed = {"via": name}
    events = (
        replace(event, data={**event.data, **crossed}) if event.kind == "probe" else event
        for event in history.events
    )
    return History.of(history.about, events)


def test_switchover_counts_from_detection() -> None:
    assert failover.switchover(told(), "bond0").ns == 1 * MS


def test_switchover_told_before_the_detection_is_instant() -> None:
    late = quiet(fault(0, "eth0"), active(90, "eth1"), slave(91, "eth0", "down"))
    assert failover.switchover(late, "bond0").ns == 0


def test_no_other_slave_no_switchover() -> None:
    history = quiet(fault(0, "eth0"), slave(90, "eth0", "down"), active(90, None))
    found = failover.switchover(history, "bond0")
    assert (found.happened, found.ns) == (False, 910 * MS)


BACKUP = [fault(0, "eth1"), slave(60, "eth1", "down")]


def test_a_switchover_to_a_primary_that_recovered_counts_from_its_repair() -> None:
    """The slave whose failure was detected was not the active one."""
    named = fault(300, "bond0", "set", "stimulus")
    back = [fault(600, "eth1", "heal", "repair"), slave(610, "eth1", "up"), active(610, "eth1")]
    history = quiet(*BACKUP, named, *back, garp(612, "eth1"))
    assert failover.switchover(history, "bond0").ns == 10 * MS
    assert list(failover.lines(history)) == []
    assert frames_seen.announcement(history, "bond0").ns == 2 * MS


def test_a_switchover_counts_from_the_detection_of_the_slave_that_was_left() -> None:
    back = [fault(200, "eth1", "heal", "repair"), slave(210, "eth1", "up")]
    cut = [fault(300, "eth0"), slave(360, "eth0", "down"), active(361, "eth1")]
    history = quiet(*BACKUP, *back, *cut)
    assert failover.switchover(history, "bond0").ns == 1 * MS
    assert list(failover.lines(history)) == []  # the first fault's detection is no part of it


def test_a_slave_that_fails_after_it_was_left_does_not_explain_the_switchover() -> None:
    chosen = [fault(0, "uplink1"), fault(50, "bond0", "set", "stimulus"), active(55, "eth1")]
    cut = [fault(300, "eth0"), slave(360, "eth0", "down")]
    found = failover.switchover(quiet(*chosen, *cut), "bond0")
    assert found.ns == 5 * MS


def test_the_error_of_two_clocks_counts_where_the_tester_led_to_the_switchover() -> None:
    clocks = {"dut": {"offset": 0, "error": 3 * MS}}
    chosen = [fault(0, "bond0", "set", "stimulus"), active(5, "eth1")]
    about = {"clocks": clocks}
    apart = tell([*marks(), *INITIAL, *probing(), *chosen], about)
    assert "clocks apart by 3.0 ms" in failover.switchover(apart, "bond0").why
    assert "clocks" not in failover.switchover(told(clocks=clocks), "bond0").why


def test_what_was_sent_before_the_cause_does_not_announce_the_switchover() -> None:
    early = [fault(0, "bond0", "set", "stimulus"), garp(10, "eth0")]
    cut = [fault(300, "eth0"), slave(392, "eth0", "down"), active(393, "eth1")]
    history = quiet(*early, *cut, garp(396, "eth1"))
    assert frames_seen.announcement(history, "bond0").ns == 3 * MS


def test_the_first_reply_counts_from_the_switchover() -> None:
    run = Run.of(told())
    assert run.first_reply <= 39 * ms
    found = failover.first_reply(told(), "bond0")
    # The probe sent at 130 ms comes back at 132 ms.
    assert (found.ns, found.tolerance) == (39 * MS, 21 * MS)
    assert found.why == "probe interval 10.0 ms + one jiffy 10.0 ms + timer jitter 1.0 ms"


def test_the_parts_make_up_the_outage() -> None:
    history = told()
    parts = (
        measure.detection(history, ["eth0"], at(0)),
        failover.switchover(history, "bond0"),
        failover.first_reply(history, "bond0"),
    )
    whole = outages.outage(history)
    assert abs(sum(part.ns for part in parts) - whole.ns) <= 10 * MS


def test_an_answer_through_the_old_slave_is_none() -> None:
    history = through(told(dark=(0.0, 0.0)), "eth0")
    found = failover.first_reply(history, "bond0")
    assert not found.happened
    assert failover.first_reply(through(told(), "eth1"), "bond0").ns == 39 * MS


def test_an_answer_before_the_kernels_word_is_no_time_at_all() -> None:
    lines = [fault(0, "eth0"), slave(92, "eth0", "down"), active(125, "eth1")]
    history = tell([*marks(), *INITIAL, *lines, *probing({"both": (0.0, 100.0)})])
    assert failover.first_reply(through(history, "eth1"), "bond0").ns == 0


def test_without_a_switchover_there_is_no_first_reply() -> None:
    history = tell([*marks(), *INITIAL, fault(0, "eth0"), *probing()])
    found = failover.first_reply(history, "bond0")
    assert (found.happened, found.ns) == (False, 1000 * MS)
    assert list(failover.lines(history)) == []
    assert "first reply" not in dict(report.times(history))


def test_the_error_of_two_clocks_is_in_its_tolerance() -> None:
    clocks = {"dut": {"offset": 0, "error": 3 * MS}}
    history = told(clocks=clocks)
    found = failover.first_reply(history, "bond0")
    assert found.tolerance == 24 * MS
    assert found.why.endswith("clocks apart by 3.0 ms")
    (line,) = failover.lines(history)
    assert line.endswith("+ first reply 39.0 ms; clocks known to 3.0 ms")


def test_a_failures_page_and_the_results_have_it() -> None:
    page = dict(report.sections(report.Failure(history=told())))
    assert page["failover"] == (
        "bond0: detection 92.0 ms + switchover 1.0 ms + first reply 39.0 ms"
    )
    assert dict(report.figures(told()))["first_reply_ms"] == 39.0


@pytest.mark.parametrize("name", ["one_bond.jsonl", "two_bonds.jsonl"])
def test_recordings_of_a_kernel_have_parts_that_make_up_the_outage(name: str) -> None:
    history = load(DATA / name)
    for bond in measure.bonds(history):
        if failover.switched(history, bond).stop is None:
            continue
        hit = measure.concerned(history, bond)
        start = measure.fault_at(history, measure.slaves_of(history, bond))
        first = failover.first_reply(history, bond)
        assert first.happened
        parts = measure.detection(history, hit, start), failover.switchover(history, bond), first
        whole = outages.outage(history)
        slack = whole.tolerance + max(part.tolerance for part in parts)
        assert abs(sum(part.ns for part in parts) - whole.ns) <= slack


def test_bonds_of_a_story_are_distinguished() -> None:
    wan = {"slaves": ["eth2"], "options": {}, "changed": {}}
    history = told(bonds={"lan": ABOUT["bonds"]["bond0"], "wan": wan})
    assert "first reply lan" not in dict(report.times(history))  # its active slave is bond0's
