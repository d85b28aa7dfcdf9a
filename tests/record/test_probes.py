"""Numbered echo: what is on the wire, and how a probe's fate is put together from frames seen."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.lab import Sent
from harness.labs.agent.wire import checksum, numbered
from harness.record.probes import IDENT, Echo, Probe, ProbeStream, Tracker, echo, read_echo
from harness.units import MS

ETHER = bytes.fromhex("020000000001 020000000002 0800")
IPV4 = bytes.fromhex("4500002c 00004000 40010000 c0000201 c00002fe")


def request(direction: str, seq: int) -> bytes:
    """Return a probe's request as it is on the wire."""
    return ETHER + IPV4 + numbered(echo(IDENT[direction]), seq)


def reply(direction: str, seq: int) -> bytes:
    """Return the answer that a kernel makes of a request: only type and checksum differ."""
    asked = numbered(echo(IDENT[direction]), seq)
    answer = b"\0\0\0\0" + asked[4:]
    return ETHER + IPV4 + answer[:2] + struct.pack("!H", checksum(answer)) + answer[4:]


class Refusing:
    """A sender whose second copy has no way out."""

    def send(self, frame: bytes) -> None:
        """Send nothing."""

    def repeat(self, every: int, template: bytes, to: str, start: int) -> None:
        """Send nothing."""

    def stop(self) -> None:
        """Send nothing."""

    def close(self) -> None:
        """Send nothing."""

    def sent(self) -> list[Sent]:
        """Return what would have been sent."""
        return [Sent(0, 0, 0), Sent(10 * MS, 1, errno.ENETUNREACH)]


@pytest.fixture
def tracker() -> Tracker:
    """Both streams, with three probes sent in each direction."""
    streams = {
        direction: ProbeStream(direction, "dut", Refusing(), "192.0.2.254")
        for direction in ("out", "in")
    }
    for stream in streams.values():
        stream.probes += [Probe(sent * MS) for sent in (0, 10, 20)]
    return Tracker(streams)


@pytest.mark.parametrize(
    ("data", "known"),
    [
        ("0001 f203 f4f5 f6f7", 0x220D),  # the example of RFC 1071, section 3
        ("0000", 0xFFFF),
        ("ffff", 0x0000),
        ("ffff ffff 0001", 0xFFFE),
        ("", 0xFFFF),
    ],
)
def test_the_checksum_is_the_internets(data: str, known: int) -> None:
    assert checksum(bytes.fromhex(data)) == known


def test_an_echo_request_is_laid_out_as_in_rfc_792() -> None:
    assert numbered(echo(0x6E66), 0x12345).hex(" ", 4) == bytes.fromhex(
        "0800 27a5 6e66 2345 6e66682d70726f626500 00012345 0000"
    ).hex(" ", 4)


@given(st.sampled_from(["out", "in"]), st.integers(0, 2**32 - 1))
def test_every_probe_is_valid_and_read_back(direction: str, seq: int) -> None:
    data = numbered(echo(IDENT[direction]), seq)
    assert checksum(data) == 0
    assert read_echo(ETHER + IPV4 + data) == (direction, False, seq)
    answer = reply(direction, seq)
    assert checksum(answer[34:]) == 0
    assert read_echo(answer) == (direction, True, seq)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        request("out", 1)[:-3],
        request("out", 1).replace(b"\x08\x00", b"\x08\x06", 1),
        request("out", 1).replace(b"nfh", b"nfx"),
        ETHER + IPV4 + numbered(echo(0x1234), 1),
        ETHER + IPV4 + b"\x0b" + numbered(echo(IDENT["out"]), 1)[1:],
    ],
    ids=["nothing", "short", "not IPv4", "not ours", "other ident", "time exceeded"],
)
def test_other_frames_are_no_probes(frame: bytes) -> None:
    assert read_echo(frame) is None


@given(st.binary(max_size=130))
@settings(max_examples=300)
def test_rubbish_is_no_probe_and_never_raises(data: bytes) -> None:
    assert read_echo(data) is None
    assert read_echo(ETHER + IPV4 + data) is None


@given(st.binary(max_size=20))
def test_rubbish_behind_a_head_of_ours_is_no_probe(data: bytes) -> None:
    assert read_echo(request("out", 7)[:34] + data) is None


