"""The lane of one direction of traffic: a tick for each frame, each silence with its length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.history import Event
from harness.judge.layout import bare
from harness.judge.scene import Dark, Traffic
from harness.judge.traffic import sent_at
from harness.picture import placing, shapes, svg, titles
from harness.picture.axis import PanelAxis
from harness.picture.lanes import Lane
from harness.picture.svg import element

APART = 3.0  # px: frames that are closer together are one band
HEIGHT = 34.0
TOP, BOTTOM = 16.0, 30.0


class Band(NamedTuple):
    """Adjacent frames with the same result: begin and end (px), and their probes."""

    begin: float
    stop: float
    arrived: bool
    events: list[Event]


def paint(seen: Traffic, axis: PanelAxis) -> Lane:
    """Return the lane of one direction."""
    parts = [part for dark in seen.silences for part in _silence(seen, dark, axis)]
    for band in _bands(seen, axis):
        result = "arrived" if band.arrived else "lost"
        title = titles.of(axis.zero, f"traffic {seen.way} {result}", *band.events)
        if not band.arrived:
            parts.append(shapes.mark(shapes.LOST, (band.begin + band.stop) / 2, BOTTOM - 4, title))
        elif band.stop - band.begin > 2 * APART:
            path = f"M{band.begin:.1f},{(TOP + BOTTOM) / 2}H{band.stop:.1f}"
            parts.append(element("path", title, class_="frames", d=path))
        else:
            path = f"M{band.begin:.1f},{TOP}V{BOTTOM}"
            parts.append(element("path", title, class_="frame", d=path))
    parts += _labels(seen.silences, axis)
    return Lane(f"traffic {seen.way}", HEIGHT, parts)


def _bands(seen: Traffic, axis: PanelAxis) -> Iterator[Band]:
    """Yield frames with the same result that are too close together to be distinguished."""
    band: Band | None = None
    for x, (sample, event) in axis.shown(seen.legs, sent_at):
        arrived = sample.arrived is not None
        if band is not None and (band.arrived != arrived or x - band.stop > APART):
            yield band
            band = None
        if band is None:
            band = Band(x, x, arrived, [event])
        else:
            band.events.append(event)
            band = band._replace(stop=x)
    if band is not None:
        yield band


def _silence(seen: Traffic, dark: Dark, axis: PanelAxis) -> Iterator[str]:
    kind = f"outage {seen.way}" if dark.certain else "silence within its tolerance"
    title = svg.title(
        [
            f"{kind}: {bare(dark.ns)} ms{'' if dark.closed else ', to the end'}",
            f"from {titles.since(dark.begin, axis.zero)} to {titles.since(dark.stop, axis.zero)}",
        ]
    )
    class_ = "outage" if dark.certain else "silence"
    for x1, x2 in axis.spans(dark.begin, dark.stop):
        ends = "".join(
            f"M{x:.1f},{TOP}V{BOTTOM}"
            for x, at in ((x1, dark.begin), (x2, dark.stop if dark.closed else None))
            if dark.certain and at is not None and axis.at(at) == x
        )
        path = f"M{x1:.1f},{TOP + 4}H{x2:.1f}{ends}"
        yield element("path", title, class_=class_, d=path)


def _labels(silences: Sequence[Dark], axis: PanelAxis) -> Iterator[str]:
    """Yield the length of each outage above its gap, where there is room."""
    wanted = []
    for dark in silences:
        spans = list(axis.spans(dark.begin, dark.stop))
        if dark.certain and spans:
            x1, x2 = max(spans, key=lambda span: span[1] - span[0])
            text = f"{bare(dark.ns)} ms" if dark.closed else f"{bare(dark.ns)} ms, to the end"
            half = svg.width(text) / 2
            middle = min(max((x1 + x2) / 2, axis.left + half), axis.right - half)
            wanted.append((middle, text))
    for middle, text in placing.without_overlap(wanted):
        yield svg.label(middle, TOP - 4, text, "bad-text small", "middle")
