"""The frames of a recording that show how a bond distributes: flows, learning packets, reports.

Membership reports are those of IGMP (RFC 3376) and of MLD (RFC 2710, RFC 3810).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from harness import flows
from harness.history import Event

LEARNING = b"\x90\x00"  # ETH_P_LOOPBACK, alb_send_lp_vid
IGMP_AT, IGMP = 23, 2
QUERY, REPORT_3 = b"\x11", b"\x22"  # types (RFC 3376)
IPV6_NEXT, HOP_BY_HOP, ICMPV6 = 20, 0, 58
MLD_NEXT, MLD_AT = 54, 62  # after the hop-by-hop options of each MLD message, 8 octets
MLD_QUERY, MLD_REPORT_2 = 130, 143
MLD_TYPES = (MLD_QUERY, 131, 132, MLD_REPORT_2)
ADDRESS = 16  # octets


@dataclass(slots=True)
class DataFrames:
    """Captured frames, as events."""

    _events: list[Event] = field(default_factory=list)

    def keep(self, at: int, node: str, link: str, data: bytes, *, tagged: bool = False) -> bool:
        """Keep a frame of a known device (`link`); return whether it is of these protocols."""
        kind, what = _read(data)
        if not kind:
            return False
        if link:
            more = {} if kind == "flow" else {"src": data[6:12].hex(":"), "tagged": tagged}
            self._events.append(Event(at, kind, f"{node}/{link}", {**what, **more}))
        return True

    def events(self) -> Iterator[Event]:
        """Yield an event for each frame."""
        yield from self._events


def _read(data: bytes) -> tuple[str, dict[str, object]]:
    """Return the kind of event that a frame is, and its fields; "" for any other frame."""
    number = flows.read_number(data)
    if number is not None:
        return "flow", {"number": number}
    if data[12:14] == LEARNING:
        return "learning", {}
    if data[12:14] == b"\x08\x00" and len(data) > IGMP_AT and data[IGMP_AT] == IGMP:
        return "igmp", {"group": _group(data)}
    if data[12:14] == b"\x86\xdd" and _is_mld(data):
        return "mld", {"group": _group_6(data)}
    return "", {}


def _group(data: bytes) -> str:
    """Return the group of a membership report, the first of several; "" for a query."""
    body = 14 + 4 * (data[14] & 15)  # after Ethernet's header and IPv4's, with its options
    kind = data[body : body + 1]
    at = body + (12 if kind == REPORT_3 else 4)  # in version 3 after the head of a record
    return "" if kind == QUERY else ".".join(map(str, data[at : at + 4]))


def _is_mld(data: bytes) -> bool:
    heads = len(data) > MLD_AT and data[IPV6_NEXT] == HOP_BY_HOP and data[MLD_NEXT] == ICMPV6
    return heads and data[MLD_AT] in MLD_TYPES


def _group_6(data: bytes) -> str:
    """Return the group of a message of MLD as `_group` does."""
    if data[MLD_AT] == MLD_QUERY:
        return ""
    at = MLD_AT + (12 if data[MLD_AT] == MLD_REPORT_2 else 8)
    group = data[at : at + ADDRESS]
    return str(IPv6Address(group)) if len(group) == ADDRESS else ""
