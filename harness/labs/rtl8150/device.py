"""The adapter at the end of its USB cable: pending transfers, and faults.

It takes requests and gives answers as bytes, and returns when its next interrupt packet is due; it
uses no sockets and no clock. All times in ns.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.labs.rtl8150 import descriptors, usbip
from harness.labs.rtl8150.chip import Chip
from harness.labs.rtl8150.usbip import Submit, Unlink
from harness.units import MS

CONTROL, BULK_IN, BULK_OUT, INTERRUPT = 0, 1, 2, 3  # endpoint numbers
VENDOR_IN, VENDOR_OUT, REGISTERS = 0xC0, 0x40, 5
INWARDS, STANDARD, KIND = 0x80, 0x00, 0x60
GET_STATUS, CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR = 0, 1, 3, 6
SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE = 9, 10, 11
OBEYED = {CLEAR_FEATURE, SET_FEATURE, SET_CONFIGURATION, SET_INTERFACE}
FIXED = {GET_STATUS: b"\0\0", GET_INTERFACE: b"\0"}


@dataclass(slots=True)
class Faults:
    """What is wrong with an adapter: nothing by default.

    interrupt_every  time between two interrupt packets in ns, 0: as the host asks for
    stalled          the interrupt pipe answers every transfer with a STALL
    lie_every        every so many interrupt packets one has a wrong link bit, 0: none has
    dropped          bulk transfers that are accepted and dropped: out, in
    half_duplex      the link partner is able of half duplex only
    """

    interrupt_every: int = 0
    stalled: bool = False
    lie_every: int = 0
    dropped: frozenset[str] = frozenset()
    half_duplex: bool = False


@dataclass(slots=True)
class Device:
    """A chip on a bus; `transmit` sends a frame on its wire."""

    chip: Chip
    transmit: Callable[[bytes], None]
    faults: Faults = field(default_factory=Faults)
    _reading: list[Submit] = field(default_factory=list)
    _listening: list[tuple[int, Submit]] = field(default_factory=list)
    _packets: int = 0

    def fail(self, faults: Faults) -> None:
        """Have these faults and no others."""
        self.faults = faults
        self.chip.set_duplex(half=faults.half_duplex)

    def plugged(self) -> None:
        """Power on: no pending transfers, the registers at their defaults."""
        self.chip.power_on()
        self._reading.clear()
        self._listening.clear()

    def asked(self, request: Submit | Unlink, at: int) -> bytes:
        """Return the answers that a request leads to at once."""
        if isinstance(request, Unlink):
            return usbip.unlinked(request, found=self._forget(request.victim))
        if request.endpoint == CONTROL:
            return self._control(request)
        if request.endpoint == BULK_OUT:
            self._send(request.data)
            return usbip.submitted(request)
        if request.endpoint == BULK_IN:
            self._reading.append(request)
            return self._delivered()
        if request.endpoint == INTERRUPT:
            self._listening.append((at, request))
            return b""
        return usbip.submitted(request, status=errno.EPIPE)

    def received(self, frame: bytes) -> bytes:
        """Receive a frame from the wire; return the answer to a transfer that waited for one."""
        if "in" in self.faults.dropped:
            return b""
        return self._delivered() if self.chip.receive(frame) else b""

    def due(self) -> int | None:
        """Return when the next interrupt packet is due, None without a pending transfer."""
        return min((self._when(*waits) for waits in self._listening), default=None)

    def interrupt(self, at: int) -> bytes:
        """Return the answers to interrupt transfers that are due."""
        over = [waits for waits in self._listening if self._when(*waits) <= at]
        self._listening = [waits for waits in self._listening if waits not in over]
        return b"".join(self._packet(request) for _, request in over)

    def _when(self, since: int, request: Submit) -> int:
        return since + (self.faults.interrupt_every or max(1, request.interval) * MS)

    def _packet(self, request: Submit) -> bytes:
        if self.faults.stalled:
            return usbip.submitted(request, status=errno.EPIPE)
        self._packets += 1
        every = self.faults.lie_every
        lie = bool(every) and self._packets % every == 0
        return usbip.submitted(request, self.chip.interrupt(lie=lie))

    def _send(self, data: bytes) -> None:
        frame = self.chip.send(data)
        if frame is not None and "out" not in self.faults.dropped:
            self.transmit(frame)

    def _delivered(self) -> bytes:
        return b"".join(self._deliveries())

    def _deliveries(self) -> Iterator[bytes]:
        while self._reading and (data := self.chip.deliver()) is not None:
            yield usbip.submitted(self._reading.pop(0), data)

    def _forget(self, number: int) -> bool:
        before = len(self._reading) + len(self._listening)
        self._reading = [one for one in self._reading if one.number != number]
        self._listening = [one for one in self._listening if one[1].number != number]
        return len(self._reading) + len(self._listening) < before

    def _control(self, request: Submit) -> bytes:
        kind, what = request.setup[0], request.setup[1]
        value = int.from_bytes(request.setup[2:4], "little")
        if what == REGISTERS and kind == VENDOR_IN:
            return usbip.submitted(request, self.chip.read(value, request.length))
        if what == REGISTERS and kind == VENDOR_OUT:
            self.chip.write(value, request.data)
            return usbip.submitted(request)
        answer = _standard(kind, what, value)
        if answer is None:
            return usbip.submitted(request, status=errno.EPIPE)
        return usbip.submitted(request, answer)


def _standard(kind: int, what: int, value: int) -> bytes | None:
    """Return the answer to a standard request, None for an unsupported one."""
    if kind & KIND != STANDARD:
        return None
    if not kind & INWARDS:
        return b"" if what in OBEYED else None
    return descriptors.descriptor(value) if what == GET_DESCRIPTOR else FIXED.get(what)
