"""LACPDUs: the frames of the Link Aggregation Control Protocol (IEEE 802.1AX-2014, 6.4.2)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

SLOW_PROTOCOLS = bytes.fromhex("0180c2000002")  # the group address of 802.3 annex 57A
ETHERTYPE = b"\x88\x09"
LACP_SUBTYPE = 1
VERSION = 1
ACTOR, PARTNER, COLLECTOR, INFO_LENGTH, COLLECTOR_LENGTH = 1, 2, 3, 20, 16
# Subtype and version; type and length, then the information of actor and partner.
HEAD = struct.Struct("!BB")
INFO = struct.Struct("!BBH6sHHHB3x")
COLLECTOR_INFO = struct.Struct("!BBH12x")
TAIL = bytes(52)  # the terminator, and reserved bytes
LENGTH = 14 + HEAD.size + 2 * INFO.size + COLLECTOR_INFO.size + len(TAIL)
LEAST = 14 + HEAD.size + 2 * INFO.size  # what is read of a frame

# The bits of a port's state from the lowest, by the standard's names.
STATE = (
    "activity",
    "timeout",
    "aggregation",
    "synchronization",
    "collecting",
    "distributing",
    "defaulted",
    "expired",
)
NOBODY = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortInfo:
    """What a LACPDU says of a port: its system, its key, and the bits of its state that are 1.

    "timeout" in the state is the short timeout: the port wants a LACPDU each second.
    """

    system: str = NOBODY
    system_priority: int = 0
    key: int = 0
    port: int = 0
    port_priority: int = 0
    state: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> PortInfo:
        """Return the port of a history's field."""
        return cls(**{**fields, "state": frozenset(fields["state"])})

    def fields(self) -> dict[str, Any]:
        """Return what a history keeps: the bits of the state in order."""
        return {
            "system": self.system,
            "system_priority": self.system_priority,
            "key": self.key,
            "port": self.port,
            "port_priority": self.port_priority,
            "state": bits(number(self.state)),
        }


@dataclass(frozen=True, slots=True)
class Lacpdu:
    """A LACPDU: the MAC that it comes from, the port that sent it, what that knows of another."""

    src: str
    actor: PortInfo
    partner: PortInfo

    def encode(self) -> bytes:
        """Return the frame."""
        head = SLOW_PROTOCOLS + bytes.fromhex(self.src.replace(":", "")) + ETHERTYPE
        body = HEAD.pack(LACP_SUBTYPE, VERSION)
        body += _packed(ACTOR, self.actor) + _packed(PARTNER, self.partner)
        return head + body + COLLECTOR_INFO.pack(COLLECTOR, COLLECTOR_LENGTH, 0) + TAIL


def read(frame: bytes) -> Lacpdu | None:
    """Return the LACPDU that a frame is, None for another or an incomplete one."""
    if len(frame) < LEAST or frame[12:14] != ETHERTYPE or frame[14] != LACP_SUBTYPE:
        return None
    at = 14 + HEAD.size
    actor, partner = (INFO.unpack_from(frame, at + n * INFO.size) for n in (0, 1))
    if actor[:2] != (ACTOR, INFO_LENGTH) or partner[:2] != (PARTNER, INFO_LENGTH):
        return None
    return Lacpdu(frame[6:12].hex(":"), _unpacked(actor), _unpacked(partner))


def bits(state: int) -> list[str]:
    """Return the names of the bits of a port's state that are 1, from the lowest."""
    return [name for bit, name in enumerate(STATE) if state & 1 << bit]


def number(state: Collection[str]) -> int:
    """Return a port's state as the number that /proc/net/bonding shows."""
    return sum(1 << bit for bit, name in enumerate(STATE) if name in state)


def _packed(kind: int, info: PortInfo) -> bytes:
    system = bytes.fromhex(info.system.replace(":", ""))
    return INFO.pack(
        kind,
        INFO_LENGTH,
        info.system_priority,
        system,
        info.key,
        info.port_priority,
        info.port,
        number(info.state),
    )


def _unpacked(parts: tuple[Any, ...]) -> PortInfo:
    _, _, system_priority, system, key, port_priority, port, state = parts
    return PortInfo(
        system=system.hex(":"),
        system_priority=system_priority,
        key=key,
        port=port,
        port_priority=port_priority,
        state=frozenset(bits(state)),
    )
