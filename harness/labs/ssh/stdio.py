"""Standard input and output of a program on a machine that is reached by SSH."""

from __future__ import annotations

import paramiko

ROOM = 1 << 16


class RemoteStdio:
    """A program on the other end of an SSH connection."""

    def __init__(self, channel: paramiko.Channel) -> None:
        channel.set_combine_stderr(combine=True)
        self._channel = channel

    def write(self, data: bytes) -> None:
        """Write to it; raises OSError."""
        self._channel.sendall(data)

    def read(self, within: float) -> bytes:
        """Return its output within some s, b"" for none or at its end."""
        self._channel.settimeout(within)
        try:
            return bytes(self._channel.recv(ROOM))
        except TimeoutError:
            return b""

    def close(self) -> None:
        """End it."""
        self._channel.close()
