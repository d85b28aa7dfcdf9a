"""The lane of a figure: the documented window as a bracket, the measured time, its tolerance."""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge.layout import bare
from harness.judge.scene import Bound
from harness.picture import shapes, svg, titles
from harness.picture.axis import PanelAxis
from harness.picture.lanes import Lane
from harness.picture.svg import element

HIGH = 16.0  # of the bracket
ROOM = 6.0


def paint(bound: Bound, axis: PanelAxis) -> Lane:
    """Return the lane of a figure; its bracket has a row of its own above it."""
    top = HIGH + 4 if bound.window is not None else 0.0
    parts = [*_bracket(bound, axis), *_value(bound, axis, top + 10)]
    return Lane(bound.what, top + 20, parts)


def _bracket(bound: Bound, axis: PanelAxis) -> Iterator[str]:
    if bound.window is None or bound.low is None:
        return
    end = bound.high if bound.high is not None else axis.segments[-1].piece.stop
    title = svg.title([f"{bound.what}: {bound.window} ms", *_limits(bound, axis.zero)])
    spans = list(axis.spans(bound.low, end))
    for x1, x2 in spans:
        ends = f"M{x1:.1f},4V16" if axis.at(bound.low) == x1 and bound.window.low else ""
        closes = bound.high is not None and axis.at(bound.high) == x2
        ends += f"M{x2:.1f},4V16" if closes else ""
        yield element("path", title, class_="bracket", d=f"M{x1:.1f},10H{x2:.1f}{ends}")
    if spans and axis.at(bound.low) is not None:
        yield from _beside(str(bound.window), spans[0][0], spans[-1][1], 14, axis, "")


def _limits(bound: Bound, zero: int) -> Iterator[str]:
    if bound.window is not None and bound.window.low is not None and bound.low is not None:
        yield f"not before {titles.since(bound.low, zero)}"
    if bound.window is not None and bound.window.high is not None and bound.high is not None:
        slack = bound.window.high.slack
        more = f" (kernel timers {bare(slack)} ms more)" if slack else ""
        yield f"not after {titles.since(bound.high, zero)}{more}"


def _value(bound: Bound, axis: PanelAxis, y: float) -> Iterator[str]:
    """Yield the measured time as a line to its end, and its tolerance as a hairline there."""
    measured, (start, stop) = bound.measured, bound.stretch
    title = svg.title(
        [
            f"{bound.what} {measured}",
            f"tolerance {bare(measured.tolerance)} ms: {measured.why}",
            f"from {titles.since(start, axis.zero)}"
            + (f" to {titles.since(stop, axis.zero)}" if stop is not None else " on"),
        ]
    )
    end = axis.segments[-1].piece.stop if stop is None else stop
    spans = list(axis.spans(start, end))
    for x1, x2 in spans:
        yield element("path", title, class_="measured", d=f"M{x1:.1f},{y}H{x2:.1f}")
    x = None if stop is None else axis.at(stop)
    missed = "bad-text" if bound.beyond or (stop is None and bound.high is not None) else ""
    if stop is None and axis.at(start) is not None:  # where it began, once
        yield from _beside(_text(bound), spans[0][0], spans[-1][1], y + 4, axis, missed)
    if x is None or stop is None:
        return
    tolerance = list(axis.spans(stop - measured.tolerance, stop + measured.tolerance))
    for x1, x2 in tolerance:
        yield element(
            "path",
            title,
            class_="hair",
            d=f"M{x1:.1f},{y - 4}V{y + 4}M{x1:.1f},{y}H{x2:.1f}M{x2:.1f},{y - 4}V{y + 4}",
        )
    yield shapes.mark(shapes.MISSED if bound.beyond else shapes.END, x, y, title)
    first = min([x, *(x1 for x1, _ in spans)])
    last = max([x + 5, *(x2 for _, x2 in tolerance)])
    yield from _beside(_text(bound), first, last, y + 4, axis, missed)


def _text(bound: Bound) -> str:
    if not bound.measured.happened:
        ended = bound.what.startswith("outage")
        return f"{bare(bound.measured.ns)} ms, to the end" if ended else str(bound.measured)
    off = "late" if bound.beyond > 0 else "early"
    missed = f": {bare(abs(bound.beyond))} ms too {off}" if bound.beyond else ""
    return f"{bound.measured}{missed}"


def _beside(
    text: str, first: float, last: float, y: float, axis: PanelAxis, class_: str
) -> Iterator[str]:
    """Yield a label after a mark, before it if there is no room, else above it."""
    room = svg.width(text) + ROOM
    if last + room <= axis.right + ROOM:
        yield svg.label(last + ROOM, y, text, class_)
    elif first - room >= axis.left:
        yield svg.label(first - ROOM, y, text, class_, "end")
    else:
        yield svg.label(max(axis.left, axis.right - room), y - 10, text, f"{class_} small".strip())
