"""The contents of a history's timeline, in ns, whether drawn as text or as a picture.

`harness.judge.lanes` draws them in columns of text, `harness.picture` as SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from harness.history import Event, History
from harness.judge import fault_texts, measure, outages, timeline, traffic
from harness.judge.elapsed import elapsed
from harness.judge.measure import Stretch
from harness.judge.timeline import Allowed
from harness.judge.traffic import Leg
from harness.units import Measured

# Which actions end a fault; a fault that is not listed is ended by any repair at its place.
ENDS = {
    "cut": {"heal", "heal_late"},
    "lose": {"deliver"},
    "delay": {"undelay", "deliver"},
    "admin_down": {"admin_up"},
}


class Action(NamedTuple):
    """Something done on purpose or by a switch; a fault lasts `until` its repair, None if none."""

    at: int
    until: int | None
    role: str
    sign: str
    label: str
    event: Event


class Dark(NamedTuple):
    """A time without an arrival: `certain` if it is longer than the tolerance of its length."""

    begin: int
    stop: int
    ns: int
    closed: bool
    certain: bool


class Traffic(NamedTuple):
    """The frames of one direction since the baseline, and the silences among them."""

    way: str
    start: int
    stop: int
    legs: Sequence[Leg]
    silences: Sequence[Dark]


class State(NamedTuple):
    """A value, since when (ns) it held, and the event that reports it."""

    at: int
    value: Any
    event: Event


class States(NamedTuple):
    """The states of something in order; `kind` is what they are states of."""

    name: str
    kind: str
    states: Sequence[State]


class Bound(NamedTuple):
    """A figure on the clock with what it may be: it should end from `low` to `high` (ns).

    `beyond` is by how many ns it was certainly too late, negative if too early; 0 if it was
    within the window and the tolerances, as in a scenario's comparison.
    """

    what: str
    window: Allowed | None
    stretch: Stretch
    low: int | None
    high: int | None
    beyond: int
    measured: Measured


def actions(history: History) -> list[Action]:
    """Return all actions in order."""
    return history.derived("actions", lambda: list(_actions(history)))


def _actions(history: History) -> Iterator[Action]:
    events = history.part("fault")
    for n, event in enumerate(events):
        role = str(event.get("role", "fault"))
        until = _until(event, events[n + 1 :]) if role == "fault" else None
        yield Action(
            event.at, until, role, fault_texts.sign(event), fault_texts.text(event), event
        )


def _until(fault: Event, later: Iterable[Event]) -> int | None:
    """Return when a fault was repaired; it also ends when the same fault begins again."""
    action = str(fault["action"])
    ends = ENDS.get(action)
    for event in later:
        if event.where == fault.where:
            name, role = str(event["action"]), event.get("role")
            if name == action or (name in ends if ends else role == "repair"):
                return event.at
    return None


def path(history: History, way: str) -> Traffic | None:
    """Return the frames of one direction, None where there are none."""
    begin = history.mark("baseline") or 0
    seen = [leg for leg in traffic.legs(history, way) if leg[0].sent >= begin]
    if not seen:
        return None
    step, end = traffic.interval(history), traffic.end_at(history)
    certain = set(outages.certain(history, way))
    silences = [
        Dark(gap.start + step, gap.stop if gap.closed else end, gap.ns, gap.closed, gap in certain)
        for gap in outages.every(history)[way]
    ]
    return Traffic(way, seen[0][0].sent, end, seen, silences)


def links(history: History) -> Iterator[States]:
    """Yield bonding's judgement of each slave, and the active slave of each bond."""
    for bond in measure.bonds(history):
        for slave in measure.slaves_of(history, bond):
            yield states(history, f"{slave} link", "slave", slave, "link")
        yield states(history, f"{bond} active", "active", bond, "slave")


def states(history: History, name: str, kind: str, where: str, key: str) -> States:
    """Return the value at the disturbance and each change of it, with their events."""
    events: dict[tuple[int, Any], Event] = {
        (event.at, event.get(key)): event for event in reversed(history.part(kind, where))
    }
    changes = measure.sequence(history, kind, where, key)
    found = [State(at, value, events[at, value]) for at, value in changes]
    return States(name, kind, found)


def bounds(history: History, windows: Iterable[Allowed]) -> list[Bound]:
    """Return each window on the clock whose figure the recording has."""
    known = timeline.stretches(history)
    return [bound(history, window.what, window) for window in windows if window.what in known]


def bound(history: History, what: str, window: Allowed | None = None) -> Bound:
    """Return a figure that the recording has, on the clock, with its window if it has one."""
    stretch = timeline.stretches(history)[what]
    low = high = None
    if window is not None:
        low = stretch.start + (window.low.ns if window.low is not None else 0)
        high = None if window.high is None else stretch.start + window.high.ns
    measured = _measured(history, what, stretch)
    return Bound(what, window, stretch, low, high, _beyond(window, measured), measured)


def _beyond(window: Allowed | None, measured: Measured) -> int:
    if window is None or not measured.happened:
        return 0
    took, low, high = measured.ns, window.low, window.high
    if high is not None and not Measured.__le__(measured, high):
        return took - high.ns - high.slack - measured.tolerance
    if low is not None and not Measured.__ge__(measured, low):
        return took - low.ns + low.early + measured.tolerance
    return 0


def _measured(history: History, what: str, stretch: Stretch) -> Measured:
    kind, _, way = what.partition(" ")
    if kind == "outage":
        return outages.outage(history, way or None)
    reverts = kind == "reversion"
    step = traffic.interval(history) if reverts else 0
    return elapsed(history, what, *stretch, step, clocks=reverts or kind == "detection")


def decisive(history: History, windows: Iterable[Allowed]) -> Iterator[int]:
    """Yield the times that an axis must include: of faults, outages, active slaves and figures."""
    end, known = traffic.end_at(history), timeline.stretches(history)
    placed = bounds(history, windows)
    asked = {each.what for each in placed}
    for what, stretch in known.items():
        if " " not in what or what in asked:  # a single slave's figures only if they have a window
            yield stretch.stop or end
    for each in placed:
        last = each.high if each.high is not None else each.low
        if last is not None:
            yield last
    yield from (action.at for action in actions(history) if action.sign)
    for bond in measure.bonds(history):
        yield from (change.at for change in measure.sequence(history, "active", bond, "slave"))
    for way in traffic.STREAMS:
        yield from (gap.stop if gap.closed else end for gap in outages.certain(history, way))
