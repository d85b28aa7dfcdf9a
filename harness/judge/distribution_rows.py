"""Rows of the table for the frames that a bond distributes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import Event, History
from harness.judge import distribution, measure
from harness.judge.rows import CONTEXT, NOISE, EventRow, short
from harness.plural import counted
from harness.topology import DUT


def rows(history: History) -> Iterator[EventRow]:
    """Yield learning packets and membership reports, and the share of each slave in flows."""
    for bond in measure.bonds(history):
        for kind in ("learning", "igmp", "mld"):
            yield from (_row(event) for event in distribution.leaving(history, bond, kind))
        yield from _shares(history, bond)


def _row(event: Event) -> EventRow:
    port = event.where.rpartition("/")[2]
    tagged = " with a VLAN tag" * bool(event["tagged"])
    if event.kind == "learning":
        what = f"learning packet of {short(event['src'])}{tagged}"
        return EventRow(event.at, DUT, what, port, "learning packet", NOISE)
    label = f"{event.kind.upper()} {'report' if event['group'] else 'query'}"
    group = f" of {event['group']}" * bool(event["group"])
    return EventRow(event.at, DUT, f"{label}{group}{tagged}", port, label, CONTEXT)


def _shares(history: History, bond: str) -> Iterator[EventRow]:
    """Yield a row for each burst of flows and slave, when the last of its frames left by it."""
    for sent in history.select("fault", action="send_flows"):
        numbers = range(sent["first"], sent["first"] + sent["count"])
        left: dict[str, list[int]] = {}
        for event in distribution.leaving(history, bond, "flow"):
            if event["number"] in numbers:
                left.setdefault(event.where.rpartition("/")[2], []).append(event.at)
        for slave, times in sorted(left.items()):
            what = f"{len(times)} of {counted(len(numbers), 'flow frame')} left"
            yield EventRow(max(times), DUT, what, slave, "share of flows", CONTEXT)
