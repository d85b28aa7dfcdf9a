"""The background of a panel's lanes: faults while they last, folds, and the axis."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from harness.judge.layout import bare
from harness.picture import svg, titles
from harness.picture.axis import BREAK, PanelAxis
from harness.picture.contents import Contents
from harness.picture.folding import Piece
from harness.picture.svg import element
from harness.plural import counted
from harness.units import MS

AXIS = 34.0  # px: the numbers and the lengths of folds
TALL = 30.0  # px: lanes from that height on have their name in the middle
AT = attrgetter("at")
LINES = {"fault": "at-fault", "repair": "at-repair"}


def paint(shown: Contents, axis: PanelAxis, height: float) -> list[str]:
    """Return the elements below lanes that are `height` px high together."""
    return [
        *_shades(shown, axis, height),
        *_numbers(axis, height),
        *_moments(shown, axis, height),
        *_folds(shown, axis, height),
    ]


def scale(axis: PanelAxis, right: float, y: float) -> str:
    """Return a line of a round length with its time (ms): the scale of all panels."""
    step = axis.step()
    x = right - step * axis.scale
    return element(
        "g",
        element("path", class_="axis", d=f"M{x:.1f},{y - 8}v8M{x:.1f},{y - 4}H{right}m0,-4v8"),
        svg.label(x - 6, y, f"{step / MS:.12g} ms", "faint", "end"),
    )


def _shades(shown: Contents, axis: PanelAxis, height: float) -> Iterator[str]:
    """Yield each fault as a shade over the time that it lasted."""
    end = axis.segments[-1].piece.stop
    for action in shown.actions:
        if action.role == "fault":
            for x1, x2 in axis.spans(action.at, end if action.until is None else action.until):
                yield element(
                    "rect", class_="shade", x=x1, y=0.0, width=max(x2 - x1, 1.0), height=height
                )


def _moments(shown: Contents, axis: PanelAxis, height: float) -> Iterator[str]:
    for role, class_ in LINES.items():
        places = (axis.at(action.at) for action in shown.actions if action.role == role)
        xs = sorted({x for x in places if x is not None})
        path = "".join(f"M{x:.1f},0V{height:.1f}" for x in xs)
        if path:
            yield element("path", class_=class_, d=path)


def _numbers(axis: PanelAxis, height: float) -> Iterator[str]:
    line, grid = "", ""
    for x1, x2 in axis.spans(axis.segments[0].piece.begin, axis.segments[-1].piece.stop):
        line += f"M{x1:.1f},{height:.1f}H{x2:.1f}"
    for x, text in axis.numbers():
        grid += f"M{x:.1f},0V{height + 4:.1f}"
        yield svg.label(x, height + 16, text, "small", "middle")
    yield element("path", class_="axis", d=line)
    if grid:
        yield element("path", class_="grid", d=grid)


def _folds(shown: Contents, axis: PanelAxis, height: float) -> Iterator[str]:
    for folded, x in axis.folds():
        title = svg.title(_left_out(shown, folded, axis.zero))
        yield element(
            "rect", title, class_="fold-paper", x=x - BREAK / 4, y=0.0, width=BREAK / 2,
            height=height,
        )  # fmt: skip
        teeth = int(height // 8)
        path = f"M{x - 3:.1f},0" + "l6,4l-6,4" * teeth
        yield element("path", title, class_="fold", d=path)
        yield svg.label(x, height + 30, _length(folded.ns), "small faint", "middle")


def _length(ns: int) -> str:
    return f"{bare(ns)} ms" if ns < 1000 * MS else f"{ns / 1000 / MS:.1f} s"


def _left_out(shown: Contents, folded: Piece, zero: int) -> Iterator[str]:
    """Yield the number of events of each kind in a time that is not shown."""
    yield f"{_length(folded.ns)} are folded: no state changed"
    yield f"from {titles.since(folded.begin, zero)} to {titles.since(folded.stop, zero)}"
    events = shown.history.events
    first = bisect_right(events, folded.begin, key=AT)
    within = events[first : bisect_left(events, folded.stop, key=AT)]
    kinds = Counter(event.kind for event in within)
    yield from (counted(number, f"{kind} event") for kind, number in kinds.items())
    probes = [event for event in within if event.kind == "probe"]
    if probes:
        lost = sum(event["reply"] is None for event in probes)
        yield f"{lost} of the {counted(len(probes), 'probe')} were not answered"
