"""Put the lanes of a recording into panels, with faults, folds and axis, and a legend below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from harness.history import History
from harness.judge import timeline, traffic
from harness.judge.timeline import Allowed
from harness.picture import axis, contents, folding, ground, legend, svg
from harness.picture.axis import PanelAxis
from harness.picture.contents import Contents
from harness.picture.lanes import Lane
from harness.picture.svg import element

WIDTH = 960.0
MARGIN = 16.0
NAMES = 230.0  # px for the names of the lanes at most
LINE = 17.0
APART = 14.0  # between panels


@cache
def style() -> str:
    """Return the style of all pictures, which has no `<` or `&`; a page has it once for all."""
    return Path(__file__).with_name("picture.css").read_text(encoding="utf-8")


def draw(history: History, windows: Iterable[Allowed] = (), *, styled: bool = True) -> str:
    """Return the timeline of a recording as an SVG element, the fault at 0.

    `windows` are the bounds of figures. Without `styled` the page that contains it must have
    `style()`. Raises Inconclusive where nothing was disturbed.
    """
    shown = contents.of(history, windows)
    zero, cause = timeline.origin(history)
    start, stop = contents.extent(history)
    unit = folding.unit(contents.lengths(history), stop - start, traffic.interval(history))
    panels = folding.panels(folding.pieces(shown.points, start, stop, unit), unit)
    left = MARGIN + min(max(map(svg.width, shown.names)) + 10, NAMES)
    room = WIDTH - left - MARGIN
    axes = axis.laid_out(panels, zero, left, room, seconds=stop - start > axis.LONG)
    y, parts = MARGIN, []
    for text, class_ in _head(history, cause, axes[0]):
        y += LINE
        parts.append(svg.label(MARGIN, y - 4, svg.shorten(text, WIDTH - 2 * MARGIN), class_))
    parts.append(ground.scale(axes[0], WIDTH - MARGIN, y))
    for panel_axis in axes:
        height, panel = _panel(shown, panel_axis, left)
        y += APART
        parts.append(element("g", *panel, transform=f"translate(0,{y:.1f})"))
        y += height
    height, signs = legend.paint(shown, MARGIN, WIDTH - MARGIN)
    parts.append(element("g", *signs, transform=f"translate(0,{y + APART:.1f})"))
    return _document(history, cause, parts, y + APART + height + MARGIN, styled=styled)


def _head(history: History, cause: str, first: PanelAxis) -> Iterator[tuple[str, str]]:
    about = history.about
    yield about.scenario, "head"
    kernel = f"linux {about.kernel.release}, HZ={about.kernel.hz}, {about.kernel.clock} clock"
    yield f"{about.topology}, lab {about.lab}, {kernel}", "faint"
    yield f"0 = {cause}; times in {'s' if first.seconds else 'ms'}", "faint"


def _panel(shown: Contents, axis: PanelAxis, left: float) -> tuple[float, list[str]]:
    """Return the height and the elements of one panel."""
    y, over = 0.0, []
    for lane in shown.lanes(axis):
        over.append(_lane(lane, y, left))
        y += lane.height + 4
    under = ground.paint(shown, axis, y)
    return y + ground.AXIS, [*under, *over]


def _lane(lane: Lane, y: float, left: float) -> str:
    name = svg.shorten(lane.name, left - MARGIN - 6)
    middle = lane.height - 6 if lane.height < ground.TALL else lane.height / 2 + 4
    return element(
        "g",
        element(
            "text",
            svg.title([lane.name]) if name != lane.name else "",
            svg.words(name),
            x=left - 8,
            y=middle,
            class_="name",
            text_anchor="end",
        ),
        *lane.parts,
        transform=f"translate(0,{y:.1f})",
    )


def _document(
    history: History, cause: str, parts: Sequence[str], height: float, *, styled: bool
) -> str:
    return element(
        "svg",
        element("style", style()) if styled else "",
        element("rect", width="100%", height="100%", class_="paper"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="timeline",
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        width=WIDTH,
        height=float(round(height)),
        role="img",
        aria_label=f"Timeline of {history.about.scenario}, 0 = {cause}",
    )
