"""The axis of the lanes: which column a time falls into; it ends after the last decisive event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.history import History
from harness.judge import scene, timeline
from harness.judge.timeline import Allowed
from harness.units import MS

BEFORE = 6  # one part of so many of the axis is before the fault
TICK = 8  # columns that a number on the axis needs at least
LONG = 20_000 * MS  # an axis beyond that counts in seconds


class TextAxis(NamedTuple):
    """How time (ns) maps to columns."""

    zero: int
    start: int
    per_column: int
    columns: int

    @classmethod
    def of(cls, history: History, windows: Sequence[Allowed], columns: int) -> TextAxis:
        """Return an axis from shortly before the fault to soon after the last decisive event."""
        zero, _ = timeline.origin(history)
        last = max([*scene.decisive(history, windows), zero + 10 * MS])
        span = (last - zero) * 11 // 10
        before = span // (BEFORE - 1)
        return cls(zero, zero - before, max(1, (span + before) // columns), columns)

    def column(self, at: int) -> int:
        """Return the column of a time, the first or last if it lies outside."""
        return min(max((at - self.start) // self.per_column, 0), self.columns - 1)

    def cell(self, column: int) -> tuple[int, int]:
        """Return begin and end of a column (ns)."""
        begin = self.start + column * self.per_column
        return begin, begin + self.per_column

    def numbers(self) -> str:
        """Return round numbers since the fault, each beginning at its column, and the unit."""
        unit, name = (1000 * MS, "s") if self.per_column * self.columns > LONG else (MS, "ms")
        least = self.per_column * TICK
        power: int = 10 ** (len(str(least)) - 1)
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= least)
        line = ""
        at = self.zero - (self.zero - self.start) // step * step
        while self.column(at) < self.columns - TICK:
            text, column = f"{(at - self.zero) / unit:.12g}", self.column(at)
            if len(line) < column or not line:
                line = f"{line:<{column}}{text}"
            at += step
        return f"{line[: self.columns - 3]:<{self.columns - 2}}{name}"