def out(seq: int, *, is_reply: bool = False) -> Echo:
    """Return what a frame of stream out says."""
    return Echo("out", is_reply, seq)


def inward(seq: int, *, is_reply: bool = False) -> Echo:
    """Return what a frame of stream in says."""
    return Echo("in", is_reply, seq)


def test_a_probe_is_followed_out_and_back(tracker: Tracker) -> None:
    tracker.at_port(out(1), 11 * MS, "eth0", "bond0")
    tracker.accepted(out(1), "target", 12 * MS)
    tracker.at_port(out(1, is_reply=True), 12 * MS + 1, "target", None)
    tracker.at_slave(out(1, is_reply=True), "eth0", "bond0")
    tracker.at_bond(out(1, is_reply=True), "bond0")
    tracker.accepted(out(1, is_reply=True), "dut", 13 * MS)
    told = {"seq": 1, "sent": 10 * MS, "request": 12 * MS, "reply": 13 * MS, "via": "eth0"}
    assert tracker.streams["out"].probes[1].data(1) == {**told, "copies": 0, "error": None}
    assert tracker.streams["in"].probes[1] == Probe(10 * MS), "the other direction is another"


def test_the_other_direction_begins_at_the_target(tracker: Tracker) -> None:
    tracker.accepted(inward(2), "dut", 21 * MS)
    tracker.accepted(inward(2, is_reply=True), "target", 22 * MS)
    assert tracker.streams["in"].probes[2] == Probe(20 * MS, 21 * MS, 22 * MS)


def test_a_lost_request_differs_from_a_lost_reply(tracker: Tracker) -> None:
    tracker.at_port(out(0), MS, "eth0", "bond0")
    tracker.accepted(out(1), "target", 11 * MS)
    lost, unanswered, _ = tracker.streams["out"].probes
    assert (lost.request, lost.reply) == (None, None)
    assert (unanswered.request, unanswered.reply) == (11 * MS, None)


def test_a_frame_seen_where_it_starts_has_not_arrived(tracker: Tracker) -> None:
    tracker.accepted(out(0), "dut", MS)
    tracker.accepted(out(0, is_reply=True), "target", MS)
    assert tracker.streams["out"].probes[0] == Probe(0)


def test_copies_are_counted_and_the_first_time_stays(tracker: Tracker) -> None:
    for at in (11 * MS, 14 * MS, 15 * MS):
        tracker.accepted(out(1), "target", at)
    tracker.accepted(out(1, is_reply=True), "dut", 12 * MS)
    tracker.accepted(out(1, is_reply=True), "dut", 16 * MS)
    assert tracker.streams["out"].probes[1] == Probe(10 * MS, 11 * MS, 12 * MS, copies=3)


def test_what_a_backup_slave_receives_is_not_delivered(tracker: Tracker) -> None:
    """A switch floods: both slaves have the request, the bond takes the one of eth1."""
    asked = inward(0)
    for link in ("eth0", "eth1"):
        tracker.at_slave(asked, link, "bond0")
    tracker.at_bond(asked, "bond0")
    tracker.accepted(asked, "dut", MS)
    tracker.at_slave(asked, "eth0", "bond0")
    (probe, *_) = tracker.streams["in"].probes
    assert (probe.request, probe.via, probe.copies) == (MS, "eth1", 0)


def test_what_a_machine_received_and_discarded_is_lost_and_says_where(tracker: Tracker) -> None:
    asked, answer = inward(0), inward(1, is_reply=True)
    tracker.at_slave(asked, "eth1", "bond0")
    tracker.accepted(inward(1), "dut", 11 * MS)
    tracker.discarded(answer, "target", "target")
    tracker.discarded(inward(2), "target", "target")
    told = [event.data for event in tracker.streams["in"].events()]
    assert [one.get("discarded") for one in told] == ["eth1", "target", None]
    assert [one["request"] for one in told] == [None, 11 * MS, None]
    assert [one["via"] for one in told] == [None, None, None]


def test_an_answered_request_was_accepted_however_it_came_in(tracker: Tracker) -> None:
    """An interface that was released from its bond and is up hands frames to IP itself."""
    asked, answer = inward(0), inward(0, is_reply=True)
    tracker.at_slave(asked, "eth0", "bond0")
    tracker.at_port(answer, 2 * MS, "eth1", "bond0")
    told = tracker.streams["in"].probes[0].data(0)
    assert (told["request"], told["reply"], "discarded" in told) == (2 * MS, None, False)


