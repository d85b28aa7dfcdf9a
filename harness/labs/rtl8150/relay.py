"""The DUT's end of the adapters' USB cables: USB/IP of its controller, over one pipe.

It is sent to a DUT (Python 3.6, without the harness) and ends with its standard input: the kernel
then finds all adapters unplugged. Each message, either way, is HEAD (kind, number of the cable,
bytes of data) and its data:

    ATTACH  to it: attach a device with a new cable; from it: done, the data is the port's number
    FAILED  from it: no device was attached; the data is the reason
    DATA    USB/IP, as it is
    UNPLUG  to it: close the cable; from it: the kernel has closed it
"""

from __future__ import annotations

import os
import select
import socket
import struct

from harness.labs.rtl8150.controller import attach

HEAD = struct.Struct("!cBI")
ATTACH, FAILED, DATA, UNPLUG = b"A", b"F", b"D", b"U"
ROOM = 1 << 16


def message(kind: bytes, cable: int, data: bytes = b"") -> bytes:
    """Return a message."""
    return HEAD.pack(kind, cable, len(data)) + data


class MessageReader:
    """Splits a stream of bytes into messages."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[tuple[bytes, int, bytes]]:
        """Return the messages that are complete now: kind, cable, data."""
        self._pending += data
        found = []
        while len(self._pending) >= HEAD.size:
            kind, cable, length = HEAD.unpack_from(self._pending)
            end = HEAD.size + length
            if len(self._pending) < end:
                break
            found.append((kind, cable, self._pending[HEAD.size : end]))
            self._pending = self._pending[end:]
        return found


class Relay:
    """Cables by their numbers, between a pair of descriptors and the kernel."""

    def __init__(self, read_from: int = 0, write_to: int = 1) -> None:
        self.cables: dict[int, socket.socket] = {}
        self._in = read_from
        self._out = write_to
        self._reader = MessageReader()

    def run(self) -> None:
        """Relay until the input ends."""
        while True:
            sources: list[int | socket.socket] = [self._in, *self.cables.values()]
            ready, _, _ = select.select(sources, [], [])
            if self._in in ready:
                data = os.read(self._in, ROOM)
                if not data:
                    return
                for kind, cable, what in self._reader.feed(data):
                    self._obey(kind, cable, what)
            for cable, sock in list(self.cables.items()):
                if sock in ready:
                    self._from_kernel(cable, sock)

    def _obey(self, kind: bytes, cable: int, data: bytes) -> None:
        if kind == ATTACH:
            try:
                self.cables[cable], port = attach()
                self._say(ATTACH, cable, str(port).encode())
            except OSError as error:
                self._say(FAILED, cable, (error.strerror or "no reason").encode())
        elif cable in self.cables and kind == DATA:
            try:
                self.cables[cable].sendall(data)
            except OSError:
                self._closed(cable)
        elif cable in self.cables:
            self.cables.pop(cable).close()

    def _from_kernel(self, cable: int, sock: socket.socket) -> None:
        try:
            data = sock.recv(ROOM)
        except OSError:
            data = b""
        if data:
            self._say(DATA, cable, data)
        elif cable in self.cables:
            self._closed(cable)

    def _closed(self, cable: int) -> None:
        self.cables.pop(cable).close()
        self._say(UNPLUG, cable)

    def _say(self, kind: bytes, cable: int, data: bytes = b"") -> None:
        rest = message(kind, cable, data)
        while rest:
            rest = rest[os.write(self._out, rest) :]


if __name__ == "__main__":
    Relay().run()
