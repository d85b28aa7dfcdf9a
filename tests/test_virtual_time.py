from __future__ import annotations

import pytest

from harness import virtual_time
from harness.virtual_time import PHASE_SEARCH, PROGRAMMING_COST, SHORTEST_TIMER, STEP


class Guest:
    """A guest's clock and its timers, as they were measured (harness.virtual_time)."""

    def __init__(self, phase: int) -> None:
        self.time = 12_345 * STEP + phase

    @property
    def clock(self) -> int:
        return self.time // STEP * STEP

    def now(self) -> int:
        self.time += STEP
        return self.clock

    def sleep(self, until: int) -> None:
        self.time += max(0, until - self.clock) + PROGRAMMING_COST
        if self.clock < until:
            self.time += SHORTEST_TIMER


@pytest.mark.parametrize("phase", range(STEP))
def test_every_phase_becomes_none(monkeypatch: pytest.MonkeyPatch, phase: int) -> None:
    guest = Guest(phase)
    monkeypatch.setattr(virtual_time, "now", guest.now)
    monkeypatch.setattr(virtual_time, "_sleep", guest.sleep)
    virtual_time._settle()
    assert guest.time % STEP == 0


def test_it_begins_at_the_same_time_whatever_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    grain = 40_960_000_000
    ends = set()
    for phase in range(STEP):
        guest = Guest(phase)
        monkeypatch.setattr(virtual_time, "now", guest.now)
        monkeypatch.setattr(virtual_time, "_sleep", guest.sleep)
        assert virtual_time.begin(grain) == grain
        ends.add(guest.time)
    assert len(ends) == 1


def test_a_time_that_is_too_near_to_find_the_phase_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guest = Guest(0)
    guest.time = 10_000_000 - PHASE_SEARCH // 2
    monkeypatch.setattr(virtual_time, "now", guest.now)
    monkeypatch.setattr(virtual_time, "_sleep", guest.sleep)
    assert virtual_time.align(10_000_000) == 20_000_000
