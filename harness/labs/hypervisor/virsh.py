"""A virsh that stays connected: a command takes 2 ms instead of 110 ms.

Recordings wait for the command; a recording that waits for 100 ms cannot be judged.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from typing import Protocol

from harness.errors import LabError

ANSWER = 10.0  # seconds for a command
ROOM = 1 << 16
ERROR = "error: "


class Stdio(Protocol):
    """Standard input and output of a program on the hypervisor's machine."""

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


class Virsh:
    """A running virsh."""

    def __init__(self, line: Stdio) -> None:
        self._line = line
        self._count = 0

    def do(self, command: str) -> str:
        """Execute a command; return its error, "" for none.

        Raises LabError where virsh has ended or hangs.
        """
        self._count += 1
        end = f"harness-{self._count}"
        try:
            self._line.write(f"{command}\necho {end}\n".encode())
        except OSError as error:
            raise _lost(command, error.strerror or str(error)) from error
        lines = self._answer(command, end)
        return next((line.removeprefix(ERROR) for line in lines if line.startswith(ERROR)), "")

    def _answer(self, command: str, end: str) -> list[str]:
        """Return the lines up to the last one, without the echo of the commands."""
        output, until = b"", time.monotonic() + ANSWER
        while end not in (lines := output.decode(errors="replace").splitlines()):
            data = self._line.read(max(0.0, until - time.monotonic()))
            if not data:
                raise _lost(command, lines[-1] if lines else "no output")
            output += data
        return lines

    def close(self) -> None:
        """End it."""
        self._line.close()


def _lost(command: str, why: str) -> LabError:
    return LabError(
        f"virsh did not end `{command}` within {ANSWER:g} s: {why}",
        hint="check that libvirtd runs; the present recording cannot be used",
    )
