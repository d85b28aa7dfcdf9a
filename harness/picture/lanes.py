"""The lanes of the picture: each is drawn with its top at 0, and has its height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from harness.history import Event
from harness.judge import instants
from harness.judge.fault_texts import SET_SIGN
from harness.judge.instants import Instant, Instants
from harness.judge.scene import Action, State, States
from harness.picture import placing, shapes, svg, titles
from harness.picture.axis import PanelAxis
from harness.picture.svg import element

ROW = 18.0
AT = attrgetter("at")
NEAR = 3.0  # px: marks of one kind that are closer together are grouped
# Offsets of the marks of a kind, so that those of one time do not hide each other.
HIGH = {
    "foreign": -6.0,
    "probe": 6.0,
    "reply": 6.0,
    "ns": -6.0,
    "na in": 6.0,
    "lacpdu": 6.0,
    "lacpdu in": -6.0,
}


class Lane(NamedTuple):
    """A lane of a panel: its name, its height (px), and its elements."""

    name: str
    height: float
    parts: Sequence[str]


def actions(done: Sequence[Action], axis: PanelAxis) -> Lane:
    """Return the lane of faults and other actions with their labels."""
    own: dict[tuple[str, str, float], list[Event]] = {}
    for action in done:
        x = axis.at(action.at)
        if x is not None:
            key = "set" if action.sign == SET_SIGN else action.role
            own.setdefault(
                (key if key in shapes.ACTIONS else "stimulus", action.label, x), []
            ).append(action.event)
    parts: list[str] = []
    placed = placing.rows([(x, key, text) for key, text, x in own], axis.left, axis.right)
    for group in placed:
        y = group.row * ROW + ROW / 2
        for x in dict.fromkeys(group.xs):
            title = titles.of(axis.zero, group.label, *own[group.key, group.label, x])
            parts.append(shapes.mark(shapes.ACTIONS[group.key], x, y, title))
        parts.append(svg.label(group.x, y + 4, group.text))
    height = ROW * (1 + max((group.row for group in placed), default=0))
    return Lane("fault", height, parts)


def states(lane: States, axis: PanelAxis) -> Lane:
    """Return a line that is thick where something is up, broken where it is down, with labels."""
    parts: list[str] = []
    last = axis.segments[-1].piece.stop
    ends = [*(state.at for state in lane.states[1:]), max(last, lane.states[-1].at)]
    for n, (state, stop) in enumerate(zip(lane.states, ends, strict=True)):
        parts += _state(lane, state, stop, axis, changed=n > 0)
    return Lane(lane.name, ROW + 4, parts)


def _state(
    lane: States, state: State, stop: int, axis: PanelAxis, *, changed: bool
) -> Iterator[str]:
    text = _word(state.value)
    class_ = {"down": "off", "none": "off", "fail": "odd", "back": "odd"}.get(text, "on")
    title = titles.of(axis.zero, f"{lane.name} {text}", state.event)
    shown = False
    for x1, x2 in axis.spans(state.at, stop):
        bar = element("path", title, class_=f"state {class_}", d=f"M{x1:.1f},16H{x2:.1f}")
        yield bar
        if not shown and svg.width(text) + 4 <= x2 - x1:
            yield svg.label(x1 + 3, 11, text, "small")
            shown = True
    x = axis.at(state.at) if changed else None
    if x is not None:
        yield element("path", title, class_="change", d=f"M{x:.1f},3V19")


def _word(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "up" if value else "down"
    return str(value)


def single(lane: Instants, axis: PanelAxis) -> Lane:
    """Return events without a duration, by their kinds; those too close together are grouped."""
    parts: list[str] = []
    kinds: dict[str, list[tuple[float, Instant]]] = {}
    for x, instant in axis.shown(lane.instants, AT):
        kinds.setdefault(instant.kind, []).append((x, instant))
    for kind, seen in kinds.items():
        for group in _groups(seen):
            parts += _group(kind, group, 14 + HIGH.get(kind, 0.0), axis)
    return Lane(lane.name, 28, parts)


def _groups(seen: Sequence[tuple[float, Instant]]) -> Iterator[list[tuple[float, Instant]]]:
    group: list[tuple[float, Instant]] = []
    for x, instant in seen:
        if group and x - group[-1][0] > NEAR:
            yield group
            group = []
        group.append((x, instant))
    if group:
        yield group


def _group(
    kind: str, group: Sequence[tuple[float, Instant]], y: float, axis: PanelAxis
) -> Iterator[str]:
    events: list[Event] = [instant.event for _, instant in group]
    title = titles.of(axis.zero, {**instants.FRAMES, **instants.LINES}[kind], *events)
    shape = shapes.SPOTS[kind]
    first, last = group[0][0], group[-1][0]
    if last - first > NEAR:
        path = f"M{first:.1f},{y:.1f}H{last:.1f}"
        yield element("path", title, class_=f"many {shape.class_.split()[1]}", d=path)
    yield shapes.mark(shape, first, y, title)
