"""Numbered ICMP echo in both directions: what is sent, what reaches the far end, what comes back.

Each probe is seen at both ends, so a lost request is told from a lost reply. One tick of the loop
sends one probe each way; arrivals are read from the taps' rings without a system call.

A probe has arrived where the machine's stack accepted it: the kernel marked it as for this host,
at the device that hands frames to IP (the bond or the bridge over it, not a slave: what a bond
discards never gets that far). A request that was answered was accepted, wherever it came in.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.history import Event
from harness.lab import Sender
from harness.topology import DUT

MAGIC = b"nfh-probe\0"
IDENT = {"out": 0x6E66, "in": 0x6E67}
DIRECTION = {ident: direction for direction, ident in IDENT.items()}
ECHO_REPLY, ECHO_REQUEST = 0, 8
HEADER = struct.Struct("!BBHHH")
ICMP_AT, BODY_AT = 34, 42
STEADY = 3  # answers in a row that make a path good


@dataclass(slots=True)
class Probe:
    """One probe's fate; all times in ns, None for what never happened.

    `via` is the first slave it crossed; `crossed` names that of each bond where there are several.
    `answered` is when its reply was first seen on its way. `strayed` is the leg that last came to
    the machine it was for without being accepted, and the device that it came to.
    """

    sent: int
    request: int | None = None
    reply: int | None = None
    via: str | None = None
    copies: int = 0
    error: str | None = None
    crossed: dict[str, str] = field(default_factory=dict)
    answered: int | None = None
    strayed: tuple[str, str] | None = None

    def data(self, seq: int) -> dict[str, object]:
        """Return what the history keeps of the probe with a number."""
        request = self.request
        if request is None:  # answered, so accepted: the answer tells when at the latest
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
        if self.strayed is not None and self.strayed[0] == missing:
            data["discarded"] = self.strayed[1]
        return data


class Echo(NamedTuple):
    """What a frame says of a probe: its stream, whether it is the reply, and its number."""

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

    A frame may be seen before its sender's host has told that it was sent: `early` probes wait.
    """

    direction: str
    sender: Sender
    to: str
    probes: list[Probe] = field(default_factory=list)
    early: dict[int, Probe] = field(default_factory=dict)

    def start(self, every: int, at: int) -> None:
        """Send a probe each `every` ns from a time on."""
        self.sender.repeat(every, echo(IDENT[self.direction]), self.to, at)

    def take(self) -> None:
        """Note which probes were sent since the last call."""
        for at, _, refused in self.sender.sent():
            probe = self.early.pop(len(self.probes), None) or Probe(at)
            probe.sent = at
            if refused:  # no carrier, no route, a full queue: a fact to record
                probe.error = errno.errorcode.get(refused, str(refused))
            self.probes.append(probe)

    def probe(self, seq: int) -> Probe:
        """Return the probe with a number; one that is not known to be sent yet is kept."""
        if seq < len(self.probes):
            return self.probes[seq]
        return self.early.setdefault(seq, Probe(0))

    def steady(self, since: int) -> bool:
        """Tell whether the last few probes that are old enough to judge were all answered."""
        judged = [probe for probe in self.probes[-(STEADY + 5) :] if probe.sent <= since]
        return len(judged) >= STEADY and all(probe.reply is not None for probe in judged[-STEADY:])

    def events(self) -> Iterator[Event]:
        """Yield one event for each probe sent."""
        for seq, probe in enumerate(self.probes):
            yield Event(probe.sent, "probe", self.direction, probe.data(seq))


def echo(ident: int) -> bytes:
    """Return an ICMP echo request (RFC 792) with room for a number, which its sender puts in.

    The sender numbers it in full behind MAGIC and in the header's sequence number (16 bits), and
    sets the checksum.
    """
    return HEADER.pack(ECHO_REQUEST, 0, 0, ident, 0) + MAGIC + b"\0\0\0\0" + b"\0\0"


def read_echo(frame: bytes) -> Echo | None:
    """Return what a frame says that is one of our probes, else None."""
    if len(frame) < BODY_AT + len(MAGIC) + 4 or frame[12:14] != b"\x08\x00":
        return None
    kind, _, _, ident, _ = HEADER.unpack_from(frame, ICMP_AT)
    direction = DIRECTION.get(ident)
    if direction is None or kind not in (ECHO_REPLY, ECHO_REQUEST):
        return None
    if frame[BODY_AT : BODY_AT + len(MAGIC)] != MAGIC:
        return None
    (seq,) = struct.unpack_from("!I", frame, BODY_AT + len(MAGIC))
    return Echo(direction, kind == ECHO_REPLY, seq)


class Tracker:
    """Follows the probes of both streams through the frames that taps see.

    `first` is the machine that sends `out`.
    """

    def __init__(self, streams: dict[str, ProbeStream], first: str = DUT) -> None:
        self.streams = streams
        self._first = first
        self._below: dict[str, tuple[Echo, str]] = {}

    def sent(self, echo: Echo, at: int, link: str, bond: str | None) -> None:
        """Note a probe that entered a switch, over one of a bond's links if `bond` is given."""
        probe = self._probe(echo)
        if probe is None:
            return
        if bond is not None:
            _cross(probe, bond, link)
        if echo.is_reply and probe.answered is None:
            probe.answered = at

    def entered(self, echo: Echo, link: str, bond: str) -> None:
        """Note a probe that a slave received; the bond above it may yet discard the frame."""
        self._below[bond] = echo, link
        self.strayed(echo, DUT, link)

    def rose(self, echo: Echo, bond: str) -> None:
        """Note a probe that a bond received: over the slave that had it the moment before."""
        below, link = self._below.pop(bond, (None, ""))
        probe = self._probe(echo)
        if probe is not None and below == echo:
            _cross(probe, bond, link)

    def arrived(self, echo: Echo, machine: str, at: int) -> None:
        """Note a probe that a machine's stack accepted."""
        probe = self._probe(echo)
        if probe is None or not self._ends(echo, machine):
            return
        if getattr(probe, echo.leg) is None:
            setattr(probe, echo.leg, at)
        else:
            probe.copies += 1

    def strayed(self, echo: Echo, machine: str, device: str) -> None:
        """Note a probe that came to a device of the machine it is for, but not to its stack."""
        probe = self._probe(echo)
        if probe is not None and self._ends(echo, machine):
            probe.strayed = echo.leg, device

    def _ends(self, echo: Echo, machine: str) -> bool:
        """Tell whether a probe's leg ends at a machine: a request at the far end, a reply here."""
        return (machine == self._first) == (echo.is_reply == (echo.direction == "out"))

    def _probe(self, echo: Echo) -> Probe | None:
        stream = self.streams.get(echo.direction)
        return None if stream is None else stream.probe(echo.seq)


def _cross(probe: Probe, bond: str, link: str) -> None:
    probe.via = probe.via or link
    probe.crossed.setdefault(bond, link)
