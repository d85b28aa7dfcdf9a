"""Histories as files of JSON lines: the header first, then one event a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.history import kinds, typed
from harness.history.about import About, BondAbout, ClockAbout, KernelAbout
from harness.history.events import Event, History
from harness.history.format1 import upgraded
from harness.history.typed import Malformed
from harness.whole_file import replacing

FORMAT = 2
SHAPE = "a history.jsonl is an object, then lines of [at, kind, where, data]"
TYPES = (int, str, str, dict)
_encode = json.JSONEncoder(separators=(",", ":")).encode
# All events are encoded at once, which takes half the time of one after the other, with a newline
# as a string between them. A quote within a string is escaped, so no text of an event can look
# like such a separator, and no field is a list of lists.
NEWLINE = "\n"
SEPARATOR = '}],"\\n",['


def header(about: About) -> dict[str, Any]:
    """Return the first line of a file."""
    return {
        "format": FORMAT,
        **_values(about),
        "kernel": _values(about.kernel),
        "bonds": {name: _values(bond) for name, bond in about.bonds.items()},
        "clocks": {name: _values(clock) for name, clock in about.clocks.items()},
    }


def _values(part: About | KernelAbout | BondAbout | ClockAbout) -> dict[str, Any]:
    """Return the fields of a part of the header; `asdict` would copy all that is in them."""
    return {name: getattr(part, name) for name in part.__slots__}


def about_of(line: object) -> About:
    """Return the header in the first line of a file, of this format or an older one."""
    if type(line) is not dict or "format" not in line:
        raise Malformed("the header is not an object with a format")
    data = dict(line)
    version = data.pop("format")
    if version == 1:
        data = upgraded(data)
    elif version != FORMAT:
        raise Malformed(
            f"the file has format {version!r}, this harness reads 1 to {FORMAT}",
            "use the version of the harness that wrote the file, or a later one",
        )
    return typed.read(About, data)


def save(history: History, path: Path) -> None:
    """Write a history as JSON lines, atomically; raises LabError on a full disk."""
    hint = "free space, or keep results elsewhere: --results DIR"
    text = f"{json.dumps(header(history.about))}\n{_lines(history)}"
    with replacing(path, path.with_suffix(".part"), hint=hint, parents=True) as file:
        file.write(text)  # at once: a system call of a guest takes longer than an event


def _lines(history: History) -> str:
    """Return the events as lines."""
    if not history.events:
        return ""
    rows: list[object] = []
    for event in history.events:
        rows += ([event.at, event.kind, event.where, dict(event.data)], NEWLINE)
    rows.pop()
    return _encode(rows)[1:-1].replace(SEPARATOR, "}]\n[") + "\n"


def load(path: Path) -> History:
    """Read a history; raises UsageError with the file and the line that is malformed."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="give a history.jsonl") from error
    number = 1
    try:
        about = about_of(json.loads(lines[0]))
        events = []
        for number, line in enumerate(lines[1:], start=2):  # noqa: B007
            events.append(_event(json.loads(line)))
    except ValueError as error:
        hint = getattr(error, "hint", "") or SHAPE
        problem = f"{path}, line {number}: not a line of a history ({error})"
        raise UsageError(problem, hint=hint) from error
    return History.of(about, events)


def _event(line: object) -> Event:
    if type(line) is not list or len(line) != len(TYPES):
        raise Malformed("expected a list of time, kind, place and data")
    for name, value, kind in zip(("at", "kind", "where", "data"), line, TYPES, strict=True):
        if type(value) is not kind:
            raise typed.wrong(name, value, kind)
    event = Event(*line)
    kinds.check(event)
    return event
