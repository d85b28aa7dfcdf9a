"""Convert a value of an option, as people write it, to the kernel's word or number."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from harness.bonding.options import MAX_TARGETS, Option, Setting, near, rejected
from harness.bonding.table import MODULE_ONLY, OPTIONS, SLAVE_OPTIONS, SYNONYMS
from harness.errors import ScenarioError
from harness.frames import MAC

NO_MAC = "00:00:00:00:00:00"
IFNAMSIZ = 16


def option_called(name: str) -> Option:
    """Return the option of a bond by its name; raises ScenarioError with similar names."""
    name = SYNONYMS.get(name, name)
    if name in OPTIONS:
        return OPTIONS[name]
    if name in MODULE_ONLY:
        raise ScenarioError(
            f"{name} is a parameter of the bonding module, not an option of a bond",
            hint="leave it out: a lab creates each bond separately",
        )
    if name in SLAVE_OPTIONS:
        raise ScenarioError(
            f"{name} is an option of a slave, not of the bond", hint="set it on the slave"
        )
    raise ScenarioError(f"{name} is no option of a bond", hint=near(name, OPTIONS))


def normal(option: Option, raw: object, *, checked: bool = True) -> Setting:
    """Return a value as the kernel's word, number or addresses; raises ScenarioError.

    Without `checked`, numbers out of range are accepted, so that the kernel can refuse them; what
    cannot be sent at all is still an error.
    """
    if isinstance(raw, bool):
        raw = int(raw)
    text = raw.strip() if isinstance(raw, str) else raw
    if option.wire in ("ip4", "ip6"):
        return _addresses(option, text, checked=checked)
    if option.wire == "mac":
        return _mac(option, text, checked=checked)
    if option.wire == "index":
        return _name(option, text)
    if not isinstance(text, str | int):
        raise rejected(option, raw, f"{type(raw).__name__} is neither a word nor a number")
    return _number(option, text, checked=checked)


def _number(option: Option, raw: str | int, *, checked: bool) -> Setting:
    if raw == "default" and option.fallback:
        return option.default
    words = {value.word: value.number for value in option.values} | dict(option.aliases)
    number = words.get(raw) if isinstance(raw, str) else raw
    if number is None:
        try:
            number = int(str(raw), 10)
        except ValueError:
            raise rejected(option, raw, _unknown(option, str(raw), words)) from None
    word = option.word(number)
    if checked and option.values and isinstance(word, int):
        raise rejected(option, raw, "there is no value of that number")
    if checked and not option.values and not option.low <= number <= option.high:
        raise rejected(option, raw, "out of range")
    return word


def _unknown(option: Option, raw: str, words: Iterable[str]) -> str:
    if option.unit:
        return f"not a whole number of {option.unit}"
    guess = near(raw, words)
    return f"no such value{', ' + guess if guess.startswith('did') else ''}"


def _addresses(option: Option, raw: object, *, checked: bool) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, Iterable):
        raise rejected(option, raw, "not a list of addresses")
    # sysfs and some ifcfg files write +ADDRESS to add one.
    given = [str(part).strip().removeprefix("+") for part in parts]
    found = tuple(_address(option, part, checked=checked) for part in given if part)
    if checked and len(set(found)) < len(found):
        twice = next(address for address in found if found.count(address) > 1)
        raise rejected(option, ",".join(found), f"{twice} is given twice")
    if checked and len(found) > MAX_TARGETS:
        raise rejected(option, ",".join(found), f"{len(found)} addresses are too many")
    return found


def _address(option: Option, raw: str, *, checked: bool) -> str:
    version = 4 if option.wire == "ip4" else 6
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        raise rejected(option, raw, "not an IP address") from None
    if address.version != version or (address.version == 6 and address.scope_id):
        raise rejected(option, raw, f"not a plain IPv{version} address")
    if checked and _is_unfit(address):
        raise rejected(option, raw, "the kernel refuses this address as a target")
    return str(address)


def _is_unfit(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether bond_is_ip_target_ok or bond_is_ip6_target_ok refuses it (net/bonding.h)."""
    if address.version == 4:
        return address.packed in (b"\0" * 4, b"\xff" * 4)
    return address.is_unspecified or address.is_loopback or address.is_multicast


def _mac(option: Option, raw: object, *, checked: bool) -> str:
    text = str(raw).lower().replace("-", ":")
    if not MAC.fullmatch(text):
        raise rejected(option, raw, "not a MAC address")
    if checked and int(text[:2], 16) & 1:
        raise rejected(option, raw, "a multicast address cannot be a system's")
    return text


def _name(option: Option, raw: object) -> str:
    if not isinstance(raw, str):
        raise rejected(option, raw, "not the name of an interface")
    if len(raw) >= IFNAMSIZ or re.search(r"[\s/:]", raw):
        raise rejected(option, raw, "no interface can have that name")
    return raw
