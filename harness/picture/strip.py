"""A figure of repeated runs: a dot for each run, its bounds as lines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.picture import shapes, svg
from harness.picture.axis import round_step
from harness.picture.svg import element
from harness.plural import counted

WIDTH, LEFT, RIGHT = 640.0, 16.0, 96.0
NEVER = 40.0  # px after the axis, for runs in which the event never came
TICKS = 8  # numbers on the axis at most, about
DOT = 6.0  # px: dots that are closer together are stacked
ROOM = 60.0  # px of a stack of dots at most
SIGNS = {
    "<=": "\N{LESS-THAN OR EQUAL TO}",
    ">=": "\N{GREATER-THAN OR EQUAL TO}",
}


class Dot(NamedTuple):
    """A run: its number from 1, its figure in ms (None: it never came), and its verdict."""

    run: int
    ms: float | None
    verdict: str


def draw(name: str, dots: Sequence[Dot], bounds: Iterable[Mapping[str, Any]]) -> str:
    """Return the strip of one figure as an SVG element; the page has the style of pictures.

    A bound has `op`, `ms` and `slack_ms`, as in conformance.json.
    """
    limits = {(bound["op"], bound["ms"]): bound for bound in bounds}
    known = [dot.ms for dot in dots if dot.ms is not None]
    low, high = _range([*known, *(bound["ms"] for bound in limits.values())])
    scale = (WIDTH - LEFT - RIGHT) / (high - low)
    places = [LEFT + (dot.ms - low) * scale if dot.ms is not None else None for dot in dots]
    height = 34 + ROOM
    parts = [*_axis(low, high, scale, height), *_bounds(limits.values(), low, scale, height)]
    parts += _dots(name, dots, places, height)
    middle = _median([dot.ms for dot in dots])
    if middle is not None:
        x = LEFT + (middle - low) * scale
        title = svg.title([f"median {middle:.1f} ms of {counted(len(dots), 'run')}"])
        parts.append(element("path", title, class_="change", d=f"M{x:.1f},{height - 12}v-12"))
    caption = f"{name} of {counted(len(dots), 'run')}"
    return element(
        "svg",
        element("rect", width="100%", height="100%", class_="paper"),
        *parts,
        class_="timeline",
        viewBox=f"0 0 {WIDTH:.0f} {height + 4:.0f}",
        width=WIDTH,
        height=height + 4,
        role="img",
        aria_label=f"{caption}: {_summary([dot.ms for dot in dots])}",
    )


def _median(values: Sequence[float | None]) -> float | None:
    """Return the median by nearest rank; None is a time that never came, longer than any."""
    order = sorted(values, key=lambda value: math.inf if value is None else value)
    return order[(len(order) - 1) // 2] if order else None


def _summary(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return f"all {len(values)} never"
    middle = _median(values)
    text = "never" if middle is None else f"{middle:.1f} ms"
    never = f", {len(values) - len(known)} never" if len(known) < len(values) else ""
    return f"from {min(known):.1f} to {max(known):.1f} ms, median {text}{never}"


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return a range around all values; it begins at 0 unless that is far away."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = 0.0 if low < high / 2 else low - (high - low) / 10
    return low, max(high + (high - low) / 20, low + 1.0)


def _axis(low: float, high: float, scale: float, height: float) -> Iterator[str]:
    y = height - 18
    yield element("path", class_="axis", d=f"M{LEFT},{y}H{WIDTH - RIGHT}")
    step = round_step((high - low) / TICKS)
    for at in range(-(-int(low) // step) * step, int(high) + 1, step):
        x = LEFT + (at - low) * scale
        yield element("path", class_="axis", d=f"M{x:.1f},{y}v4")
        yield svg.label(x, y + 16, str(at), "small", "middle")
    yield svg.label(WIDTH - RIGHT + 12, y + 16, "ms", "small faint")


def _bounds(
    limits: Iterable[Mapping[str, Any]], low: float, scale: float, height: float
) -> Iterator[str]:
    for bound in limits:
        x = LEFT + (bound["ms"] - low) * scale
        text = f"{SIGNS.get(bound['op'], bound['op'])} {bound['ms']:.1f} ms"
        slack = f", kernel timers {bound['slack_ms']:.1f} ms" if bound["slack_ms"] else ""
        title = svg.title([f"bound {text}{slack}"])
        yield element("path", title, class_="bound", d=f"M{x:.1f},14V{height - 18}")
        end = "end" if bound["op"] in (">=", ">") and x > LEFT + svg.width(text) else ""
        yield svg.label(x - 4 if end else x + 4, 11, text, "small", end)


def _dots(
    name: str, dots: Sequence[Dot], places: Sequence[float | None], height: float
) -> Iterator[str]:
    columns = [-1 if x is None else int(x // DOT) for x in places]
    most = max(Counter(columns).values(), default=1)
    step = min(DOT, ROOM / most)
    stacked: Counter[int] = Counter()
    for dot, x, column in zip(dots, places, columns, strict=True):
        seen = "never" if dot.ms is None else f"{dot.ms:.1f} ms"
        title = svg.title([f"run {dot.run}: {name} {seen}", dot.verdict])
        y = height - 24 - stacked[column] * step
        stacked[column] += 1
        fine = dot.verdict in ("conforms", "contradicts as known")
        shape = shapes.RUN if fine else shapes.MISSED_RUN
        yield shapes.mark(shape, WIDTH - NEVER if x is None else x, y, title)
    if any(x is None for x in places):
        yield svg.label(WIDTH - NEVER, height - 2, "never", "small", "middle")