def test_the_first_link_that_a_probe_crossed_counts(tracker: Tracker) -> None:
    tracker.at_port(out(1), 0, "eth1", "bond0")
    tracker.at_port(out(1, is_reply=True), 1, "eth0", "bond0")
    assert tracker.streams["out"].probes[1].via == "eth1"


def test_a_probe_through_a_router_crosses_a_link_of_each_bond() -> None:
    stream = ProbeStream("out", "dut", Refusing(), "192.0.2.254", [Probe(0)])
    routed = Tracker({"out": stream}, first="client")
    routed.at_slave(out(0), "eth1", "bond0")
    routed.at_bond(out(0), "bond0")
    routed.at_port(out(0), MS, "eth2", "bond1")
    routed.accepted(out(0), "server", MS)
    routed.accepted(out(0, is_reply=True), "client", 2 * MS)
    (event,) = routed.streams["out"].events()
    assert (event["via"], event["crossed"]) == ("eth1", ["eth1", "eth2"])
    assert (event["request"], event["reply"]) == (MS, 2 * MS)


def test_numbers_never_sent_are_nobodys(tracker: Tracker) -> None:
    before = [list(stream.probes) for stream in tracker.streams.values()]
    tracker.at_port(out(3), 0, "eth0", "bond0")
    tracker.accepted(inward(2**32 - 1), "dut", MS)
    Tracker({}).accepted(out(0), "target", MS)
    assert [stream.probes for stream in tracker.streams.values()] == before


def test_what_cannot_be_sent_is_recorded_with_its_reason() -> None:
    stream = ProbeStream("out", "dut", Refusing(), "192.0.2.254")
    stream.take()
    sent, event = stream.events()
    assert (sent.at, sent["seq"], sent["error"]) == (0, 0, None)
    assert (event.at, event["seq"], event["error"]) == (10 * MS, 1, "ENETUNREACH")
    assert (event["request"], event["reply"]) == (None, None)


def test_the_events_of_a_stream_are_its_probes_in_order(tracker: Tracker) -> None:
    asked = inward(0)
    tracker.at_slave(asked, "eth0", "bond0")
    tracker.at_bond(asked, "bond0")
    tracker.accepted(asked, "dut", MS)
    first, *others = tracker.streams["in"].events()
    assert (first.at, first.kind, first.where) == (0, "probe", "in")
    assert first.data == {
        "seq": 0,
        "sent": 0,
        "request": MS,
        "reply": None,
        "via": "eth0",
        "copies": 0,
        "error": None,
    }
    assert [event["seq"] for event in others] == [1, 2]


@pytest.mark.parametrize(
    ("answered", "since", "steady"),
    [
        ((1, 1, 1), 20, True),
        ((1, 1, 0), 20, False),
        ((1, 1, 0), 10, False),
        ((1, 1, 1, 0), 20, True),
        ((0, 1, 1, 1), 30, True),
        ((1, 1), 20, False),
        ((), 20, False),
    ],
)
def test_a_path_is_steady_after_three_answers_in_a_row(
    answered: tuple[int, ...], since: int, *, steady: bool
) -> None:
    probes = [
        Probe(10 * MS * seq, reply=MS if good else None) for seq, good in enumerate(answered)
    ]
    assert (
        ProbeStream("out", "dut", Refusing(), "192.0.2.254", probes).steady(since * MS) is steady
    )


def test_a_frame_that_is_seen_before_its_sender_tells_of_it_has_arrived() -> None:
    """A host that tells in batches what it sent is later than the tap at the far end."""
    stream = ProbeStream("out", "dut", Refusing(), "192.0.2.254")
    tracker = Tracker({"out": stream})
    tracker.at_port(Echo("out", False, 1), 11 * MS, "eth0", "bond0")
    tracker.accepted(Echo("out", False, 1), "target", 12 * MS)
    assert stream.probes == []
    stream.take()
    assert [event.data["request"] for event in stream.events()] == [None, 12 * MS]
    assert [event.at for event in stream.events()] == [0, 10 * MS]
    assert stream.probes[1].via == "eth0"
