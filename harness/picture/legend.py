"""The meanings of the signs that a picture has."""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge import instants
from harness.judge.fault_texts import SET_SIGN
from harness.picture import shapes, svg
from harness.picture.contents import Contents
from harness.picture.svg import element

LINE = 18.0
ROLES = {
    "fault": "fault (shaded while it lasts)",
    "repair": "repair",
    "set": "options set",
    "stimulus": "stimulus",
    "reaction": "reaction of a switch",
    "command": "command",
}
BARS = {"on": "up, active", "off": "down, none", "odd": "fail, back"}


def paint(shown: Contents, left: float, right: float) -> tuple[float, list[str]]:
    """Return the height and the elements of the legend."""
    x, y, parts = left, 10.0, []
    for sign, text in _signs(shown):
        room = 26 + svg.width(text)
        if x > left and x + room > right:
            x, y = left, y + LINE
        parts.append(element("g", sign, transform=f"translate({x + 10:.1f},{y:.1f})"))
        parts.append(svg.label(x + 24, y + 4, text, "faint"))
        x += room + 14
    return y + 10, parts


def _signs(shown: Contents) -> Iterator[tuple[str, str]]:
    roles = {"set" if action.sign == SET_SIGN else action.role for action in shown.actions}
    for role, text in ROLES.items():
        if role in roles:
            yield shapes.mark(shapes.ACTIONS[role], 0, 0), text
    if shown.traffic:
        yield _line("frame", "M0,-7V7"), "frame arrived"
        if any(sample.arrived is None for path in shown.traffic for sample, _ in path.legs):
            yield shapes.mark(shapes.LOST, 0, 0), "frame lost"
        if any(dark.certain for path in shown.traffic for dark in path.silences):
            yield _line("outage", "M-8,0H8M-8,-6V6M8,-6V6"), "outage"
    states = [state.value for lane in (*shown.states, *shown.tables) for state in lane.states]
    classes = {"on"} | {"off" for value in states if value in (None, False, "down")}
    classes |= {"odd" for value in states if value in ("fail", "back")}
    for class_, text in BARS.items():
        if class_ in classes and states:
            yield _line(f"state {class_}", "M-9,0H9"), text
    kinds = {instant.kind for lane in (*shown.frames, shown.log) for instant in lane.instants}
    for kind, text in {**instants.FRAMES, **instants.LINES}.items():
        if kind in kinds:
            yield shapes.mark(shapes.SPOTS[kind], 0, 0), text
    yield from _of_figures(shown)


def _of_figures(shown: Contents) -> Iterator[tuple[str, str]]:
    if shown.figures:
        yield shapes.mark(shapes.END, 0, 0), "end of a figure"
        yield _line("hair", "M-8,-4V4M-8,0H8M8,-4V4"), "its tolerance"
    if any(figure.window for figure in shown.figures):
        yield _line("bracket", "M-9,-6V6M-9,0H9M9,-6V6"), "allowed"
    if any(figure.beyond for figure in shown.figures):
        yield shapes.mark(shapes.MISSED, 0, 0), "outside of what is allowed"


def _line(class_: str, path: str) -> str:
    return element("path", class_=class_, d=path)
