"""The axis of the lanes: which column a time falls into, as far as anything decisive happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.history import History
from harness.judge import fault_texts, measure, outages, timeline, traffic
from harness.judge.timeline import Window
from harness.units import MS

SHARE = 6  # this part of the axis lies before the fault
TICK = 8  # columns that a number on the axis needs at least
LONG = 20_000 * MS  # an axis beyond that counts in seconds


class Axis(NamedTuple):
    """How time (ns) maps to columns."""

    zero: int
    start: int
    per_column: int
    columns: int

    @classmethod
    def of(cls, history: History, windows: Sequence[Window], columns: int) -> Axis:
        """Return an axis from a little before the fault to a little after all that matters."""
        zero, _ = timeline.origin(history)
        last = max([*_ends(history, windows), zero + 10 * MS])
        span = (last - zero) * 11 // 10
        before = span // (SHARE - 1)
        return cls(zero, zero - before, max(1, (span + before) // columns), columns)

    def column(self, at: int) -> int:
        """Return the column of a time, at the border where it lies outside."""
        return min(max((at - self.start) // self.per_column, 0), self.columns - 1)

    def cell(self, column: int) -> tuple[int, int]:
        """Return from when to when (ns) a column lasts."""
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


def _ends(history: History, windows: Sequence[Window]) -> Iterator[int]:
    """Yield the times that the axis must hold: of faults, outages, active slaves and figures."""
    end, known = traffic.end_at(history), timeline.stretches(history)
    asked = {window.what for window in windows}
    for what, stretch in known.items():
        if " " not in what or what in asked:  # one slave's own figures only where they matter
            yield stretch.stop or end
    for window in windows:
        limit = window.high or window.low
        if window.what in known and limit is not None:
            yield known[window.what].start + limit.ns
    yield from (event.at for event in history.select("fault") if fault_texts.sign(event))
    for bond in measure.bonds(history):
        yield from (change.at for change in measure.sequence(history, "active", bond, "slave"))
    for way in traffic.STREAMS:
        yield from (gap.stop if gap.closed else end for gap in outages.certain(history, way))
