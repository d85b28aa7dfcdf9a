"""A file that has which cables are cut, for the process that connects them after a killed run."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Connecting:
    """How a cable is connected again: a switch port to be opened, or a shell command."""

    port: str = ""
    command: str = ""


class CutRecord:
    """The record of a run; it is locked for as long as the process that cuts cables lives."""

    def __init__(self, path: Path) -> None:
        """Lock the file; raises OSError if another process has it."""
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def cut(self, how: Connecting) -> None:
        """Note that a cable is about to be cut."""
        self._write(how, cut=True)

    def connected(self, how: Connecting) -> None:
        """Note that it is connected again."""
        self._write(how, cut=False)

    def close(self) -> None:
        """Unlock the file."""
        os.close(self._fd)

    def _write(self, how: Connecting, *, cut: bool) -> None:
        os.write(self._fd, (json.dumps({"cut": cut, **asdict(how)}) + "\n").encode())


def still_cut(lines: Iterable[str]) -> list[Connecting]:
    """Return how to connect those cables that a record's lines leave cut, in their order."""
    found: dict[Connecting, None] = {}
    for line in lines:
        data = json.loads(line)
        how = Connecting(data["port"], data["command"])
        if data["cut"]:
            found[how] = None
        else:
            found.pop(how, None)
    return list(found)
