"""Probes: numbered ICMP echo in both directions, captured where sent, at the far end and back.

Each probe is captured at both ends, which distinguishes a lost request from a lost reply. One tick
of the loop sends one probe in each direction; arrivals are read from packet rings without a system
call.

A probe has arrived if the machine's IP stack accepted it: its packet type is PACKET_HOST, at the
device that passes frames to IP (the bond or the bridge on top of it, not a slave: a bond may
discard a frame of a slave). A request that was answered was accepted, on whichever device.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import NamedTuple

from harness.history import Event
from harness.lab import Sender
from harness.loop import now
from harness.topology import DUT

MAGIC = b"nfh-probe\0"
IDENT = {"out": 0x6E66, "in": 0x6E67}
DIRECTION = {ident: direction for direction, ident in IDENT.items()}
ECHO_REPLY, ECHO_REQUEST = 0, 8
HEADER = struct.Struct("!BBHHH")
# By identifier and type: the direction of a probe, and whether it is the reply.
LEGS = {
    (ident, kind): (direction, kind == ECHO_REPLY)
    for ident, direction in DIRECTION.items()
    for kind in (ECHO_REPLY, ECHO_REQUEST)
}
ICMP_AT, BODY_AT = 34, 42
BODY_END = BODY_AT + len(MAGIC)
WHOLE = struct.Struct(f"!BxxxHxx{len(MAGIC)}xI")  # from ICMP_AT: type, identifier, number
GIVEN_UP = 20  # probe intervals after which an answer no longer comes
STEADY = 3  # replies in a row that make a path good


@dataclass(slots=True)
class Probe:
    """The course of one probe; all times in ns, None if it did not happen.

    `via` is the first slave it crossed; `crossed` is the slave of each bond it crossed.
    `answered` is when its reply was first captured. `discarded` is the leg (request or reply) that
    last reached its destination without being accepted, and the device that received it.
    """

    sent: int
    request: int | None = None
    reply: int | None = None
    via: str | None = None
    copies: int = 0
    error: str | None = None
    crossed: dict[str, str] = field(default_factory=dict)
    answered: int | None = None
    discarded: tuple[str, str] | None = None

    def data(self, seq: int) -> dict[str, object]:
        """Return the fields of a probe's event; `seq` is its number."""
        request = self.request
        if request is None:  # answered, so accepted, at the latest when it was answered
            request = self.reply if self.answered is None else self.answered
        data: dict[str, object] = {
            "seq": seq,
            "sent": self.sent,
            "request": request,
            "reply": self.reply,
            "via": self.via,
            "copies": self.copies,
            "error": self.error,
        }
        if len(self.crossed) > 1:
            data["crossed"] = list(self.crossed.values())
        missing = "request" if request is None else "reply" if self.reply is None else ""
        if self.discarded is not None and self.discarded[0] == missing:
            data["discarded"] = self.discarded[1]
        return data


class Echo(NamedTuple):
    """A probe as read from a frame: its stream, whether it is the reply, and its number."""

    direction: str
    is_reply: bool
    seq: int

    @property
    def leg(self) -> str:
        """The name of this half of the round trip."""
        return "reply" if self.is_reply else "request"


@dataclass(slots=True)
class ProbeStream:
    """The probes of one direction: `out` from the path's first machine, `in` from its second.

    A frame may be captured before its sender's host reports it as sent: `early` has such probes.
    """

    direction: str
    machine: str
    sender: Sender
    to: str
    probes: list[Probe] = field(default_factory=list)
    early: dict[int, Probe] = field(default_factory=dict)

    def start(self, every: int, at: int) -> None:
        """Send a probe each `every` ns, the first at a time in ns."""
        self.sender.repeat(every, echo(IDENT[self.direction]), self.to, at)

    def take(self) -> None:
        """Add the probes that were sent since the last call."""
        for at, _, refused in self.sender.sent():
            probe = self.early.pop(len(self.probes), None) or Probe(at)
            probe.sent = at
            if refused:  # no carrier, no route, a full queue: recorded
                probe.error = errno.errorcode.get(refused, str(refused))
            self.probes.append(probe)

    def probe(self, seq: int) -> Probe:
        """Return the probe with a number; one that is not known to be sent yet is kept."""
        if seq < len(self.probes):
            return self.probes[seq]
        return self.early.setdefault(seq, Probe(0))

    def steady(self, since: int) -> bool:
        """Return whether the last probes sent before a time in ns were all answered."""
        judged = [probe for probe in self.probes[-(STEADY + 5) :] if probe.sent <= since]
        return len(judged) >= STEADY and all(probe.reply is not None for probe in judged[-STEADY:])

    def answered(self, since: int, until: int) -> bool:
        """Return whether probes were sent between two times in ns, and all of them answered."""
        judged = [probe for probe in self.probes if since <= probe.sent <= until]
        return bool(judged) and all(probe.reply is not None for probe in judged)

    def under_way(self, every: int) -> bool:
        """Return whether one of the last probes has no answer yet; older ones are lost."""
        since = now() - GIVEN_UP * every
        last = takewhile(lambda probe: probe.sent > since, reversed(self.probes))
        return any(probe.reply is None and probe.error is None for probe in last)

    def pauses(self, since: int, every: int) -> list[int]:
        """Return by how many ns each probe since a time was late, and the next one is by now."""
        times = [since, *(probe.sent for probe in self.probes if probe.sent > since), now()]
        return [max(0, after - before - every) for before, after in pairwise(times)]

    def events(self) -> Iterator[Event]:
        """Yield one event for each probe sent."""
        for seq, probe in enumerate(self.probes):
            yield Event(probe.sent, "probe", self.direction, probe.data(seq))


