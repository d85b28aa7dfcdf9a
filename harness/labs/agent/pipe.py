"""The pipe to an agent: a process of this machine, or another lab's transport."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from typing import Protocol

from harness.errors import LabError

ROOM = 1 << 16
WORDS = 200  # characters of errors or of invalid output that are shown


class AgentLost(LabError):
    """An agent has ended, does not answer, or sent invalid output; names the host."""


class Pipe(Protocol):
    """Standard input, output and errors of an agent's process."""

    def fileno(self) -> int:
        """Return the descriptor that can be read when the agent has written something."""

    def read(self) -> bytes | None:
        """Return what the agent has written, b"" at its end, None for nothing; raises OSError."""

    def write(self, data: bytes) -> None:
        """Write to the agent's input; raises OSError."""

    def ending(self) -> str:
        """Return how the agent ended and its error output, "" if unknown."""

    def close(self) -> None:
        """End the agent: close its input, and kill the process if it does not exit."""


class ProcessPipe:
    """An agent that is a process of this machine."""

    def __init__(self, host: str, command: Sequence[str]) -> None:
        """Start it; raises AgentLost where the program cannot be started."""
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise AgentLost(
                f"no agent could be started on {host}: {error.strerror}",
                hint=f"`{command[0]}` must be a program there",
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._errors = self._process.stderr

    def fileno(self) -> int:
        """Return the descriptor of its output."""
        return self._output.fileno()

    def read(self) -> bytes:
        """Return what it has written, b"" at its end, also where the pipe has been closed."""
        return b"" if self._output.closed else os.read(self.fileno(), ROOM)

    def write(self, data: bytes) -> None:
        """Write to its input; raises OSError."""
        self._input.write(data)
        self._input.flush()

    def ending(self) -> str:
        """Return how it ended, "" where it has not."""
        with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
            self._process.wait(1)
            return ending(self._process.returncode, self._errors.read(ROOM))
        return ""

    def close(self) -> None:
        """Close its pipes, and kill it if it does not exit."""
        for pipe in (self._input, self._output, self._errors):
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def ending(status: int, errors: bytes) -> str:
    """Return a text for an exit status (negative: a signal) and the last error output."""
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    output = errors.decode(errors="replace").strip()
    return f" with {how}{': ' + output[-WORDS:] if output else ''}"
