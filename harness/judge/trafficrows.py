"""What the probes add to the table of what happened: when traffic came back, and what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.history import History
from harness.judge import outages, traffic
from harness.judge.outages import Gap
from harness.judge.rows import Row


def rows(history: History) -> Iterator[Row]:
    """Yield when traffic came back after each outage and after the longest silence, if it did."""
    step, worst = traffic.interval(history), outages.gaps(history)
    found = {way: _told(history, way, worst.get(way)) for way in traffic.STREAMS}
    for gap in list(found["out"]):
        same = [one for one in found["in"] if _together(gap, one, step)]
        if same:
            lost = (
                f"{_lost(history, 'out', gap)} frames out and {_lost(history, 'in', same[0])} in"
            )
            at = max(gap.stop, same[0].stop)
            yield _heard(at, "path", "both ways", f"{lost} lost", closed=gap.closed)
            found["out"].remove(gap)
            found["in"].remove(same[0])
    for way, gaps in found.items():
        first, second = traffic.path(history)
        who = second if way == "out" else first
        for gap in gaps:
            told = f"{_lost(history, way, gap)} frames lost{_discarded(history, way, gap)}"
            yield _heard(gap.stop, who, way, told, closed=gap.closed)


def _told(history: History, way: str, worst: Gap | None) -> list[Gap]:
    """Return the outages of a direction, and its longest silence if that is none."""
    found = outages.certain(history, way)
    return found if worst is None or worst in found else [*found, worst]


def _together(one: Gap, other: Gap, step: int) -> bool:
    """Tell whether two silences ended, or did not end, at the same time."""
    return abs(one.stop - other.stop) <= step and one.closed == other.closed


def _heard(at: int, who: str, way: str, lost: str, *, closed: bool) -> Row:
    what = f"traffic {way} again, {lost}" if closed else f"traffic {way} still dark, {lost}"
    return Row(at, who, what, "", "return of traffic")


def _lost(history: History, direction: str, gap: Gap) -> int:
    seen = traffic.samples(history, direction)
    return sum(each.arrived is None and gap.start <= each.sent <= gap.stop for each in seen)


def _discarded(history: History, direction: str, gap: Gap) -> str:
    """Return how many lost frames came to the machine they were for and were not accepted."""
    places = Counter(
        str(probe["discarded"])
        for probe in traffic.probes(history)
        if probe.get("discarded") and gap.start <= probe.at <= gap.stop
        if (probe["request"] is None) == (probe.where == direction)
    )
    told = ", ".join(f"{count} at {place}" for place, count in places.items())
    return f" (discarded: {told})" if told else ""
