"""Standard input and output of a program that a lab has started on some machine."""

from __future__ import annotations

import os
import select
import subprocess
from typing import Protocol

ROOM = 1 << 16


class Stdio(Protocol):
    """Standard input and output of a running program."""

    def write(self, data: bytes) -> None:
        """Write to it; raises OSError."""

    def read(self, within: float) -> bytes:
        """Return its output within some s, b"" for none or at its end."""

    def close(self) -> None:
        """End its input."""


class LocalStdio:
    """A program of this machine."""

    def __init__(self, argv: list[str]) -> None:
        """Start it; raises OSError."""
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,  # not in the process group of Ctrl-C
        )

    def write(self, data: bytes) -> None:
        """Write to it; raises OSError."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def read(self, within: float) -> bytes:
        """Return its output within some s, b"" for none or at its end."""
        assert self._process.stdout is not None
        number = self._process.stdout.fileno()
        ready, _, _ = select.select([number], [], [], within)
        return os.read(number, ROOM) if ready else b""

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
