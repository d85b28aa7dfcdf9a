"""What happened, in order, on one clock: the product of a recording and the input of every judge.

A history is written as JSON lines: the first line is the description of the run (`about`), each
further line one event. Times are integer nanoseconds of CLOCK_MONOTONIC, from the beginning of
the recording's network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import LabError, UsageError

FORMAT = 1
PROBE_TIMES = ("sent", "request", "reply")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `at` is in ns; `kind` is one of the words below; `where` names a machine, link, switch or
    bond; `data` holds plain JSON values.

    kind     where               data
    mark     ""                  name: recording | baseline | disturb | settle | end
    fault    link or machine     action, role: fault | repair | stimulus | command | reaction (by
                                 the network itself), phase: begin | end, its parameters;
                                 became: the options of a bond that it changed
    carrier  "dut/eth0"          up
    admin    "dut/eth0"          up
    slave    "eth0"              bond, link: up | fail | down | back, state: active | backup
    active   "bond0"             slave: name or None
    mac      "dut/eth0"          mac
    arp      "sw/eth0" (port)    op, kind: probe | reply | answer | garp | foreign | other, ...
    fdb      "sw"                mac, port: name or None when forgotten
    log      machine             text
    probe    "out" | "in"        seq, sent, request, reply, via, copies (see probes.py);
                                 crossed: a slave of each bond, where there are several;
                                 discarded: the device of the machine a lost frame was for, where
                                 it came so far and was not accepted
    """

    at: int
    kind: str
    where: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return `data[key]`, or `default`."""
        return self.data.get(key, default)


@dataclass(frozen=True, slots=True)
class History:
    """All events of one recording, ordered by time, and what the recording was about."""

    about: Mapping[str, Any]
    events: tuple[Event, ...]

    @classmethod
    def of(cls, about: Mapping[str, Any], events: Iterable[Event]) -> History:
        """Return the history of `events`, put in order of time."""
        return cls(about, tuple(sorted(events, key=lambda event: event.at)))

    def select(self, kind: str, where: str | None = None, /, **wanted: Any) -> Iterator[Event]:
        """Yield the events of one kind, of one place, whose data hold the wanted values."""
        for event in self.events:
            if event.kind != kind or (where is not None and event.where != where):
                continue
            if all(event.data.get(key) == value for key, value in wanted.items()):
                yield event

    def mark(self, name: str) -> int | None:
        """Return the time of a mark in ns, or None where the recording never came so far."""
        return next((event.at for event in self.select("mark", name=name)), None)


def since(start: int, events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events with all their times counted from `start`, in ns."""
    for event in events:
        data = event.data
        if event.kind == "probe":
            early = {key: data[key] for key in PROBE_TIMES if data[key] is not None}
            data = {**data, **{key: at - start for key, at in early.items()}}
        yield Event(event.at - start, event.kind, event.where, data)


def save(history: History, path: Path) -> None:
    """Write a history as JSON lines, whole or not at all; raises LabError on a full disk."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"format": FORMAT, **history.about}) + "\n")
            for event in history.events:
                line = [event.at, event.kind, event.where, dict(event.data)]
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LabError(
            f"{path} cannot be written: {error.strerror}",
            hint="make room, or keep recordings elsewhere: --results DIR",
        ) from error


def load(path: Path) -> History:
    """Read a history back; raises UsageError with the line that is no history."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="give a history.jsonl") from error
    number = 1
    try:
        about = json.loads(lines[0])
        if about.pop("format") != FORMAT:
            raise ValueError("its format is of another version")  # noqa: TRY301
        events = []
        for number, line in enumerate(lines[1:], start=2):  # noqa: B007
            at, kind, where, data = json.loads(line)
            events.append(Event(int(at), kind, where, data))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}, line {number}: not a line of a history ({error})",
            hint="a history.jsonl is an object, then lines of [at, kind, where, data]",
        ) from error
    return History.of(about, events)
