"""The kernel log as rows of the table: the kernel's reports, and lines of bonding that add facts.

A line of bonding that only repeats what the kernel notified of (a slave declared down, a new
active slave) gets no row; one with a delay, or with an event that has no other source, does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from harness.bonding import log
from harness.bonding.log import BondLogLine
from harness.errors import NotTestable
from harness.history import Event, History
from harness.judge import traffic
from harness.judge.rows import CONTEXT, KEY, NOISE, EventRow
from harness.log import kernlog
from harness.units import MS

NEAR = 50 * MS  # between a line and the notification of the same
WIDTH = 56


def rows(history: History) -> Iterator[EventRow]:
    """Yield a row for each report of the kernel, and for each line that adds something."""
    lines = list(history.select("log"))
    reported: set[int] = set()
    for found in kernlog.reports(str(line["text"]) for line in lines):
        reported.update(found.at)
        what = f"KERNEL {found.fingerprint}"
        yield EventRow(lines[found.at[0]].at, "kernel", what, "", "kernel report", KEY)
    seen = _notified(history)
    for number, line in enumerate(lines):
        row = None if number in reported else _row(line, seen)
        if row is not None:
            yield row


def bond_lines(history: History, bond: str) -> list[BondLogLine]:
    """Return the driver's log lines on a bond between the disturbance and the end.

    Raises NotTestable where the kernel's log could not be read.
    """
    if history.about.kernel.unread:
        raise NotTestable(
            "the kernel's log may not be read here",
            hint="choose a guest's kernel, or let the user read /dev/kmsg",
        )
    start, stop = traffic.disturb_at(history), traffic.end_at(history)
    lines = (e for e in history.select("log") if start <= e.at <= stop)
    parsed = (log.parse(str(line["text"])) for line in lines)
    return [line for line in parsed if line is not None and line.bond == bond]


LineTimes = dict[tuple[str, str | None], list[int]]


def _row(line: Event, seen: LineTimes) -> EventRow | None:
    parsed = log.parse(str(line["text"]))
    who = line.where or "dut"
    if parsed is None:
        return EventRow(line.at, who, f"log: {line['text']}"[:WIDTH], "", "log line", NOISE)
    if _repeats(parsed, line.at, seen):
        return None
    return EventRow(line.at, who, f"log: {log.words(parsed)}", "", "bonding log line", CONTEXT)


def _notified(history: History) -> LineTimes:
    """Return the times of notifications, by link state or "active" and slave."""
    seen: LineTimes = {}
    for event in history.select("slave"):
        seen.setdefault((str(event["link"]), event.where), []).append(event.at)
    for event in history.select("active"):
        slave = event.get("slave")
        seen.setdefault(("active" if slave else "none", slave), []).append(event.at)
    return seen


def _repeats(line: BondLogLine, at: int, seen: LineTimes) -> bool:
    """Return whether a notification at about that time has the same content."""
    if line.delay is not None:
        return False
    if line.what == "carrier":
        return any(_near(times, at) for (what, _), times in seen.items() if what == "active")
    slave = None if line.what == "none" else line.slave
    return _near(seen.get((line.what, slave), []), at)


def _near(times: list[int], at: int) -> bool:
    number = bisect_left(times, at - NEAR)
    return number < len(times) and times[number] <= at + NEAR
