"""Frames that show how a bond distributes are told from others, and become events."""

from __future__ import annotations

import struct

import pytest

from harness.flows import Flow
from harness.record.data_frames import DataFrames

HEAD = bytes.fromhex("01005e010203 020000000001 0800")
IP = bytes.fromhex("46c00000000040000102 0000 c0000201 ef010203 94040000")  # with router alert


def event(data: bytes, *, tagged: bool = False) -> tuple[str, dict[str, object]]:
    kept = DataFrames()
    assert kept.keep(7, "sw", "eth0", data, tagged=tagged)
    (one,) = kept.events()
    assert (one.at, one.where) == (7, "sw/eth0")
    return one.kind, dict(one.data)


def test_a_frame_of_a_flow_is_its_number() -> None:
    assert event(Flow().encode(300)) == ("flow", {"number": 300})


def test_a_learning_packet_has_a_source_and_perhaps_a_tag() -> None:
    data = bytes.fromhex("020000000001 020000000001 9000") + bytes(46)
    assert event(data, tagged=True) == (
        "learning",
        {"src": "02:00:00:00:00:01", "tagged": True},
    )


@pytest.mark.parametrize(
    ("message", "group"),
    [
        ("16000000 ef010203", "239.1.2.3"),
        ("2200 0000 0000 0001 04000000 ef010203", "239.1.2.3"),
        ("11000000 00000000", ""),
    ],
)
def test_a_membership_report_names_its_group(message: str, group: str) -> None:
    kind, fields = event(HEAD + IP + bytes.fromhex(message))
    assert (kind, fields["group"]) == ("igmp", group)


def test_other_frames_are_left_alone() -> None:
    kept = DataFrames()
    other = HEAD + struct.pack("!BBHHHBB", 0x45, 0, 28, 0, 0, 64, 17) + bytes(20)
    assert not kept.keep(7, "sw", "eth0", other)
    assert kept.keep(7, "sw", "", Flow().encode(1))
    assert list(kept.events()) == []


@pytest.mark.parametrize(
    ("message", "group"),
    [
        ("83000000 00000000 ff050000000000000000000000010003", "ff05::1:3"),
        ("8f000000 00000001 04000000 ff050000000000000000000000010003", "ff05::1:3"),
        ("82000000 00000000 00000000000000000000000000000000", ""),
    ],
)
def test_a_report_of_mld_names_its_group(message: str, group: str) -> None:
    head = bytes.fromhex("333300000016 020000000001 86dd 60000000 0024 00 01") + bytes(32)
    options = bytes.fromhex("3a00 0502 0000 0100")  # with router alert
    kind, fields = event(head + options + bytes.fromhex(message))
    assert (kind, fields["group"]) == ("mld", group)