def echo(ident: int) -> bytes:
    """Return an ICMP echo request (RFC 792) in which the sender sets the number.

    The sender writes the full number after MAGIC, its low 16 bits into the header's sequence
    number, and the checksum.
    """
    return HEADER.pack(ECHO_REQUEST, 0, 0, ident, 0) + MAGIC + b"\0\0\0\0" + b"\0\0"


def read_echo(frame: bytes) -> Echo | None:
    """Return the probe that a frame carries, None for any other frame."""
    if frame[BODY_AT:BODY_END] != MAGIC or frame[12:14] != b"\x08\x00":
        return None
    if len(frame) < ICMP_AT + WHOLE.size:
        return None
    kind, ident, seq = WHOLE.unpack_from(frame, ICMP_AT)
    leg = LEGS.get((ident, kind))
    return None if leg is None else Echo(*leg, seq)


class Tracker:
    """Follows the probes of both streams through the captured frames.

    `first` is the machine that sends the stream `out`.
    """

    def __init__(self, streams: dict[str, ProbeStream], first: str = DUT) -> None:
        self.streams = streams
        self._first = first
        self._below: dict[str, tuple[Echo, str]] = {}

    def at_port(self, echo: Echo, at: int, link: str, bond: str | None) -> None:
        """Note a probe that entered a switch, by a link of a bond if `bond` is given."""
        probe = self._probe(echo)
        if probe is None:
            return
        if bond is not None:
            _cross(probe, bond, link)
        if echo.is_reply and probe.answered is None:
            probe.answered = at

    def at_slave(self, echo: Echo, link: str, bond: str) -> None:
        """Note a probe that a slave received; the bond may still discard the frame."""
        self._below[bond] = echo, link
        self.discarded(echo, DUT, link)

    def at_bond(self, echo: Echo, bond: str) -> None:
        """Note a probe that a bond received, by the slave that received it just before."""
        below, link = self._below.pop(bond, (None, ""))
        probe = self._probe(echo)
        if probe is not None and below == echo:
            _cross(probe, bond, link)

    def accepted(self, echo: Echo, machine: str, at: int) -> None:
        """Note a probe that a machine's stack accepted."""
        probe = self._probe(echo)
        if probe is None or not self._ends(echo, machine):
            return
        if getattr(probe, echo.leg) is None:
            setattr(probe, echo.leg, at)
        else:
            probe.copies += 1

    def discarded(self, echo: Echo, machine: str, device: str) -> None:
        """Note a probe that reached a device of its destination, but not the IP stack."""
        probe = self._probe(echo)
        if probe is not None and self._ends(echo, machine):
            probe.discarded = echo.leg, device

    def _ends(self, echo: Echo, machine: str) -> bool:
        """Return whether a leg ends at a machine: a request at the peer, a reply at the sender."""
        return (machine == self._first) == (echo.is_reply == (echo.direction == "out"))

    def _probe(self, echo: Echo) -> Probe | None:
        stream = self.streams.get(echo.direction)
        return None if stream is None else stream.probe(echo.seq)


def _cross(probe: Probe, bond: str, link: str) -> None:
    probe.via = probe.via or link
    probe.crossed.setdefault(bond, link)
