"""Rows of the table from the probes: when traffic came back, and what was lost."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.history import History
from harness.judge import outages, traffic
from harness.judge.outages import Gap
from harness.judge.rows import KEY, VITAL, EventRow
from harness.judge.traffic import Leg
from harness.plural import counted
from harness.units import in_ms


def rows(history: History) -> Iterator[EventRow]:
    """Yield when traffic came back after each outage and after the longest silence, if it did.

    The end of an outage is vital; that of a silence within its tolerance is not.
    """
    step, seen = traffic.interval(history), outages.every(history)
    sure = {way: outages.certain(history, way) for way in traffic.STREAMS}
    worst = outages.gaps(history)
    found = {way: _shown(sure[way], worst.get(way)) for way in seen}
    for out in list(found["out"]):
        same = [gap for gap in found["in"] if _together(out, gap, step)]
        if same:
            weight = VITAL if out in sure["out"] or same[0] in sure["in"] else KEY
            what = _fate(history, {"out": out, "in": same[0]})
            at = max(out.stop, same[0].stop)
            yield _heard(at, "path", "both ways", what, weight, closed=out.closed)
            found["out"].remove(out)
            found["in"].remove(same[0])
    for way, gaps in found.items():
        first, second = traffic.path(history)
        who = second if way == "out" else first
        for gap in gaps:
            weight = VITAL if gap in sure[way] else KEY
            yield _heard(gap.stop, who, way, _fate(history, {way: gap}), weight, closed=gap.closed)


def _shown(sure: Sequence[Gap], worst: Gap | None) -> list[Gap]:
    """Return the outages of a direction, and its longest silence if that is not one of them."""
    return [*sure] if worst is None or worst in sure else [*sure, worst]


def _together(first: Gap, second: Gap, step: int) -> bool:
    """Return whether two silences ended, or did not end, at the same time."""
    return abs(first.stop - second.stop) <= step and first.closed == second.closed


def _heard(at: int, who: str, way: str, what: str, weight: int, *, closed: bool) -> EventRow:
    state = "again" if closed else "still dark"
    return EventRow(at, who, f"traffic {way} {state}, {what}", "", "return of traffic", weight)


def _fate(history: History, gaps: Mapping[str, Gap]) -> str:
    """Return how many frames sent in a silence, of one direction or both, were lost or delayed."""
    lost = {way: _lost(history, way, gap) for way, gap in gaps.items()}
    held = {way: _held(history, way, gap) for way, gap in gaps.items()}
    parts = []
    if any(lost.values()) or not any(held.values()):
        where = "".join(_discarded(history, way, gap) for way, gap in gaps.items())
        parts.append(f"{_frames(lost)} lost{where}")
    if any(held.values()):
        waited = max(max(each, default=0) for each in held.values())
        counts = {way: len(each) for way, each in held.items()}
        parts.append(f"{_frames(counts)} held for up to {in_ms(waited)}")
    return ", ".join(parts)


def _frames(counts: Mapping[str, int]) -> str:
    """Return the number of frames as text, by direction if there are two."""
    if len(counts) == 1:
        return counted(next(iter(counts.values())), "frame")
    return f"{counted(counts['out'], 'frame')} out and {counts['in']} in"


def _within(history: History, direction: str, gap: Gap) -> list[Leg]:
    """Return the frames that were sent in a silence, with their probes."""
    seen = traffic.legs(history, direction)
    first = bisect_left(seen, gap.start, key=traffic.sent_at)
    return seen[first : bisect_right(seen, gap.stop, key=traffic.sent_at)]


def _lost(history: History, direction: str, gap: Gap) -> int:
    return sum(frame.arrived is None for frame, _ in _within(history, direction, gap))


def _held(history: History, direction: str, gap: Gap) -> list[int]:
    """Return the delay (ns) of each frame that was sent in a silence and arrived late."""
    step = traffic.interval(history)
    return [
        frame.arrived - frame.sent
        for frame, _ in _within(history, direction, gap)
        if frame.arrived is not None and frame.arrived - frame.sent > step
    ]


def _discarded(history: History, direction: str, gap: Gap) -> str:
    """Return how many lost frames reached their machine and were discarded there, as text."""
    refused = history.derived(
        "discarded", lambda: [probe for probe in traffic.probes(history) if probe.get("discarded")]
    )
    places = Counter(
        str(probe["discarded"])
        for probe in refused
        if gap.start <= probe.at <= gap.stop
        if (probe["request"] is None) == (probe.where == direction)
    )
    by_place = ", ".join(f"{count} at {place}" for place, count in places.items())
    return f" (discarded: {by_place})" if by_place else ""
