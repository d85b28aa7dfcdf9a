"""Counters of 802.3ad are found in the kernel's messages by interface, other ones are left out."""

from __future__ import annotations

import struct

from harness.rtnl import statistics
from harness.rtnl.reduced import HEADER


def attribute(kind: int, payload: bytes) -> bytes:
    data = struct.pack("=HH", 4 + len(payload), kind) + payload
    return data.ljust(len(data) + 3 & ~3, b"\0")


def reply(index: int, *parts: bytes) -> bytes:
    body = statistics.STATS.pack(0, 0, 0, index, 0) + b"".join(parts)
    return HEADER.pack(HEADER.size + len(body), statistics.RTM_NEWSTATS, 2, 1, 1) + body


def counters(*values: int) -> bytes:
    told = b"".join(attribute(n, struct.pack("=Q", value)) for n, value in enumerate(values))
    return attribute(statistics.BOND, attribute(statistics.LACP, told))


def test_counters_are_those_of_the_interface_that_is_asked_for() -> None:
    replies = [
        reply(16, attribute(statistics.OF_DEVICE, counters(7, 5))),
        reply(2, attribute(statistics.OF_SLAVE, counters(3, 2, 0, 1))),
        reply(3, attribute(1, bytes(192))),
    ]
    assert statistics.lacp_counters(replies, 16) == {"lacpdu_rx": 7, "lacpdu_tx": 5}
    assert statistics.lacp_counters(replies, 2)["lacpdu_illegal_rx"] == 1
    assert statistics.lacp_counters(replies, 3) == {}
    assert statistics.lacp_counters(replies, 4) == {}


def test_counters_without_a_name_are_left_out() -> None:
    known = len(statistics.NAMES)
    found = statistics.lacp_counters(
        [reply(2, attribute(statistics.OF_SLAVE, counters(*range(known + 3))))], 2
    )
    assert list(found) == list(statistics.NAMES)


def test_the_request_asks_for_both_kinds() -> None:
    data = statistics.all_counters().data
    assert struct.unpack_from("=I", data, len(data) - 4) == (0b110,)
