"""ifcfg-* files of Red Hat's kind (initscripts, NetworkManager's ifcfg-rh)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.config.draft import OPEN_VSWITCH, Draft
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.ini_and_shell import Assignment, variables
from harness.config.names import INTERFACE, interface_of
from harness.config.readers import optstring
from harness.config.source import Source
from harness.config.tool_support import INITSCRIPTS

FORMAT = "ifcfg"
ADDRESS = re.compile(r"IPADDR(\d*)")
YES = frozenset({"yes", "true", "t", "y", "1"})
NO = frozenset({"no", "false", "f", "n", "0"})
SIX = ("IPV6ADDR", "IPV6ADDR_SECONDARIES")
GATEWAYS = re.compile(r"GATEWAY\d*|IPV6_DEFAULTGW")
DYNAMIC4 = frozenset({"dhcp", "bootp"})
MASTERS = ("MASTER", "MASTER_UUID")
# What identifies the interface of a file, or is what other files call it.
WHICH = frozenset({"DEVICE", "NAME", "UUID"})
# What all formats have in common, or the default without these lines.
SAME: Mapping[str, frozenset[str]] = {
    "TYPE": frozenset({"bond", "bridge", "vlan", "ethernet"}),
    "ONBOOT": YES,
    "BOOTPROTO": frozenset({"none", "static"}),
    "IPV6INIT": YES,
    "DEFROUTE": YES,
    "USERCTL": frozenset({"no"}),
    "SLAVE": YES,
    "VLAN": YES,
}
Variables = Mapping[str, Assignment]


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of ifcfg files, and their slaves by MASTER: a name, or a uuid."""
    draft = Draft(FORMAT)
    files = [
        (source, {entry.key: entry for entry in variables(source, draft)}) for source in sources
    ]
    known = {value(found, key): device(source, found) for source, found in files
             for key in ("UUID", "NAME") if is_bond(found)}  # fmt: skip
    for source, found in files:
        if is_bond(found):
            with draft.tolerant():
                _bond(draft.bond(device(source, found), source.at()), found)
    for source, found in files:
        with draft.tolerant():
            if not is_bond(found):
                _other(draft, source, found, known)
            name = interface_of(device(source, found))
            _addressing(draft, name, found)
            _accounted(draft, name, found)
    return draft


def device(source: Source, found: Variables) -> str:
    """Return the interface of a file: DEVICE, else the suffix of its name."""
    return value(found, "DEVICE") or source.base.removeprefix("ifcfg-")


def is_bond(found: Variables) -> bool:
    """Return whether a file describes a bond."""
    return (
        "BONDING_OPTS" in found
        or value(found, "TYPE").lower() == "bond"
        or value(found, "BONDING_MASTER").lower() in YES
    )


def value(found: Variables, key: str) -> str:
    """Return the value of a variable, "" where it is not set."""
    return found[key].value.strip() if key in found else ""


def _bond(bond: DraftBond, found: Variables) -> None:
    bond.place = found["BONDING_OPTS"].place if "BONDING_OPTS" in found else bond.place
    bond.mark_used(
        *(found[key].place for key in ("BONDING_OPTS", "BONDING_MASTER") if key in found)
    )
    if (entry := found.get("NM_CONTROLLED")) and entry.value.strip().lower() in NO:
        bond.renderer = INITSCRIPTS
        why = "NetworkManager ignores the bond: only the initscripts create it"
        hint = "install network-scripts, which RHEL 9 does not have, or remove the line"
        bond.note_unknown(entry.spelled, why, entry.place, hint, "note")
    if (entry := found.get("ONBOOT")) and entry.value.strip().lower() in NO:
        why = "the bond is not made at boot, only by hand"
        bond.note_unknown(entry.spelled, why, entry.place, "write ONBOOT=yes", "note")
    if "BONDING_OPTS" in found:
        optstring.read_options(bond, found["BONDING_OPTS"].value, found["BONDING_OPTS"].place)


