"""A history as lanes of text on one axis: fault, traffic, links, active slave, documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from harness.history import History
from harness.judge import deeds, labels, measure, traffic
from harness.judge.labels import Mark, shorten
from harness.judge.layout import LEAST, WIDTH
from harness.judge.measure import Change, Stretch
from harness.judge.timeline import Window, origin, stretches
from harness.units import MS

LABEL = 12  # columns of the names of the lanes, or more where a name needs it
SHARE = 6  # this part of the axis lies before the fault
TICK = 8  # columns that a number on the axis needs at least
LONG = 20_000 * MS  # an axis beyond that counts in seconds
FILL = {"up": "-", "down": "_", "none": "_"}  # what a lane of states shows behind the name
OTHER = "~"
GLUE = "\0"  # keeps a sign and its meaning on one line
MEANING = {
    "v": "v fault",
    "^": "^ repair",
    deeds.SET_SIGN: f"{deeds.SET_SIGN} options set",
    "#": "# all arrived",
    ":": ": some",
    ".": ". none",
    "|": "| change",
    "+": "+ changes in one column",
    "_": "_ down or none",
    "~": "~ fail or back",
    "[": "[==] allowed",
    "!": "! outside it",
}


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


Lane = tuple[str, str]


def draw(history: History, windows: Iterable[Window] = (), width: int = WIDTH) -> str:
    """Return the lanes, cause above effect, with the documented windows, an axis and a legend."""
    windows, width = tuple(windows), max(width, LEAST)
    most = max(LABEL, width * 2 // 5)
    bound = [_bound_name(window, most) for window in windows]
    names = [name for name, _ in _state_lanes(history)] + bound
    label = min(max([LABEL, *map(len, names)]), most) + 2
    axis = _axis(history, windows, width - label - 2)
    lanes = [("fault" * (n == 0), row) for n, row in enumerate(_faults(history, axis))]
    lanes += [(f"traffic {way}", _traffic(history, axis, way)) for way in traffic.STREAMS]
    lanes += [(name, _states(changes, axis)) for name, changes in _state_lanes(history)]
    lanes += [(name, _window(history, w, axis)) for name, w in zip(bound, windows, strict=True)]
    lanes = [(name, lane) for name, lane in lanes if lane]
    drawn = [f"  {shorten(name, label - 1):<{label}}{lane}" for name, lane in lanes]
    drawn += [f"  {'':<{label}}{_numbers(axis)}", *_legend(lanes, width)]
    return "\n".join(line.rstrip() for line in drawn)


def _bound_name(window: Window, room: int) -> str:
    """Return the name of the lane of a window: what it is for says enough where room is short."""
    name = f"{window.whose} {window.what}"
    return name if len(name) <= room else window.what


def _state_lanes(history: History) -> Iterator[tuple[str, list[Change]]]:
    for bond in measure.bonds(history):
        for slave in measure.slaves_of(history, bond):
            yield f"{slave} link", measure.sequence(history, "slave", slave, "link")
        yield f"{bond} active", measure.sequence(history, "active", bond, "slave")


def _legend(lanes: Iterable[Lane], width: int) -> list[str]:
    """Return what the signs in the lanes mean, as far as they are there."""
    lanes = list(lanes)
    # A name may hold any letter, so each kind of lane is searched for its own signs only.
    signs = set[str]()
    for name, lane in lanes:
        own = "v^" + deeds.SET_SIGN if name in ("", "fault") else "|+_~[!"
        signs |= set(lane) & set("#:." if name.startswith("traffic ") else own)
    said = [MEANING[sign].replace(" ", GLUE) for sign in MEANING if sign in signs]
    lines = textwrap.wrap("   ".join(said), width - 2, break_on_hyphens=False)
    return ["  " + line.replace(GLUE, " ") for line in lines]


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
    ends += [event.at for event in history.select("fault") if deeds.sign(event)]
    last = max([*ends, zero + 10 * MS], default=zero)
    span = max(1, (last - zero) * 11 // 10)
    before = span // (SHARE - 1)
    return Axis(zero, zero - before, max(1, (span + before) // columns), columns)


def _faults(history: History, axis: Axis) -> list[str]:
    """Return rows with what was done on purpose, each where it was done."""
    marks = [
        Mark(axis.column(event.at), deeds.sign(event), deeds.told(event))
        for event in history.select("fault")
        if deeds.sign(event) and event.get("phase") != "end"
    ]
    return labels.rows(marks, axis.columns)


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
    """Return a line that names each state where it begins, if there is room before the next.

    What it is filled with tells the state where there is none.
    """
    if not changes:
        return ""
    ends = [axis.column(change.at) for change in changes] + [axis.columns]
    cells = [" "] * axis.columns
    for n, (change, (column, stop)) in enumerate(zip(changes, pairwise(ends), strict=True)):
        text = str(change.value or "none")
        name = f"|{text}" if n else text
        room = max(stop - column, 0)
        fill = FILL.get(text, "-" if text not in ("fail", "back") else OTHER)
        shown = name if len(name) <= room else name[:1] if n else ""
        cells[column:stop] = shown.ljust(room, fill)
    for column in {one for one, other in pairwise(sorted(ends[1:-1])) if one == other}:
        cells[column] = "+"
    return "".join(cells)


def _window(history: History, window: Window, axis: Axis) -> str:
    """Return a bracket where a figure may end by the documentation, ! where it did outside."""
    stretch = stretches(history).get(window.what)
    if stretch is None:
        return ""
    cells = [" "] * axis.columns
    low = stretch.start + (window.low.ns if window.low is not None else 0)
    begin = axis.column(low)
    end = axis.columns - 1
    if window.high is not None:
        end = max(axis.column(stretch.start + window.high.ns), begin + 1)
    end = min(end, axis.columns - 1)
    cells[begin : end + 1] = "=" * (end + 1 - begin)
    if window.low is not None:
        cells[begin] = "["
    cells[end] = ">" if window.high is None else "]"
    outside = _outside(window, stretch, axis, begin, end)
    if outside is not None:
        cells[outside] = "!"
    return "".join(cells)


def _outside(window: Window, stretch: Stretch, axis: Axis, begin: int, end: int) -> int | None:
    """Return the column, beside the bracket, where a figure ended that it should not have."""
    if stretch.stop is None:
        return None
    at, took = axis.column(stretch.stop), stretch.stop - stretch.start
    if window.high is not None and took > window.high.ns + window.high.slack:
        return min(max(at, end + 1), axis.columns - 1)
    if window.low is not None and took < window.low.ns - window.low.early:
        return max(min(at, begin - 1), 0)
    return None


def _numbers(axis: Axis) -> str:
    """Return the axis: round numbers since the fault, each beginning at its column."""
    unit, name = (1000 * MS, "s") if axis.per_column * axis.columns > LONG else (MS, "ms")
    least = axis.per_column * TICK
    power: int = 10 ** (len(str(least)) - 1)
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= least)
    line = ""
    at = axis.zero - (axis.zero - axis.start) // step * step
    while axis.column(at) < axis.columns - TICK:
        text, column = f"{(at - axis.zero) / unit:.12g}", axis.column(at)
        if len(line) < column or not line:
            line = f"{line:<{column}}{text}"
        at += step
    return f"{line[: axis.columns - 3]:<{axis.columns - 2}}{name}"
