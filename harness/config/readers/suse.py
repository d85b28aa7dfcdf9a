"""ifcfg-* files of SUSE: BONDING_MODULE_OPTS and a numbered variable for each slave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.ini_and_shell import Assignment, variables
from harness.config.readers import optstring
from harness.config.readers.ifcfg import value
from harness.config.source import Source

FORMAT = "suse"
SLAVE = re.compile(r"BONDING_SLAVE_?(\d+)")
ADDRESS = re.compile(r"IPADDR(\w*)")
# What all formats have in common, or the default without these lines.
SAME = {
    "STARTMODE": frozenset({"auto", "onboot", "on", "boot", "hotplug"}),
    "BOOTPROTO": frozenset({"static", "none"}),
    "USERCONTROL": frozenset({"no"}),
}
DYNAMIC4, DYNAMIC6 = ("dhcp", "dhcp4", "dhcp+autoip"), ("dhcp", "dhcp6", "auto6")


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of ifcfg files; the name is that of the file, behind `ifcfg-`."""
    draft = Draft(FORMAT)
    for source in sources:
        found = {entry.key: entry for entry in variables(source, draft)}
        named = source.base.startswith("ifcfg-")
        name = source.base.removeprefix("ifcfg-") if named else optstring.NAMELESS
        with draft.tolerant():
            if "BONDING_MODULE_OPTS" in found or value(found, "BONDING_MASTER").lower() == "yes":
                _bond(draft.bond(name, source.at()), found)
            _upper(draft, name, found, source)
            _addressing(draft, name, found)
    return draft


def _bond(bond: DraftBond, found: Mapping[str, Assignment]) -> None:
    if "BONDING_MASTER" in found:
        bond.mark_used(found["BONDING_MASTER"].place)
    if "BONDING_MODULE_OPTS" in found:
        entry = found["BONDING_MODULE_OPTS"]
        bond.place = entry.place
        bond.mark_used(entry.place)
        optstring.read_options(bond, entry.value, entry.place)
    slaves = {int(m[1]): entry for key, entry in found.items() if (m := SLAVE.fullmatch(key))}
    for _, entry in sorted(slaves.items()):
        if entry.value.strip():
            bond.slave(entry.value.strip(), entry.place)


def _upper(draft: Draft, name: str, found: Mapping[str, Assignment], source: Source) -> None:
    if value(found, "BRIDGE").lower() == "yes":
        draft.bridge(name, value(found, "BRIDGE_PORTS").split(), source.at())
        _mark_used(draft, name, found, "BRIDGE", "BRIDGE_PORTS")
    below = value(found, "ETHERDEVICE")
    number = value(found, "VLAN_ID") or name.rpartition(".")[2].removeprefix("vlan").lstrip("0")
    if below:
        draft.vlan(name, below, number, source.at())
        _mark_used(draft, name, found, "ETHERDEVICE", "VLAN_ID")


def _mark_used(draft: Draft, name: str, found: Mapping[str, Assignment], *keys: str) -> None:
    draft.mark_used_for(name, *(found[key].place for key in keys if key in found))


def _addressing(draft: Draft, name: str, found: Mapping[str, Assignment]) -> None:
    net = draft.net(name)
    for key, entry in found.items():
        text = entry.value.strip().lower()
        if text in SAME.get(key, ()):
            draft.mark_used_for(name, entry.place)
        elif key in ("NETWORK", "BROADCAST"):
            net.mark_implied(text, entry.place)
        if (match := ADDRESS.fullmatch(key)) and entry.value.strip():
            tail = match[1]
            mask = value(found, f"PREFIXLEN{tail}") or value(found, f"NETMASK{tail}")
            net.address(entry.value.strip(), mask, entry.place)
            masks = found.keys() & {f"PREFIXLEN{tail}", f"NETMASK{tail}"}
            net.mark_used(*(found[mask].place for mask in masks))
    if text := value(found, "MTU"):
        net.set_mtu(text, found["MTU"].place)
    protocol = value(found, "BOOTPROTO").lower()
    if protocol in DYNAMIC4 + DYNAMIC6:
        net.set_dynamic(
            found["BOOTPROTO"].place, four=protocol in DYNAMIC4, six=protocol in DYNAMIC6
        )
