"""ifcfg-* files of Red Hat's kind (initscripts, NetworkManager's ifcfg-rh)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.config.draft import Draft, DraftBond
from harness.config.lines import Entry, variables
from harness.config.readers import optstring
from harness.config.source import Source

FORMAT = "ifcfg"
ADDRESS = re.compile(r"IPADDR(\d*)")
YES = frozenset({"yes", "true", "t", "y", "1"})
SIX = ("IPV6ADDR", "IPV6ADDR_SECONDARIES")


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of ifcfg files, and their slaves by MASTER."""
    draft = Draft(FORMAT)
    for source in sources:
        found = {entry.key: entry for entry in variables(source)}
        device = value(found, "DEVICE") or source.base.removeprefix("ifcfg-")
        if master := value(found, "MASTER"):
            if value(found, "SLAVE").lower() in YES | {""}:
                draft.bond(master, found["MASTER"].place).slave(device, source.at())
        elif is_bond(found):
            _bond(draft.bond(device, source.at()), found)
    return draft


def is_bond(found: Mapping[str, Entry]) -> bool:
    """Tell whether a file describes a bond."""
    return (
        "BONDING_OPTS" in found
        or value(found, "TYPE").lower() == "bond"
        or value(found, "BONDING_MASTER").lower() in YES
    )


def value(found: Mapping[str, Entry], key: str) -> str:
    """Return the value of a variable, "" where it is not set."""
    return found[key].value.strip() if key in found else ""


def _bond(bond: DraftBond, found: Mapping[str, Entry]) -> None:
    bond.place = found["BONDING_OPTS"].place if "BONDING_OPTS" in found else bond.place
    if "BONDING_OPTS" in found:
        optstring.take(bond, found["BONDING_OPTS"].value, found["BONDING_OPTS"].place)
    for key, entry in found.items():
        if match := ADDRESS.fullmatch(key):
            mask = value(found, f"PREFIX{match[1]}") or value(found, f"NETMASK{match[1]}")
            bond.net.address(entry.value, mask, entry.place)
        elif key in SIX:
            for text in entry.value.split():
                bond.net.address(text, "", entry.place)
