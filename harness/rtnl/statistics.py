"""The counters of 802.3ad that the driver keeps for a bond and for each slave (RTM_GETSTATS)."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable, Iterator, Mapping

from harness.rtnl.messages import DUMP, REQUEST, Request
from harness.rtnl.reduced import HEADER, attributes

RTM_NEWSTATS, RTM_GETSTATS = 92, 94
STATS = struct.Struct("=BBHII")  # if_stats_msg: family, padding, ifindex, filter_mask
OF_DEVICE, OF_SLAVE = 2, 3  # IFLA_STATS_LINK_XSTATS, IFLA_STATS_LINK_XSTATS_SLAVE
BOND, LACP = 2, 1  # LINK_XSTATS_TYPE_BOND, BOND_XSTATS_3AD
# BOND_3AD_STAT_* (if_bonding.h), by their numbers.
NAMES = (
    "lacpdu_rx",
    "lacpdu_tx",
    "lacpdu_unknown_rx",
    "lacpdu_illegal_rx",
    "marker_rx",
    "marker_tx",
    "marker_resp_rx",
    "marker_resp_tx",
    "marker_unknown_rx",
)


def all_counters() -> Request:
    """Return the request for the counters of all bonds and slaves."""
    wanted = 1 << OF_DEVICE - 1 | 1 << OF_SLAVE - 1
    body = STATS.pack(0, 0, 0, 0, wanted)
    head = HEADER.pack(HEADER.size + len(body), RTM_GETSTATS, REQUEST | DUMP, 0, 0)
    return Request("dump of the counters of 802.3ad", head + body)


def lacp_counters(replies: Iterable[bytes], index: int) -> Mapping[str, int]:
    """Return the counters of the bond or slave with an interface index, {} if there are none."""
    for message in replies:
        _, _, _, device, _ = STATS.unpack_from(message, HEADER.size)
        if device == index:
            return dict(_counters(message[HEADER.size + STATS.size :]))
    return {}


def _counters(data: bytes) -> Iterator[tuple[str, int]]:
    for kind, outer in attributes(data):
        if kind not in (OF_DEVICE, OF_SLAVE):
            continue
        kinds = (inner for kind, inner in attributes(outer) if kind == BOND)
        modes = (mode for one in kinds for kind, mode in attributes(one) if kind == LACP)
        for number, value in (counter for mode in modes for counter in attributes(mode)):
            if number < len(NAMES):
                yield NAMES[number], int.from_bytes(value, sys.byteorder)
