"""What the probes add to the table of what happened: when traffic came back, and what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.history import History
from harness.judge import traffic
from harness.judge.rows import Row


def rows(history: History) -> Iterator[Row]:
    """Yield when traffic came back after the longest silence, if it did."""
    gaps = traffic.gaps(history)
    lost = {name: _lost(history, name, gap) for name, gap in gaps.items()}
    if len(gaps) == 2 and abs(gaps["out"].stop - gaps["in"].stop) <= traffic.interval(history):
        at, closed = max((gap.stop, gap.closed) for gap in gaps.values())
        if closed == all(gap.closed for gap in gaps.values()):
            told = f"{lost['out']} frames out and {lost['in']} in lost"
            yield _heard(at, "path", "both ways", told, closed=closed)
            return
    for name, gap in gaps.items():
        first, second = traffic.path(history)
        who = second if name == "out" else first
        told = f"{lost[name]} frames lost{_discarded(history, name, gap)}"
        yield _heard(gap.stop, who, name, told, closed=gap.closed)


def _heard(at: int, who: str, way: str, lost: str, *, closed: bool) -> Row:
    what = f"traffic {way} again, {lost}" if closed else f"traffic {way} still dark, {lost}"
    return Row(at, who, what, "", "return of traffic")


def _lost(history: History, direction: str, gap: traffic.Gap) -> int:
    seen = traffic.samples(history, direction)
    return sum(each.arrived is None and gap.start <= each.sent <= gap.stop for each in seen)


def _discarded(history: History, direction: str, gap: traffic.Gap) -> str:
    """Return how many lost frames came to the machine they were for and were not accepted."""
    places = Counter(
        str(probe["discarded"])
        for probe in traffic.probes(history)
        if probe.get("discarded") and gap.start <= probe.at <= gap.stop
        if (probe["request"] is None) == (probe.where == direction)
    )
    told = ", ".join(f"{count} at {place}" for place, count in places.items())
    return f" (discarded: {told})" if told else ""
