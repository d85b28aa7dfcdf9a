"""LACPDUs are encoded as IEEE 802.1AX has them, and read back; other frames are none."""

from __future__ import annotations

import pytest

from harness import lacpdu
from harness.lacpdu import LENGTH, Lacpdu, PortInfo

ACTOR = PortInfo(
    system="02:00:00:00:00:01",
    system_priority=65535,
    key=15,
    port=1,
    port_priority=255,
    state=frozenset({"activity", "timeout", "aggregation"}),
)
PARTNER = PortInfo(system="02:00:00:00:00:02", system_priority=7, key=9, port=2)
PDU = Lacpdu("02:00:00:00:00:05", ACTOR, PARTNER)
# As a bond in mode 802.3ad sent it, tcpdump's reading beside: LACPv1, 110 octets.
FRAME = bytes.fromhex(
    "0180c2000002 020000000005 8809 01 01"
    "01 14 ffff 020000000001 000f 00ff 0001 07 000000"
    "02 14 0007 020000000002 0009 0000 0002 00 000000"
    "03 10 0000 000000000000000000000000"
) + bytes(52)


def test_a_lacpdu_is_encoded_octet_by_octet() -> None:
    assert PDU.encode() == FRAME
    assert len(FRAME) == LENGTH == 124


def test_what_was_encoded_is_read() -> None:
    assert lacpdu.read(FRAME) == PDU
    assert lacpdu.read(FRAME[: lacpdu.LEAST]) == PDU


@pytest.mark.parametrize(
    "frame",
    [
        FRAME[:50],
        FRAME.replace(b"\x88\x09", b"\x88\xcc", 1),
        FRAME[:14] + b"\x02" + FRAME[15:],  # a marker PDU
        FRAME[:16] + b"\x02" + FRAME[17:],  # no actor
        FRAME[:17] + b"\x10" + FRAME[18:],
    ],
    ids=["short", "LLDP", "marker", "no actor", "length"],
)
def test_another_frame_is_no_lacpdu(frame: bytes) -> None:
    assert lacpdu.read(frame) is None


def test_a_port_is_kept_as_json_and_taken_back() -> None:
    assert ACTOR.fields()["state"] == ["activity", "timeout", "aggregation"]
    assert PortInfo.of(ACTOR.fields()) == ACTOR


def test_each_bit_of_the_state_has_its_number() -> None:
    assert lacpdu.number({"activity", "synchronization", "aggregation"}) == 0x0D
    assert lacpdu.bits(0xFF) == list(lacpdu.STATE)
