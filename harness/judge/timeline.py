"""A history as a table of events, about a dozen lines with times relative to the fault."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.history import History
from harness.judge import event_rows, failover, fault_texts, layout, measure, outages, traffic
from harness.judge.layout import WIDTH, bare
from harness.judge.measure import Stretch
from harness.judge.rows import KEY, NOISE, VITAL, EventRow
from harness.units import Span

LINES = 12
BEFORE = 3  # lines about the time before the fault


class Allowed(NamedTuple):
    """What the documentation allows for one figure; an open side is None."""

    what: str
    low: Span | None = None
    high: Span | None = None

    @property
    def whose(self) -> str:
        """Whether the window follows from the documentation, or is the scenario's own."""
        own = any(side is not None and side.own for side in (self.low, self.high))
        return "asserted" if own else "documented"

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.whose} {bare(self.low.ns)}..{bare(self.high.ns)}"
        side = "at least" if self.low is not None else "at most"
        return f"{self.whose} {side} {bare((self.low or self.high or Span(0)).ns)}"


def origin(history: History) -> tuple[int, str]:
    """Return the time that the table calls 0 (ns) and what happened then."""
    fault = measure.first_fault(history)
    if fault is None:
        return traffic.disturb_at(history), "the disturbance"
    return fault.at, fault_texts.name(fault)


def stretches(history: History) -> dict[str, Stretch]:
    """Return begin and end (ns) of each figure of the recording."""
    return history.derived("stretches", lambda: _stretches(history))


def _stretches(history: History) -> dict[str, Stretch]:
    found: dict[str, Stretch] = {}
    for bond in measure.bonds(history):
        fault = measure.fault_at(history, measure.slaves_of(history, bond))
        down = measure.detected_at(history, measure.concerned(history, bond), fault)
        of = measure.suffix(history, bond)
        found[f"detection{of}"] = Stretch(fault, down)
        found[f"switchover{of}"] = failover.switched(history, bond)
        for slave in measure.slaves_of(history, bond):
            hit = measure.fault_at(history, [slave])
            lost = measure.detected_at(history, [slave], hit)
            found[f"detection on {slave}"] = Stretch(hit, lost)
        if measure.faults(history, "repair"):
            found[f"reversion{of}"] = measure.reverted(history, bond)
    gaps = outages.gaps(history)
    for direction, gap in gaps.items():
        found[f"outage {direction}"] = Stretch(gap.start, gap.stop if gap.closed else None)
    if gaps:
        worst = max(gaps, key=lambda name: (not gaps[name].closed, gaps[name].ns))
        found["outage"] = found[f"outage {worst}"]
    return found


def table(history: History, windows: Iterable[Allowed] = (), width: int = WIDTH) -> str:
    """Return the events in about a dozen lines, none longer than `width`; the rest is counted.

    All faults, repairs and changes of the active slave are there.
    """
    zero, _ = origin(history)
    remarks = _remarks(history, tuple(windows))
    rows = [_weighed(row, remarks) for row in event_rows.rows(history)]
    return layout.text(fit(sorted(rows, key=_time), zero, LINES - 1), zero, remarks, width)


def _time(row: EventRow) -> int:
    return row.at


def _weighed(row: EventRow, remarks: Mapping[int, str]) -> EventRow:
    """Mark a row to be shown if a figure ended with it."""
    return row._replace(weight=VITAL) if row.weight == KEY and row.at in remarks else row


def fit(rows: Sequence[EventRow], zero: int, room: int) -> list[EventRow | list[EventRow]]:
    """Return rows, and runs of rows that are only counted, as at most `room` parts if possible.

    Rows are dropped by weight: noise far from key rows, other noise, context, and at last the
    middle of the key rows; vital rows never.
    """
    early = [n for n, row in enumerate(rows) if row.at < zero and row.weight != VITAL][:-BEFORE]
    rows = [row for n, row in enumerate(rows) if n not in set(early)]
    places = {weight: [r.at for r in rows if r.weight == weight] for weight in range(NOISE + 1)}

    def worth(n: int) -> tuple[int, bool, int]:
        row, near = rows[n], any(r.weight <= KEY for r in rows[max(0, n - 1) : n + 2])
        peers = places[row.weight]
        from_middle = abs(bisect(peers, row.at) - len(peers) // 2)
        return -row.weight, near, from_middle

    order = sorted((n for n, row in enumerate(rows) if row.weight != VITAL), key=worth)
    vital = {n for n, row in enumerate(rows) if row.weight == VITAL}
    dropped = 0
    while len(parts := _parts(rows, vital | set(order[dropped:]))) > room and dropped < len(order):
        dropped += max(1, (len(parts) - room) // 2)  # a dropped row removes two lines at most
    return parts


def _parts(rows: Sequence[EventRow], kept: set[int]) -> list[EventRow | list[EventRow]]:
    parts: list[EventRow | list[EventRow]] = []
    for n, row in enumerate(rows):
        if n in kept:
            parts.append(row)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _remarks(history: History, windows: tuple[Allowed, ...]) -> dict[int, str]:
    """Return remarks on the times (ns) at which a figure was complete."""
    remarks: dict[int, str] = {}
    for what, stretch in stretches(history).items():
        allowed = next((str(window) for window in windows if window.what == what), "")
        if stretch.stop is None or (" " in what and not allowed):
            continue
        text = f"{what} {bare(_length(history, what, stretch))}"
        remarks[stretch.stop] = "; ".join(
            part
            for part in (remarks.get(stretch.stop), text + (allowed and f", {allowed}"))
            if part
        )
    return remarks


def _length(history: History, what: str, stretch: Stretch) -> int:
    step = traffic.interval(history) if what.startswith("outage") else 0
    return max(0, (stretch.stop or stretch.start) - stretch.start - step)
