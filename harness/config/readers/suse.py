"""ifcfg-* files of SUSE: BONDING_MODULE_OPTS and a numbered variable for each slave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.config.draft import Draft, DraftBond
from harness.config.lines import Entry, variables
from harness.config.readers import optstring
from harness.config.readers.ifcfg import value
from harness.config.source import Source

FORMAT = "suse"
SLAVE = re.compile(r"BONDING_SLAVE_?(\d+)")
ADDRESS = re.compile(r"IPADDR(\w*)")


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of ifcfg files; the name is that of the file, behind `ifcfg-`."""
    draft = Draft(FORMAT)
    for source in sources:
        found = {entry.key: entry for entry in variables(source)}
        if "BONDING_MODULE_OPTS" in found or value(found, "BONDING_MASTER").lower() == "yes":
            named = source.base.startswith("ifcfg-")
            name = source.base.removeprefix("ifcfg-") if named else optstring.NAMELESS
            _bond(draft.bond(name, source.at()), found)
    return draft


def _bond(bond: DraftBond, found: Mapping[str, Entry]) -> None:
    if "BONDING_MODULE_OPTS" in found:
        entry = found["BONDING_MODULE_OPTS"]
        bond.place = entry.place
        optstring.take(bond, entry.value, entry.place)
    slaves = {int(m[1]): entry for key, entry in found.items() if (m := SLAVE.fullmatch(key))}
    for _, entry in sorted(slaves.items()):
        if entry.value.strip():
            bond.slave(entry.value.strip(), entry.place)
    for key, entry in found.items():
        if (match := ADDRESS.fullmatch(key)) and entry.value.strip():
            tail = match[1]
            mask = value(found, f"PREFIXLEN{tail}") or value(found, f"NETMASK{tail}")
            bond.net.address(entry.value.strip(), mask, entry.place)
