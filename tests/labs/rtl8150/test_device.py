"""The device at the end of its USB cable: messages, transfers that wait, faults of its own."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LabError
from harness.labs.rtl8150 import controller, usbip
from harness.labs.rtl8150.chip import CR, IDR, RCR, Chip
from harness.labs.rtl8150.device import Device, Faults
from harness.labs.rtl8150.usbip import HEAD_BYTES, RequestReader, Submit, Unlink
from harness.units import MS

MAC = bytes.fromhex("001060dd995c")
IN, OUT = True, False


def wanted(
    number: int,
    endpoint: int,
    *,
    inwards: bool,
    length: int,
    setup: bytes = b"",
    data: bytes = b"",
) -> bytes:
    """Return a transfer as the kernel asks for it."""
    head = (1, number, 0x10001, int(inwards), endpoint, 0, length, 0, 0, 64)
    return struct.pack(">5IIiiii8s", *head, setup) + data


def taken_back(number: int, victim: int) -> bytes:
    return struct.pack(">5II24x", 2, number, 0x10001, 0, 0, victim)


def answers(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Return (kind, number, status, data) of each answer in a row."""
    found = []
    while data:
        kind, number, _, _, _, status, length = struct.unpack_from(">5Iii", data)
        inside = HEAD_BYTES + (length if kind == 3 and number % 2 else 0)
        found.append((kind, number, status, data[HEAD_BYTES:inside]))
        data = data[inside:]
    return found


def setup(kind: int, what: int, value: int, length: int) -> bytes:
    return struct.pack("<BBHHH", kind, what, value, 0, length)


class Host:
    """What the kernel would do: numbers are odd for transfers in, even for transfers out."""

    def __init__(self) -> None:
        self.wire: list[bytes] = []
        self.device = Device(Chip(MAC), self.wire.append)
        self.reader = RequestReader()
        self.number = 0

    def ask(self, endpoint: int, at: int = 0, *, inwards: bool, **more: object) -> bytes:
        self.number += 1 if self.number % 2 != inwards else 2
        data = wanted(self.number, endpoint, inwards=inwards, **more)  # type: ignore[arg-type]
        (request,) = self.reader.feed(data)
        return self.device.asked(request, at)

    def write(self, register: int, data: bytes) -> None:
        asked = setup(0x40, 5, register, len(data))
        self.ask(0, inwards=OUT, length=len(data), setup=asked, data=data)

    def open(self) -> None:
        self.write(RCR, b"\x9e")
        self.write(CR, b"\x0c")


@pytest.fixture
def host() -> Host:
    made = Host()
    made.open()
    return made


@given(st.lists(st.sampled_from([b"", b"x" * 60, b"y" * 1500])), st.integers(1, 97))
def test_messages_are_found_wherever_the_stream_is_cut(frames: list[bytes], step: int) -> None:
    stream = b"".join(
        wanted(n, 2, inwards=OUT, length=len(one), data=one) + taken_back(n + 1000, n)
        for n, one in enumerate(frames)
    )
    reader, found = RequestReader(), list[Submit | Unlink]()
    for at in range(0, len(stream), step):
        found += reader.feed(stream[at : at + step])
    assert [one.data for one in found if isinstance(one, Submit)] == frames
    assert [one.victim for one in found if isinstance(one, Unlink)] == list(range(len(frames)))


@pytest.mark.parametrize("head", [b"\0\0\0\x07", b"\0\0\0\x03"])
def test_a_stream_out_of_step_is_an_error(head: bytes) -> None:
    with pytest.raises(LabError, match="came from the host"):
        list(RequestReader().feed(head.ljust(HEAD_BYTES, b"\0")))


def test_a_transfer_of_absurd_length_is_an_error() -> None:
    with pytest.raises(LabError, match="2097152 bytes"):
        list(RequestReader().feed(wanted(1, 1, inwards=IN, length=2 << 20)))


def test_an_answer_is_never_longer_than_asked_for() -> None:
    request = Submit(5, 1, inwards=True, length=10, interval=0, setup=b"")
    assert answers(usbip.submitted(request, b"z" * 40)) == [(3, 5, 0, b"z" * 10)]


