"""Numbered ICMP echo in both directions: what is sent, what reaches the far end, what comes back.

Each probe is seen at both ends, so a lost request is told from a lost reply. One tick of the loop
sends one probe each way; arrivals are read from the taps' rings without a system call.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.history import Event
from harness.topology import DUT

MAGIC = b"nfh-probe\0"
IDENT = {"out": 0x6E66, "in": 0x6E67}
DIRECTION = {ident: direction for direction, ident in IDENT.items()}
ECHO_REPLY, ECHO_REQUEST = 0, 8
SOL_RAW, ICMP_FILTER = 255, 1
NOTHING = struct.pack("=I", 0xFFFFFFFF)
HEADER = struct.Struct("!BBHHH")
ICMP_AT, BODY_AT = 34, 42
STEADY = 3  # answers in a row that make a path good


@dataclass(slots=True)
class Probe:
    """One probe's fate; all times in ns, None for what never happened.

    `via` is the first slave it crossed; `crossed` names that of each bond where there are several.
    """

    sent: int
    request: int | None = None
    reply: int | None = None
    via: str | None = None
    copies: int = 0
    error: str | None = None
    crossed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stream:
    """The probes of one direction: `out` from the path's first machine, `in` from its second."""

    direction: str
    sock: socket.socket
    to: str
    probes: list[Probe] = field(default_factory=list)

    def send(self, at: int) -> None:
        """Send the next probe."""
        seq = len(self.probes)
        probe = Probe(at)
        self.probes.append(probe)
        try:
            self.sock.sendto(echo(IDENT[self.direction], seq), (self.to, 0))
        except OSError as error:  # no carrier, no route, a full queue: a fact to record
            probe.error = errno.errorcode.get(error.errno or 0, str(error))

    def steady(self, since: int) -> bool:
        """Tell whether the last few probes that are old enough to judge were all answered."""
        judged = [probe for probe in self.probes[-(STEADY + 5) :] if probe.sent <= since]
        return len(judged) >= STEADY and all(probe.reply is not None for probe in judged[-STEADY:])

    def events(self) -> Iterator[Event]:
        """Yield one event for each probe sent."""
        for seq, probe in enumerate(self.probes):
            data: dict[str, object] = {
                "seq": seq,
                "sent": probe.sent,
                "request": probe.request,
                "reply": probe.reply,
                "via": probe.via,
                "copies": probe.copies,
                "error": probe.error,
            }
            if len(probe.crossed) > 1:
                data["crossed"] = list(probe.crossed.values())
            yield Event(probe.sent, "probe", self.direction, data)


def prepare(sock: socket.socket) -> socket.socket:
    """Return a raw ICMP socket made ready: it only sends, and never waits."""
    sock.setsockopt(SOL_RAW, ICMP_FILTER, NOTHING)
    sock.setblocking(False)
    return sock


def echo(ident: int, seq: int) -> bytes:
    """Return an ICMP echo request (RFC 792) that carries its number in full."""
    body = MAGIC + struct.pack("!I", seq) + b"\0\0"
    head = HEADER.pack(ECHO_REQUEST, 0, 0, ident, seq & 0xFFFF)
    return HEADER.pack(ECHO_REQUEST, 0, checksum(head + body), ident, seq & 0xFFFF) + body


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def read_echo(frame: bytes) -> tuple[str, bool, int] | None:
    """Return (direction, is a reply, number) of a frame that is one of our probes, else None."""
    if len(frame) < BODY_AT + len(MAGIC) + 4 or frame[12:14] != b"\x08\x00":
        return None
    kind, _, _, ident, _ = HEADER.unpack_from(frame, ICMP_AT)
    direction = DIRECTION.get(ident)
    if direction is None or kind not in (ECHO_REPLY, ECHO_REQUEST):
        return None
    if frame[BODY_AT : BODY_AT + len(MAGIC)] != MAGIC:
        return None
    (seq,) = struct.unpack_from("!I", frame, BODY_AT + len(MAGIC))
    return direction, kind == ECHO_REPLY, seq


class Tracker:
    """Follows the probes of both streams through the frames that taps see.

    `first` is the machine that sends `out`.
    """

    def __init__(self, streams: dict[str, Stream], first: str = DUT) -> None:
        self.streams = streams
        self._first = first

    def crossed(self, frame: bytes, link: str, bond: str = "") -> bool:
        """Note which of a bond's links a probe crossed; tell whether the frame was a probe."""
        seen = read_echo(frame)
        if seen is None:
            return False
        probe = self._probe(seen[0], seen[2])
        if probe is not None:
            probe.via = probe.via or link
            if bond:
                probe.crossed.setdefault(bond, link)
        return True

    def arrived(self, frame: bytes, machine: str, at: int) -> bool:
        """Note that a frame was delivered to a machine; tell whether the frame was a probe."""
        seen = read_echo(frame)
        if seen is None:
            return False
        direction, is_reply, seq = seen
        # A request ends at the far end and a reply at its sender.
        if (machine == self._first) != (is_reply == (direction == "out")):
            return True
        probe = self._probe(direction, seq)
        if probe is None:
            return True
        leg = "reply" if is_reply else "request"
        if getattr(probe, leg) is None:
            setattr(probe, leg, at)
        else:
            probe.copies += 1
        return True

    def _probe(self, direction: str, seq: int) -> Probe | None:
        stream = self.streams.get(direction)
        if stream is None or seq >= len(stream.probes):
            return None
        return stream.probes[seq]
