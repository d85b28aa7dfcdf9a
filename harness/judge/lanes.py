"""A history as lanes of text on one axis: fault, traffic, links, active slave, documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise

from harness.history import History
from harness.judge import fault_texts, labels, scene, traffic
from harness.judge.axis import TextAxis
from harness.judge.labels import Mark, shorten
from harness.judge.layout import LEAST, WIDTH
from harness.judge.scene import Bound, State
from harness.judge.timeline import Allowed

LABEL = 12  # columns of the lanes' names, more if a name needs them
FILL = {"up": "-", "down": "_", "none": "_"}  # what a lane of states shows behind the name
OTHER = "~"
GLUE = "\0"  # keeps a sign and its meaning on one line
MEANING = {
    "v": "v fault",
    "^": "^ repair",
    fault_texts.SET_SIGN: f"{fault_texts.SET_SIGN} options set",
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
TextLane = tuple[str, str]


def draw(history: History, windows: Iterable[Allowed] = (), width: int = WIDTH) -> str:
    """Return the lanes, cause above effect, with the documented windows, an axis and a legend."""
    windows, width = tuple(windows), max(width, LEAST)
    most = max(LABEL, width * 2 // 5)
    bound_names = [_bound_name(window, most) for window in windows]
    links = list(scene.links(history))
    names = [link.name for link in links] + bound_names
    label = min(max([LABEL, *map(len, names)]), most) + 2
    axis = TextAxis.of(history, windows, width - label - 2)
    lanes = [("fault" * (n == 0), row) for n, row in enumerate(_faults(history, axis))]
    lanes += [(f"traffic {way}", traffic_lane(history, axis, way)) for way in traffic.STREAMS]
    lanes += [(link.name, _states(link.states, axis)) for link in links]
    placed = {bound.what: bound for bound in scene.bounds(history, windows)}
    lanes += [
        (name, _window(placed[window.what], axis))
        for name, window in zip(bound_names, windows, strict=True)
        if window.what in placed
    ]
    lanes = [(name, lane) for name, lane in lanes if lane]
    drawn = [f"  {shorten(name, label - 1):<{label}}{lane}" for name, lane in lanes]
    drawn += [f"  {'':<{label}}{axis.numbers()}", *_legend(lanes, width)]
    return "\n".join(line.rstrip() for line in drawn)


def _bound_name(window: Allowed, room: int) -> str:
    """Return the name of a window's lane: without its source if there is too little room."""
    name = f"{window.whose} {window.what}"
    return name if len(name) <= room else window.what


def _legend(lanes: Iterable[TextLane], width: int) -> list[str]:
    """Return the meanings of the signs that occur in the lanes."""
    lanes = list(lanes)
    # A name may hold any letter, so each kind of lane is searched for its own signs only.
    signs = set[str]()
    for name, lane in lanes:
        own = "v^" + fault_texts.SET_SIGN if name in ("", "fault") else "|+_~[!"
        signs |= set(lane) & set("#:." if name.startswith("traffic ") else own)
    meanings = [MEANING[sign].replace(" ", GLUE) for sign in MEANING if sign in signs]
    lines = textwrap.wrap("   ".join(meanings), width - 2, break_on_hyphens=False)
    return ["  " + line.replace(GLUE, " ") for line in lines]


def _faults(history: History, axis: TextAxis) -> list[str]:
    """Return rows with a mark for each fault, repair and change of options."""
    marks = [
        Mark(axis.column(action.at), action.sign, action.label)
        for action in scene.actions(history)
        if action.sign and action.event.get("phase") != "end"
    ]
    return labels.rows(marks, axis.columns)


def traffic_lane(history: History, axis: TextAxis, direction: str) -> str:
    """Return a cell for each column since the baseline: # all arrived, . none, : some.

    The cells follow the silences, as the figures do: a delayed frame counts when it arrived, not
    when it was sent. A column is dark if it lies within an outage from end to end.
    """
    seen = scene.path(history, direction)
    if seen is None:
        return ""
    first, last = axis.column(seen.start), axis.column(seen.stop)
    cells = [" "] * first + ["#"] * (last + 1 - first)
    for dark in seen.silences:
        for column in range(axis.column(dark.begin), min(axis.column(dark.stop), last) + 1):
            opens, closes = axis.cell(column)
            # What is after the end is not shown.
            opens, closes = max(opens, seen.start), min(closes, seen.stop)
            if opens < dark.stop and dark.begin < closes:
                within = dark.begin <= opens and closes <= dark.stop
                if cells[column] != ".":  # outages may overlap: "." stays
                    cells[column] = "." if within and dark.certain else ":"
    return "".join(cells)


def _states(changes: Sequence[State], axis: TextAxis) -> str:
    """Return a line that names each state where it begins, if there is room before the next.

    Without room the fill character shows the state.
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
    for column in {column for column, other in pairwise(sorted(ends[1:-1])) if column == other}:
        cells[column] = "+"
    return "".join(cells)


def _window(bound: Bound, axis: TextAxis) -> str:
    """Return a bracket where a figure may end by the documentation, ! where it did outside."""
    window, stretch = bound.window, bound.stretch
    if window is None:
        return ""
    cells = [" "] * axis.columns
    begin = axis.column(stretch.start if bound.low is None else bound.low)
    end = axis.columns - 1
    if bound.high is not None:
        end = min(max(axis.column(bound.high), begin + 1), end)
    cells[begin : end + 1] = "=" * (end + 1 - begin)
    if window.low is not None:
        cells[begin] = "["
    cells[end] = ">" if window.high is None else "]"
    if stretch.stop is not None and bound.beyond:  # beside the bracket, whatever a column lasts
        at = axis.column(stretch.stop)
        late = bound.beyond > 0
        cells[min(max(at, end + 1), axis.columns - 1) if late else max(min(at, begin - 1), 0)] = (
            "!"
        )
    return "".join(cells)
