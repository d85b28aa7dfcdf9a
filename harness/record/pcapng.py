"""A recording's frames as a capture file, for Wireshark and tshark: pcapng, one interface a port.

Frames are appended while the recording goes on, so that the file is readable if the process
dies: at each drain, or where it is kept only for a failure, at each fault and in parts.
The file's clock is the history's, in ns: time 0 is where history.jsonl has it. Faults are packets
of an interface named "faults", with the text as comment.
Format: draft-ietf-opsawg-pcapng. Scapy's writer keeps microseconds.
"""

from __future__ import annotations

import os
import struct
from functools import cache
from operator import itemgetter
from pathlib import Path

from harness.errors import LabError
from harness.lab import TAGGED, Seen

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6  # types of blocks
BYTE_ORDER, ANY_LENGTH = 0x1A2B3C4D, 0xFFFFFFFFFFFFFFFF
COMMENT, NAME, RESOLUTION, FLAGS = 1, 2, 9, 2  # options of blocks (each method has the block)
APPLICATION = 4  # option of a section: the program that wrote it
ETHERNET, USER0 = 1, 147  # LINKTYPE_ETHERNET, and LINKTYPE_USER0 for the texts of faults
SNAP = 128  # bytes kept of a frame
INBOUND = 1
RECEPTION = {0: 1 << 2, 1: 3 << 2, 2: 2 << 2, 3: 4 << 2}  # by packet type, see packet(7)
SYNC_EVERY = 1 << 16  # bytes
PART = 1000  # frames that a capture keeps in memory if it is not written at each drain
LOW = 0xFFFFFFFF
END = struct.Struct("=II")  # of a packet's block: end of its options, length
HEAD = struct.Struct("=III")  # of a packet's block: type, length, interface
TIME = struct.Struct("=II")  # behind it: the time
SIZES = struct.Struct("=II")  # behind that: how much of the frame was kept, and its length

FAULTS = "faults"


class Capture:
    """A capture file of one recording, open until `close`.

    `start` is the time in ns, on the tester's clock, that is 0 in the file. `sync` says that the
    kernel writes behind, as hostfs does: then a fault is on disk with all that was before it.
    With `every_frame` all frames are wanted, and written at each `flush`; else those that the
    recording needs, and fewer writes will do.
    """

    def __init__(
        self, path: Path, start: int, *, sync: bool = False, every_frame: bool = True
    ) -> None:
        """Begin the file; raises LabError."""
        self._path, self._start, self._sync = path, start, sync
        self.every_frame = every_frame
        self._urgent = every_frame
        self._interfaces: dict[str, int] = {}
        self._forms: dict[tuple[str, int, int, bytes], tuple[bytes, bytes, bytes]] = {}
        self._pending: list[tuple[int, str, bytes, bytes]] = []
        self._unsynced = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise self._unwritten(error) from error
        head = struct.pack("=IHHQ", BYTE_ORDER, 1, 0, ANY_LENGTH)
        self._blocks = [_block(SECTION, head + _option(APPLICATION, b"network failover harness"))]
        self._interface(FAULTS)
        if every_frame:
            self._write()

    def frame(self, frame: Seen, port: str) -> None:
        """Add a captured frame; it is written by `flush`."""
        self._pending.append((frame.at, port, frame.data, _received_as(frame.kind)))

    def fault(self, at: int, text: str) -> None:
        """Add a fault; it is written by `flush`, and synced."""
        self._urgent = True
        data = text.encode()
        self._pending.append((at, FAULTS, data, _option(COMMENT, data)))

    def flush(self) -> None:
        """Write what was added, in order of time, if it is due; raises LabError."""
        if self._urgent or len(self._pending) > PART:
            self._write_pending()
            self._urgent = self.every_frame

    def _write_pending(self) -> None:
        if not (self._pending or self._blocks):
            return
        self._pending.sort(key=itemgetter(0))
        forms, start = self._forms, self._start
        for at, port, data, options in self._pending:
            size = len(data)
            whole = size if size < SNAP or port == FAULTS else max(size, _on_the_wire(data))
            key = port, size, whole, options
            form = forms.get(key) or self._form(*key)
            since = max(at - start, 0)
            self._blocks += (form[0], TIME.pack(since >> 32, since & LOW), form[1], data, form[2])
        faults = any(port == FAULTS for _, port, _, _ in self._pending)
        self._pending = []
        self._write()
        if self._sync and (faults or self._unsynced > SYNC_EVERY):
            os.sync()
            self._unsynced = 0

    def _form(
        self, port: str, size: int, whole: int, options: bytes
    ) -> tuple[bytes, bytes, bytes]:
        """Return a packet's block without time and data: frames of a port are mostly alike."""
        if port not in self._interfaces:
            self._interface(port)
        rest = bytes(-size % 4) + options
        length = HEAD.size + TIME.size + SIZES.size + size + len(rest) + END.size
        head = HEAD.pack(PACKET, length, self._interfaces[port])
        form = head, SIZES.pack(size, whole), rest + END.pack(0, length)
        self._forms[port, size, whole, options] = form
        return form

    def close(self) -> None:
        """Write the rest and close the file."""
        if not self._file.closed:
            with self._file:
                self._write_pending()

    def _interface(self, name: str) -> None:
        """Give an interface its number, and describe it."""
        self._interfaces[name] = len(self._interfaces)
        link, snap = (USER0, 0) if name == FAULTS else (ETHERNET, SNAP)
        options = _option(NAME, name.encode()) + _option(RESOLUTION, b"\x09")
        self._blocks.append(_block(INTERFACE, struct.pack("=HHI", link, 0, snap) + options))

    def _write(self) -> None:
        data, self._blocks = b"".join(self._blocks), []
        try:
            self._file.write(data)
        except OSError as error:
            self._file.close()
            self._pending = []
            raise self._unwritten(error) from error
        self._unsynced += len(data)

    def _unwritten(self, error: OSError) -> LabError:
        return LabError(
            f"{self._path} cannot be written: {error.strerror}",
            hint="free space, or keep recordings elsewhere: --results DIR",
        )


@cache
def _received_as(kind: int) -> bytes:
    """Return the option of a packet with its direction and reception, by its packet type."""
    flags = INBOUND | RECEPTION.get(kind & ~TAGGED, 0)
    return _option(FLAGS, struct.pack("=I", flags))


def _on_the_wire(frame: bytes) -> int:
    """Return the length of a frame that may have been cut, where it carries IPv4 or IPv6."""
    if frame[12:14] == b"\x08\x00":
        return 14 + int.from_bytes(frame[16:18], "big")
    if frame[12:14] == b"\x86\xdd":
        return 54 + int.from_bytes(frame[18:20], "big")
    return len(frame)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("=HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    """Return a block; its options, if any, end its body."""
    length = struct.pack("=I", len(body) + 16)
    return struct.pack("=I", kind) + length + body + b"\0\0\0\0" + length