def _other(draft: Draft, source: Source, found: Variables, known: Mapping[str, str]) -> None:
    """Add a slave, a bridge or a VLAN."""
    key = next((key for key in MASTERS if value(found, key)), "")
    if key and value(found, "SLAVE").lower() in YES | {""}:
        master = value(found, key)
        named = known.get(master, master)
        if INTERFACE.fullmatch(named):
            bond = draft.referred(named, found[key].place)
            bond.mark_used(found[key].place)
            _slave(bond, source, found)
            if bond.matches and not value(found, "DEVICE"):
                _accounted(draft, bond.name, found)
        else:
            why = "no file has the bond of that name or uuid"
            draft.note_unknown(
                found[key].spelled, why, found[key].place, "also give its file", "warning"
            )
    name = device(source, found)
    if value(found, "TYPE").lower() == "ovsbond":
        draft.note_unknown(name, OPEN_VSWITCH, source.at(), level="note")
    if value(found, "TYPE").lower() == "bridge":
        draft.bridge(name, (), source.at())
    below, dot, number = name.rpartition(".")
    if value(found, "VLAN").lower() in YES or value(found, "TYPE").lower() == "vlan":
        below, number = (below, number) if dot else ("", name.removeprefix("vlan").lstrip("0"))
        number = value(found, "VLAN_ID") or number
        draft.vlan(name, value(found, "PHYSDEV") or below, number, source.at())
        for key in {"PHYSDEV", "VLAN_ID"} & found.keys():
            draft.mark_used_for(name, found[key].place)


def _accounted(draft: Draft, name: str, found: Variables) -> None:
    """Mark what identifies the interface, and what all formats do."""
    for key, entry in found.items():
        text = entry.value.strip().lower()
        if key in WHICH or text in SAME.get(key, ()):
            draft.mark_used_for(name, entry.place)


def _slave(bond: DraftBond, source: Source, found: Variables) -> None:
    """Add a slave by its name, or by its MAC if the file has no DEVICE."""
    mac = value(found, "HWADDR")
    if mac and not value(found, "DEVICE"):
        bond.match("mac", mac, found["HWADDR"].place, found["HWADDR"].spelled, source.base)
    else:
        bond.slave(device(source, found), source.at())


def _addressing(draft: Draft, name: str, found: Variables) -> None:
    net = draft.net(name)
    for key, entry in found.items():
        text = entry.value.strip()
        if (match := ADDRESS.fullmatch(key)) and text:
            mask = value(found, f"PREFIX{match[1]}") or value(found, f"NETMASK{match[1]}")
            net.address(text, mask, entry.place)
            masks = found.keys() & {f"PREFIX{match[1]}", f"NETMASK{match[1]}"}
            net.mark_used(*(found[mask].place for mask in masks))
        elif key in SIX:
            for word in text.split():
                net.address(word, "", entry.place)
        elif GATEWAYS.fullmatch(key) and text:
            net.gateway(text.partition("%")[0], entry.place)
        elif key == "MTU" and text:
            net.set_mtu(text, entry.place)
        elif key == "BRIDGE" and text:
            draft.bridge(text, (name,), entry.place)
            draft.mark_used_for(name, entry.place)
    _dynamic(net, found)


def _dynamic(net: DraftNet, found: Variables) -> None:
    """Add the sources of further addresses, and mark what follows from the given ones."""
    for key, entry in found.items():
        text = entry.value.strip().lower()
        if key == "BOOTPROTO" and text in DYNAMIC4:
            net.set_dynamic(entry.place, four=True)
        elif key in ("DHCPV6C", "IPV6_AUTOCONF") and text in YES:
            net.set_dynamic(entry.place, six=True)
        elif key == "IPV6_AUTOCONF" and value(found, "IPV6ADDR"):
            net.mark_used(entry.place)  # a static address instead
        elif key in ("NETWORK", "BROADCAST"):
            net.mark_implied(text, entry.place)
