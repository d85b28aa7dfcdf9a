"""A virsh that stays connected: a command takes 2 ms instead of 110 ms.

Recordings wait for the command; a recording that waits for 100 ms cannot be judged.
"""

from __future__ import annotations

import time

from harness.errors import LabError
from harness.labs.by_command.stdio import Stdio

ANSWER = 10.0  # seconds for a command
ERROR = "error: "


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


def _lost(command: str, why: str) -> LabError:
    return LabError(
        f"virsh did not end `{command}` within {ANSWER:g} s: {why}",
        hint="check that libvirtd runs; the present recording cannot be used",
    )
