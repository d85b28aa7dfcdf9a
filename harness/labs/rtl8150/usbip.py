"""The messages of USB/IP between a host controller and a device (usbip_protocol.rst, v1.1.1).

Every message is 48 bytes, big endian; the data of a transfer out follows its request, and that
of a transfer in its answer. Isochronous transfers are not supported.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import LabError

CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
IN = 1  # the direction of a transfer; 0 is out
HEAD_BYTES = 48
LARGEST = 1 << 20  # bytes of a transfer; no driver of a network adapter asks for as many

SUBMIT = struct.Struct(">5IIiiii8s")
UNLINK = struct.Struct(">5II24x")
SUBMITTED = struct.Struct(">5Iiiiii8x")
UNLINKED = struct.Struct(">5Ii24x")


@dataclass(frozen=True, slots=True)
class Submit:
    """A transfer that the host requests; `interval` in frames of 1 ms, for interrupt pipes."""

    number: int
    endpoint: int
    inwards: bool
    length: int
    interval: int
    setup: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Unlink:
    """The host cancels the transfer numbered `victim`."""

    number: int
    victim: int


class RequestReader:
    """Splits a stream of bytes into requests."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Submit | Unlink]:
        """Yield the complete requests; raises LabError for an invalid one."""
        self._rest += data
        while len(self._rest) >= HEAD_BYTES:
            request = _request(bytes(self._rest[:HEAD_BYTES]))
            follows = 0
            if isinstance(request, Submit) and not request.inwards:
                follows = request.length
            if len(self._rest) < HEAD_BYTES + follows:
                return
            data = bytes(self._rest[HEAD_BYTES : HEAD_BYTES + follows])
            del self._rest[: HEAD_BYTES + follows]
            yield _with(request, data)


def _request(head: bytes) -> Submit | Unlink:
    command = struct.unpack_from(">I", head)[0]
    if command == CMD_UNLINK:
        _, number, _, _, _, victim = UNLINK.unpack(head)
        return Unlink(number, victim)
    if command != CMD_SUBMIT:
        raise LabError(
            f"USB/IP message {command} came from the host, expected {CMD_SUBMIT} or {CMD_UNLINK}",
            hint="the stream is out of step: the message before it may be wrong",
        )
    _, number, _, way, endpoint, _, length, _, _, interval, setup = SUBMIT.unpack(head)
    if not 0 <= length <= LARGEST:
        raise LabError(
            f"a USB transfer of {length} bytes was asked for, expected at most {LARGEST}",
            hint="the stream is out of step: the message before it may be wrong",
        )
    return Submit(number, endpoint, way == IN, length, interval, setup)


def _with(request: Submit | Unlink, data: bytes) -> Submit | Unlink:
    if isinstance(request, Unlink) or not data:
        return request
    same = (request.number, request.endpoint, request.inwards, request.length)
    return Submit(*same, request.interval, request.setup, data)


def submitted(request: Submit, data: bytes = b"", *, status: int = 0) -> bytes:
    """Return the answer to a transfer: the data it brought, or an errno as `status`."""
    data = data[: request.length] if request.inwards else b""
    length = len(data) if request.inwards else request.length
    done = 0 if status else length
    return SUBMITTED.pack(RET_SUBMIT, request.number, 0, 0, 0, -status, done, 0, 0, 0) + data


def unlinked(request: Unlink, *, found: bool) -> bytes:
    """Return the answer to an unlink: whether the transfer was still waiting."""
    status = -errno.ECONNRESET if found else 0
    return UNLINKED.pack(RET_UNLINK, request.number, 0, 0, 0, status)
