"""An agent's process on another machine, behind a channel of an SSH connection."""

from __future__ import annotations

import contextlib
import errno

import paramiko

from harness.labs.agent.pipe import ROOM, ending

CLOSE_WITHIN = 1.0  # seconds for an agent to end by itself


class SshPipe:
    """The channel in which an agent was started."""

    def __init__(self, channel: paramiko.Channel, timeout: float) -> None:
        """Take over a channel; a write may take `timeout` seconds."""
        self._channel = channel
        self._errors = b""
        channel.settimeout(timeout)

    def fileno(self) -> int:
        """Return a descriptor that can be read when the agent has written something."""
        return int(self._channel.fileno())

    def read(self) -> bytes | None:
        """Return what the agent has written, b"" at its end; raises OSError.

        None for error output, such as `sudo: unable to resolve host`.
        """
        self._take_errors()
        channel = self._channel
        if not (channel.recv_ready() or channel.eof_received or channel.closed):
            return None
        return bytes(channel.recv(ROOM))

    def write(self, data: bytes) -> None:
        """Write to the agent's input; raises OSError."""
        try:
            self._channel.sendall(data)
        except (
            EOFError,
            paramiko.SSHException,
        ) as error:  # of a connection that has just been lost
            raise BrokenPipeError(
                errno.EPIPE, str(error) or "the SSH connection is lost"
            ) from error

    def ending(self) -> str:
        """Return how the agent ended, "" if the connection was lost first."""
        if not self._channel.status_event.wait(CLOSE_WITHIN):
            return ""
        status = self._channel.recv_exit_status()
        if status == -1:
            return ": the SSH connection is lost"
        self._take_errors()
        return ending(status, self._errors)

    def _take_errors(self) -> None:
        while self._channel.recv_stderr_ready():
            self._errors = (self._errors + self._channel.recv_stderr(ROOM))[-ROOM:]

    def close(self) -> None:
        """End the agent's input, wait briefly for its end, and close the channel."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.shutdown_write()
            self._channel.status_event.wait(CLOSE_WITHIN)
            self._channel.close()
