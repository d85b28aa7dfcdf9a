"""Texts that the pointer shows at a mark: time, source and the event as in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from harness.history import Event
from harness.history.kinds import KINDS
from harness.picture import svg
from harness.plural import counted
from harness.units import MS

CLOCKS = {kind.name: kind.clock for kind in KINDS}
RAW = 300  # characters of an event; a command's output may be long
MOST = 4  # events of a group that are shown whole


def since(when: int, zero: int) -> str:
    """Return a time since the fault, exact to the microsecond."""
    return f"{(when - zero) / MS:+.3f} ms"


def of(zero: int, text: str, *events: Event) -> str:
    """Return the title of a mark of some events."""
    return svg.title(_lines(zero, text, events))


def _lines(zero: int, text: str, events: Sequence[Event]) -> Iterator[str]:
    if len(events) == 1:
        yield f"{since(events[0].at, zero)}: {text}"
    else:
        first, last = since(events[0].at, zero), since(events[-1].at, zero)
        yield f"{first} to {last}: {counted(len(events), 'event')}, {text}"
    for event in events[:MOST]:
        where = event.where or "the recording"
        yield f"source: {where}, clock: {CLOCKS[event.kind]}"
        yield _raw(event)
    if len(events) > MOST:
        yield f"... and {len(events) - MOST} more"


def _raw(event: Event) -> str:
    line = json.dumps([event.at, event.kind, event.where, dict(event.data)])
    return line if len(line) <= RAW else f"{line[:RAW]} ..."
