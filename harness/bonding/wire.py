"""Options as netlink attributes: packed for the kernel, decoded, compared with what was asked."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.bonding.options import Option, Setting, near, rejected
from harness.bonding.parse import BondOptions
from harness.bonding.table import OPTIONS, SLAVE_OPTIONS
from harness.bonding.values import NO_MAC, normal
from harness.errors import ScenarioError

FORMATS = {"u8": "B", "u16": "H", "u32": "I", "s32": "i", "index": "I"}
FAMILIES = {"ip4": socket.AF_INET, "ip6": socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class Ignored:
    """An option that reads back with another value; `seen` is None where the kernel lacks it."""

    name: str
    asked: Setting
    seen: Setting | None

    def __str__(self) -> str:
        if self.seen is None:
            return f"{self.name}={self.asked} was ignored: this kernel does not know the option"
        return f"{self.name}={self.asked} was ignored: the kernel reads back {self.seen}"


def packed(
    options: BondOptions, indexes: Mapping[str, int] | None = None
) -> list[tuple[int, bytes]]:
    """Return (attribute number, payload) of each option that was set, in the kernel's order.

    `indexes` gives the interface indexes that `primary` and `active_slave` need; raises
    ScenarioError for a name not in it.
    """
    return [
        (option.number, _bytes(option, setting, indexes or {}))
        for option, setting in _sendable(options)
    ]


def slave_numbers(settings: Mapping[str, object]) -> list[tuple[str, int]]:
    """Return (attribute, number) of options of a slave, in the order of the table.

    Raises ScenarioError for an unknown option, or a number that its attribute cannot hold.
    """
    if unknown := sorted(settings.keys() - SLAVE_OPTIONS.keys()):
        raise ScenarioError(
            f"{unknown[0]} is no option of a slave", hint=near(unknown[0], SLAVE_OPTIONS)
        )
    found = []
    for name, option in SLAVE_OPTIONS.items():
        if name in settings:
            setting = normal(option, settings[name], checked=False)
            _bytes(option, setting, {})  # raises for what does not fit
            found.append((option.attribute, option.number_of(setting)))
    return found


def decode(
    attributes: Mapping[Any, Any], names: Mapping[int, str] | None = None
) -> dict[str, Setting]:
    """Return the options that a bond reads back, by the kernel's names.

    Keys may be attribute names or numbers, values plain or raw bytes. `names` turns interface
    indexes into names; an index without a name stays a number in text. An absent list of
    targets, primary or active slave is how the kernel says that there is none.
    """
    found: dict[str, Setting] = {}
    for option in OPTIONS.values():
        for key in (option.attribute, option.number):
            if (raw := attributes.get(key)) is not None:
                found[option.name] = _read(option, raw, names or {})
    absent = {name: OPTIONS[name].default for name in ("primary", "active_slave", "arp_ip_target")}
    return absent | found


def ignored(asked: BondOptions, seen: Mapping[str, Setting]) -> list[Ignored]:
    """Return the options whose value differs from what `decode` read back, apart from rounding.

    Read back after enslaving: until then a bond has no primary.
    """
    return [
        Ignored(name, asked[name], seen.get(name))
        for name, setting in asked.effective().given
        if name != "active_slave" and not _same(name, setting, seen.get(name))
    ]


def _same(name: str, setting: Setting, seen: Setting | None) -> bool:
    # Where none was set, the system address reads back as the bond's MAC.
    if name == "ad_actor_system" and setting == NO_MAC:
        return True
    return setting == seen or (setting == OPTIONS[name].default and not setting and not seen)


def _sendable(options: BondOptions) -> Iterable[tuple[Option, Setting]]:
    """Remove delays of 0 of a bond without miimon: the kernel refuses even those (EPERM)."""
    for name, setting in options.given:
        option = OPTIONS[name]
        if setting or not option.requires or options[option.requires]:
            yield option, setting


def _bytes(option: Option, setting: Setting, indexes: Mapping[str, int]) -> bytes:
    if isinstance(setting, tuple):
        family = FAMILIES[option.wire]
        return b"".join(_nested(i, socket.inet_pton(family, a)) for i, a in enumerate(setting))
    if option.wire == "mac":
        return bytes.fromhex(str(setting).replace(":", ""))
    if option.wire == "index":
        number = _index(option, setting, indexes)
    else:
        number = option.number_of(setting)
    try:
        return struct.pack(FORMATS[option.wire], number)
    except struct.error:
        raise rejected(
            option, setting, f"does not fit into the {option.wire} of netlink"
        ) from None


def _nested(number: int, payload: bytes) -> bytes:
    return struct.pack("HH", 4 + len(payload), number) + payload


def _index(option: Option, setting: Setting, indexes: Mapping[str, int]) -> int:
    if str(setting).isdigit():  # as `decode` shows an index without a name
        return int(str(setting))
    if not setting:
        return 0
    if setting not in indexes:
        known = ", ".join(sorted(indexes)) or "none"
        raise ScenarioError(
            f"{option.name}={setting}: there is no such interface here", hint=f"there are {known}"
        )
    return indexes[str(setting)]


def _read(option: Option, raw: Any, names: Mapping[int, str]) -> Setting:
    if option.wire in FAMILIES:
        return _read_targets(option, raw)
    if option.wire == "mac":
        return raw.hex(":") if isinstance(raw, bytes) else str(raw).lower()
    number = struct.unpack(FORMATS[option.wire], raw)[0] if isinstance(raw, bytes) else int(raw)
    if option.wire == "index":
        return names.get(number, str(number)) if number else ""
    return option.word(number)


def _read_targets(option: Option, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, bytes):
        return tuple(str(address) for address in raw)
    found, offset = [], 0
    while offset + 4 <= len(raw):
        length = max(4, struct.unpack_from("H", raw, offset)[0])
        payload = raw[offset + 4 : offset + length]
        found.append(socket.inet_ntop(FAMILIES[option.wire], payload))
        offset += (length + 3) & ~3
    return tuple(found)