def test_registers_are_read_by_vendor_requests(host: Host) -> None:
    answer = host.ask(0, inwards=IN, length=6, setup=setup(0xC0, 5, IDR, 6))
    assert answers(answer)[0][2:] == (0, MAC)


def test_what_the_device_does_not_know_is_stalled(host: Host) -> None:
    answer = host.ask(0, inwards=IN, length=10, setup=setup(0x80, 6, 6 << 8, 10))
    assert answers(answer)[0][2:] == (-errno.EPIPE, b"")
    assert answers(host.ask(7, inwards=IN, length=10))[0][2] == -errno.EPIPE


def test_a_frame_waits_for_a_transfer_and_a_transfer_for_a_frame(host: Host) -> None:
    frame = (b"\xff" * 6).ljust(70, b"f")
    assert host.device.received(frame) == b""
    first = host.ask(1, inwards=IN, length=1540)
    assert answers(first)[0][3].startswith(frame)
    assert host.ask(1, inwards=IN, length=1540) == b""
    assert answers(host.device.received(frame))[0][3].startswith(frame)


def test_frames_go_out(host: Host) -> None:
    frame = b"o" * 64
    assert answers(host.ask(2, inwards=OUT, length=64, data=frame))[0][2] == 0
    assert host.wire == [frame]


def test_an_interrupt_packet_comes_when_it_is_due(host: Host) -> None:
    assert host.device.due() is None
    assert host.ask(3, 5 * MS, inwards=IN, length=8) == b""
    assert host.device.due() == 69 * MS
    assert host.device.interrupt(69 * MS - 1) == b""
    ((_, _, status, packet),) = answers(host.device.interrupt(69 * MS))
    assert (status, len(packet)) == (0, 8)
    assert host.device.due() is None


def test_a_transfer_that_is_taken_back_is_not_answered(host: Host) -> None:
    host.ask(3, inwards=IN, length=8)
    (back,) = host.reader.feed(taken_back(100, host.number))
    assert answers(host.device.asked(back, 0)) == [(4, 100, -errno.ECONNRESET, b"")]
    assert answers(host.device.asked(back, 0)) == [(4, 100, 0, b"")]
    assert host.device.interrupt(1000 * MS) == b""


def test_after_power_was_lost_nothing_waits(host: Host) -> None:
    host.ask(3, inwards=IN, length=8)
    host.ask(1, inwards=IN, length=1540)
    host.device.plugged()
    assert host.device.due() is None
    assert host.device.received(b"\xff" * 60) == b""


def packets(host: Host, count: int) -> list[tuple[int, bytes]]:
    found = []
    for _ in range(count):
        host.ask(3, inwards=IN, length=8)
        due = host.device.due()
        assert due is not None
        ((_, _, status, packet),) = answers(host.device.interrupt(due))
        found.append((status, packet))
    return found


def test_faults_of_the_interrupt_pipe(host: Host) -> None:
    host.device.faults = Faults(lie_every=3)
    links = [packet[2] & 4 for _, packet in packets(host, 6)]
    assert links == [4, 4, 0, 4, 4, 0]
    host.device.faults = Faults(stalled=True)
    assert packets(host, 2) == [(-errno.EPIPE, b"")] * 2
    host.device.faults = Faults(interrupt_every=1000 * MS)
    host.ask(3, 7 * MS, inwards=IN, length=8)
    assert host.device.due() == 1007 * MS


@pytest.mark.parametrize(("dropped", "out", "into"), [("out", 0, True), ("in", 1, False)])
def test_bulk_transfers_that_go_nowhere(host: Host, dropped: str, out: int, *, into: bool) -> None:
    host.device.faults = Faults(dropped=frozenset({dropped}))
    answer = host.ask(2, inwards=OUT, length=64, data=b"o" * 64)
    assert answers(answer)[0][2] == 0
    assert len(host.wire) == out
    host.ask(1, inwards=IN, length=1540)
    assert bool(host.device.received(b"\xff" * 60)) == into


STATUS = """\
hub port sta spd dev      sockfd local_busid
hs  0000 006 002 00010000 000004 1-1
hs  0001 004 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
"""


def test_the_controllers_status_is_read() -> None:
    found = [(port.hub, port.number, port.state) for port in controller.parse(STATUS)]
    assert found == [("hs", 0, 6), ("hs", 1, controller.FREE), ("ss", 8, controller.FREE)]
