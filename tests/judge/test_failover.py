"""A failover's three parts: a history in, values out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.history import History, load
from harness.judge import failover, measure, outages, report
from harness.judge.run import Run
from harness.units import MS, ms
from tests.stories import ABOUT, INITIAL, Line, active, at, fault, marks, probing, slave, tell

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
        measure.switchover(history, "bond0"),
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
        if measure.switched(history, bond).stop is None:
            continue
        hit = measure.concerned(history, bond)
        start = measure.fault_at(history, measure.slaves_of(history, bond))
        first = failover.first_reply(history, bond)
        assert first.happened
        parts = measure.detection(history, hit, start), measure.switchover(history, bond), first
        whole = outages.outage(history)
        slack = whole.tolerance + max(part.tolerance for part in parts)
        assert abs(sum(part.ns for part in parts) - whole.ns) <= slack


def test_bonds_of_a_story_are_distinguished() -> None:
    wan = {"slaves": ["eth2"], "options": {}, "changed": {}}
    history = told(bonds={"lan": ABOUT["bonds"]["bond0"], "wan": wan})
    assert "first reply lan" not in dict(report.times(history))  # its active slave is bond0's
