"""A schedule of faults keeps its plan, but never cuts a step short by much."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness import ms
from harness.record.journal import SLIP, Schedule
from harness.units import MS

START = 1000 * MS
LATE = st.lists(st.integers(0, 3 * SLIP), min_size=2, max_size=30)


def carried_out(late: list[int]) -> list[int]:
    """Return when the steps of a schedule are made, 15 ms apart, each late by some ns."""
    schedule, due, made = Schedule(), START, list[int]()
    for lateness in late:
        made.append(due + lateness)
        schedule.note_step(made[-1])
        due = schedule.after(15 * ms, START)
    return made


def test_small_lateness_does_not_add_up() -> None:
    first, *others = carried_out([0] + [MS] * 40)
    assert [at - first for at in others] == [15 * MS * nth + MS for nth in range(1, 41)]


def test_the_first_step_starts_the_plan() -> None:
    """It is made as soon as it can be: what was asked for counts from there."""
    schedule = Schedule()
    schedule.note_step(START + MS // 2)
    assert schedule.after(200 * ms, START) == START + MS // 2 + 200 * MS


def test_without_a_step_the_plan_starts_with_the_disturbance() -> None:
    schedule = Schedule()
    assert schedule.after(60 * ms, START) == START + 60 * MS
    assert schedule.after(60 * ms, START) == START + 120 * MS


def test_a_step_that_is_much_too_late_starts_a_plan_of_its_own() -> None:
    made = carried_out([0, 0, 50 * MS, 0, 0])
    assert [b - a for a, b in pairwise(made)] == [15 * MS, 65 * MS, 15 * MS, 15 * MS]


@given(LATE)
def test_no_step_is_cut_short_by_more_than_the_slip(late: list[int]) -> None:
    gaps = [b - a for a, b in pairwise(carried_out(late))]
    assert min(gaps) >= 15 * MS - SLIP


def test_a_step_tells_by_how_much_it_missed_its_plan() -> None:
    schedule = Schedule()
    assert schedule.note_step(START) == 0  # nothing was planned: it is made when it is asked for
    due = schedule.after(60 * ms, START)
    assert schedule.note_step(due - 30 * MS) == 0  # something that happens by itself
    schedule.is_due()
    assert schedule.note_step(due + 3 * MS) == 3 * MS
    assert schedule.note_step(due + 4 * MS) == 4 * MS  # a second step of the same moment
    due = schedule.after(60 * ms, START)
    schedule.is_due()
    assert schedule.note_step(due + 40 * MS) == 40 * MS
    assert schedule.note_step(due + 41 * MS) == MS  # by the new plan
