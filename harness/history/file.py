"""Histories as files of JSON lines: the header first, then one event a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.history import kinds, typed
from harness.history.about import About
from harness.history.events import Event, History
from harness.history.format1 import upgraded
from harness.history.typed import Malformed
from harness.whole_file import replacing

FORMAT = 2
SHAPE = "a history.jsonl is an object, then lines of [at, kind, where, data]"
TYPES = (int, str, str, dict)
_encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps makes one for each line


def header(about: About) -> dict[str, Any]:
    """Return the first line of a file."""
    return {"format": FORMAT, **asdict(about)}


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
    with replacing(path, path.with_suffix(".part"), hint=hint, parents=True) as file:
        file.write(json.dumps(header(history.about)) + "\n")
        lines = ([event.at, event.kind, event.where, dict(event.data)] for event in history.events)
        for line in lines:
            file.write(_encode(line) + "\n")


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
