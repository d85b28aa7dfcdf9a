"""A history as lanes of text on one axis: fault, traffic, links, active slave, documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.history import History
from harness.judge import measure, traffic
from harness.judge.measure import Change
from harness.judge.timeline import Window, origin, stretches
from harness.units import MS

WIDTH = 90
LABEL = 12  # columns of the names of the lanes, or more where a name needs it
SHARE = 6  # this part of the axis lies before the fault
TICK = 8  # columns that a number on the axis needs at least


class Axis(NamedTuple):
    """How time (ns) maps to columns."""

    zero: int
    start: int
    per_column: int
    columns: int

    def column(self, at: int) -> int:
        """Return the column of a time, at the border where it lies outside."""
        return min(max((at - self.start) // self.per_column, 0), self.columns - 1)

    def cell(self, column: int) -> tuple[int, int]:
        """Return from when to when (ns) a column lasts."""
        begin = self.start + column * self.per_column
        return begin, begin + self.per_column


def draw(history: History, windows: Iterable[Window] = (), width: int = WIDTH) -> str:
    """Return the lanes, cause above effect, with the documented windows and an axis in ms."""
    windows = tuple(windows)
    label = max(LABEL, *(len(f"documented {window.what}") for window in windows), 0) + 2
    axis = _axis(history, windows, width - label - 2)
    lanes = [("fault", _faults(history, axis))]
    lanes += [(f"traffic {way}", _traffic(history, axis, way)) for way in traffic.STREAMS]
    for bond in measure.bonds(history):
        for slave in measure.slaves_of(history, bond):
            links = measure.sequence(history, "slave", slave, "link")
            lanes.append((f"{slave} link", _states(links, axis)))
        actives = measure.sequence(history, "active", bond, "slave")
        lanes.append((f"{bond} active", _states(actives, axis)))
    lanes += [(f"documented {w.what}", _window(history, w, axis)) for w in windows]
    lanes.append(("", _numbers(axis)))
    told = [(name, lane) for name, lane in lanes if lane]
    return "\n".join(f"  {name:<{label}}{lane}".rstrip() for name, lane in told)


def _axis(history: History, windows: tuple[Window, ...], columns: int) -> Axis:
    """Return an axis from a little before the fault to a little after the last that matters."""
    zero, _ = origin(history)
    known = stretches(history)
    asked = {window.what for window in windows}
    ends = [
        stretch.stop or traffic.end_at(history)
        for what, stretch in known.items()
        if " " not in what or what in asked  # one slave's own figures only where they matter
    ]
    for window in windows:
        limit = window.high or window.low
        if window.what in known and limit is not None:
            ends.append(known[window.what].start + limit.ns)
    ends += [event.at for role in ("fault", "repair") for event in measure.faults(history, role)]
    last = max([*ends, zero + 10 * MS], default=zero)
    span = max(1, (last - zero) * 11 // 10)
    before = span // (SHARE - 1)
    return Axis(zero, zero - before, max(1, (span + before) // columns), columns)


def _faults(history: History, axis: Axis) -> str:
    cells = [" "] * axis.columns
    found = [(event, "v") for event in measure.faults(history)]
    found += [(event, "^") for event in measure.faults(history, "repair")]
    for event, sign in sorted(found, key=lambda pair: pair[0].at):
        name = f"{event['action']} {event.where}".replace("_", " ")
        _write(cells, axis.column(event.at), f"{sign} {name} ")
    return "".join(cells)


def _traffic(history: History, axis: Axis, direction: str) -> str:
    """Return a cell for each column: # all arrived, . none, : some; as before where unknown."""
    sent: list[list[bool]] = [[] for _ in range(axis.columns)]
    first, last = axis.cell(0)[0], axis.cell(axis.columns - 1)[1]
    cells, before = [], " "
    for sample in traffic.samples(history, direction):
        if sample.sent < first:
            before = "." if sample.arrived is None else "#"
        elif sample.sent < last:
            sent[axis.column(sample.sent)].append(sample.arrived is not None)
    for seen in sent:
        if seen:
            before = "#" if all(seen) else ":" if any(seen) else "."
        cells.append(before)
    end = axis.column(traffic.end_at(history))
    return "".join(cells[: end + 1])


def _states(changes: Sequence[Change], axis: Axis) -> str:
    """Return a line that names each state where it begins."""
    begin = axis.column(changes[0].at) if changes else 0
    cells = [" "] * begin + ["-"] * (axis.columns - begin)
    for n, change in enumerate(changes):
        text = str(change.value or "none")
        _write(cells, axis.column(change.at), f"|{text}" if n else text)
    return "".join(cells) if changes else ""


def _window(history: History, window: Window, axis: Axis) -> str:
    """Return a bracket where a figure may end by the documentation, ! where it did outside."""
    stretch = stretches(history).get(window.what)
    if stretch is None:
        return ""
    cells = [" "] * axis.columns
    low = axis.column(stretch.start + window.low.ns) if window.low is not None else None
    high = axis.column(stretch.start + window.high.ns) if window.high is not None else None
    begin = axis.column(stretch.start) if low is None else low
    end = axis.columns - 1 if high is None else high
    cells[begin : end + 1] = "=" * (end + 1 - begin)
    if low is not None:
        cells[low] = "["
    cells[end] = ">" if high is None else "]"
    if stretch.stop is not None and not begin < axis.column(stretch.stop) < end:
        cells[axis.column(stretch.stop)] = "!"
    return "".join(cells)


def _numbers(axis: Axis) -> str:
    """Return the axis: round numbers of ms since the fault, each beginning at its column."""
    least = axis.per_column * TICK
    power: int = 10 ** (len(str(least)) - 1)
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= least)
    cells = [" "] * (axis.columns + 3)
    at = axis.zero - (axis.zero - axis.start) // step * step
    while axis.column(at) < axis.columns - TICK:
        text = f"{(at - axis.zero) / MS:g}"
        _write(cells, axis.column(at), text)
        at += step
    _write(cells, axis.columns - 2, "ms")
    return "".join(cells)


def _write(cells: list[str], column: int, text: str) -> None:
    """Write text from a column on, as far as there is room."""
    room = len(cells) - column
    cells[column : column + len(text)] = text[:room]
