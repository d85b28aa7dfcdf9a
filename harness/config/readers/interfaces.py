"""/etc/network/interfaces in both spellings: ifenslave's (Debian, Ubuntu) and ifupdown2's.

What creates a bond, and what is ignored, is as in ifenslave 2.13 (if-pre-up.d/ifenslave) and in
ifupdown2 3.0 (addons/bond.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from harness.bonding import OPTIONS
from harness.config.draft import OPEN_VSWITCH, Draft, on_off
from harness.config.draft_bond import DraftBond
from harness.config.names import interface_of
from harness.config.option_names import IFUPDOWN2_OLD
from harness.config.place import Place
from harness.config.readers import iplink
from harness.config.readers.ports import expanded, named, ports
from harness.config.scripts import commands
from harness.config.source import Source
from harness.config.stanzas import HOOKS, LOOPBACK, Line, Stanza, inherited, stanzas, started

FORMAT = "interfaces"
SLAVES = ("bond_slaves", "bond_ports", "bond_members")
SHARED = frozenset({"clag-id", "clag_id", "es-sys-mac", "es-sys-id"})  # MLAG, EVPN multihoming
NOT_OPTIONS = frozenset({"slaves", "ports", "master", "members", "give_a_chance"})
LISTS = frozenset({*SLAVES, "bond_arp_ip_target", "bond_ns_ip6_target", "bond_queue_id"})
BY_RULE = frozenset({"all", "regex"})  # ports that no list names
ALIKE = 0.85  # of 1, where it is the same word: bound_mode, bond-arp_intervall
OF_SLAVES = frozenset({"primary", "primary_reselect"})  # which setup_slave_device sets too


def read(sources: Sequence[Source], format_: str = FORMAT) -> Draft:
    """Return the bonds of interfaces files, whether the bond names its slaves or they name it."""
    draft = Draft(format_)
    begun = [stanza for source in sources for stanza in stanzas(draft, source)]
    up = frozenset(name for source in sources for name in started(source))
    found = inherited(draft, begun, up)
    if format_ == "ifupdown2":
        found = [one for stanza in found for one in _ranged(stanza)]
    for stanza in found:
        if _is_bond(stanza, format_):
            with draft.tolerant():
                _bond(draft.bond(stanza.name, stanza.place), stanza)
    for stanza in found:
        for master, place in stanza.values("bond_master"):
            with draft.tolerant():
                if format_ == "ifupdown2":
                    _left_out(draft, stanza, master, place)
                else:
                    _enslaved(stanza, draft.referred(master, place))
    for stanza in found:
        _add_to_interface(draft, stanza)
    for bond in draft.bonds.values():
        _made(bond, [stanza for stanza in found if stanza.name == bond.name])
    return draft


def _add_to_interface(draft: Draft, stanza: Stanza) -> None:
    """Add what a stanza of any interface has: addresses, an upper device, commands."""
    if stanza.known and stanza.name == LOOPBACK:
        draft.mark_used(stanza.place)
    elif stanza.known:
        draft.mark_used_for(interface_of(stanza.name), stanza.place)
    _addresses(draft, stanza)
    _upper(draft, stanza)
    _hooks(draft, stanza)


def _ranged(stanza: Stanza) -> list[Stanza]:
    """Return a stanza for each interface of a range, as in iface bond[1-4]."""
    if "[" not in stanza.name:
        return [stanza]
    return [replace(stanza, name=name) for name in expanded(stanza.name)]


def _is_bond(stanza: Stanza, format_: str) -> bool:
    """Return whether a stanza is a bond's; to ifenslave, bond-master makes it a slave's."""
    bonds = {key for key in stanza.keys if key.startswith("bond_")}
    if format_ == "ifupdown2":
        bonds -= {"bond_master"}
    return bool(stanza.name and bonds and "bond_master" not in bonds)


def _bond(bond: DraftBond, stanza: Stanza) -> None:
    bond.shared = bond.shared or bool(stanza.keys & SHARED)
    lines = list(_once(bond, stanza))
    for line in (line for line in lines if line.key in SLAVES):
        bond.mark_used(line.place)
        for name in ports(bond, line.value, line.place):
            bond.slave(name, line.place)
    for line in lines:
        name = line.key.removeprefix("bond_")
        if name == line.key:
            _forgotten(bond, line)
        elif not line.value and bond.format == FORMAT:
            why = "it has no value, and ifupdown refuses the whole file"
            bond.note_unknown(
                line.spelled, why, line.place, "write a value, or leave it out", refused=True
            )
        elif name not in NOT_OPTIONS:
            _option(bond, name, line, stanza)


def _once(bond: DraftBond, stanza: Stanza) -> Iterator[Line]:
    """Yield the lines that are in force where some occur twice: mostly the first ones.

    ifupdown passes both values as lines of one, of which the driver reads the first; ifenslave
    reads all words of a list. ifupdown2 reads only the first. Of bond-mode and bond_mode, which
    ifupdown makes one variable in two assignments, the shell of ifenslave has the last one.
    """
    counts: list[Line] = []
    for line in stanza.lines:
        listed = bond.format == FORMAT and line.key in LISTS
        alike = [nth for nth, one in enumerate(counts) if one.key == line.key]
        if not alike or listed or not line.key.startswith("bond_"):
            counts.append(line)
            continue
        first = counts[alike[0]]
        which = "last" if bond.format == FORMAT and first.word != line.word else "first"
        if which == "last":
            counts[alike[0]] = line
        bond.mark_used(first.place, line.place)
        if first.value != line.value:
            why = f"the stanza has {first.spelled} before, and the {which} one counts"
            bond.note_unknown(line.spelled, why, line.place, "keep one of the two", "warning")
    yield from counts


def _forgotten(bond: DraftBond, line: Line) -> None:
    """Remark on a line that is a misspelt option of the bond."""
    name = line.key.replace("-", "_").lower()
    known = [f"bond_{one}" for one in OPTIONS]
    near = [f"bond_{name}"] if name in OPTIONS else get_close_matches(name, known, 1, ALIKE)
    if near:
        why = "this is ignored: options of a bond begin with bond-"
        hint = f"write {near[0].replace('_', '-')} {line.value}"
        bond.note_unknown(line.spelled, why, line.place, hint)


def _option(bond: DraftBond, name: str, line: Line, stanza: Stanza) -> None:
    name = IFUPDOWN2_OLD.get(name, name)
    if name == "queue_id":
        for pair in line.value.split():
            slave, _, number = pair.rpartition(":")
            bond.slave_option(slave or stanza.name, "queue_id", number, line.place, line.spelled)
    elif name == "lacp_bypass_allow":
        why = "an option of Cumulus Linux, no kernel of kernel.org has it"
        bond.note_unknown(line.spelled, why, line.place)
    else:
        bond.option(name, _value(name, line.value, bond.format), line.place, line.spelled)


def _value(name: str, text: str, format_: str) -> str:
    words = text.split()
    if name in OPTIONS and isinstance(OPTIONS[name].default, tuple):
        return ",".join(words)
    if name == "primary" and words:
        return words[0]  # ifenslave takes the first of them that is a slave
    return on_off(text) if format_ == "ifupdown2" and name == "use_carrier" else text


def _left_out(draft: Draft, stanza: Stanza, master: str, place: Place) -> None:
    """Remark on a slave that names its bond, which ifupdown2 does not know."""
    why = f"ifupdown2 has no such setting: {stanza.name} is not enslaved"
    hint = f"write bond-slaves {stanza.name} in the stanza of {master}"
    draft.note_unknown(f"bond-master {master}", why, place, hint, "error")


def _enslaved(stanza: Stanza, bond: DraftBond) -> None:
    """Add a slave that names its bond; ifenslave reads only the primary in its stanza."""
    bond.slave(stanza.name, stanza.place)
    bond.mark_used(*(place for _, place in stanza.values("bond_master")))
    given = {(option.name, option.raw) for option in bond.given}
    for line in stanza.lines:
        name = line.key.removeprefix("bond_")
        if name == line.key or name in NOT_OPTIONS:
            continue
        if name == "queue_id" or name in OF_SLAVES:
            _option(bond, name, line, stanza)
        elif (name, line.value) not in given:
            why = f"ifenslave ignores it in a slave's stanza, so {bond.name} does not get it"
            hint = f"write it in the stanza of {bond.name}"
            bond.note_unknown(line.spelled, why, line.place, hint, "warning")
        else:
            bond.mark_used(line.place)


def _made(bond: DraftBond, own: list[Stanza]) -> None:
    """Remark on a bond that the tool does not make of a stanza."""
    keys = frozenset[str]().union(*(stanza.keys for stanza in own))
    options = keys & {f"bond_{name}" for name in OPTIONS}
    if keys & set(SLAVES) or not own or (by_hand := bond.slaves and not options):
        return
    if bond.format == "ifupdown2" and not by_hand:
        why = f"{bond.name} has no bond-slaves, so ifupdown2 makes no bond of it"
        bond.note_unknown("", why, bond.place, "write bond-slaves with the names of the slaves")
    elif options and "bond_mode" not in keys:
        why = f"{bond.name} has neither bond-slaves nor bond-mode: ifenslave makes no bond of it"
        bond.note_unknown("", why, bond.place, "write bond-mode, and bond-slaves none")


def _addresses(draft: Draft, stanza: Stanza) -> None:
    """Add the IP of any interface; to which bond it belongs may follow later."""
    if not stanza.name:
        return
    net = draft.net(interface_of(stanza.name))
    four = (stanza.family, stanza.method) == ("inet", "dhcp")
    six = stanza.family == "inet6" and stanza.method in ("dhcp", "auto")
    net.dhcp4, net.dhcp6 = net.dhcp4 or four, net.dhcp6 or six
    mask = stanza.first("netmask")
    for text, place in stanza.values("address"):
        if text.split():
            net.address(text.split()[0], mask, place)
            net.mark_used(*(where for _, where in stanza.values("netmask")))
    for text, place in stanza.values("network", "broadcast"):
        net.mark_implied(text, place)
    for text, place in stanza.values("gateway"):
        net.gateway(text.split()[0] if text.split() else text, place)
    for text, place in stanza.values("mtu"):
        net.set_mtu(text, place)


def _upper(draft: Draft, stanza: Stanza) -> None:
    """Add a bridge or a VLAN, identified by its name or by its raw device."""
    for text, place in stanza.values("bridge_ports"):
        draft.bridge(stanza.name, named(text), stanza.place)
        if not BY_RULE & set(text.split()):
            draft.mark_used_for(stanza.name, place)
    if stanza.first("ovs_type", "ovs-type").endswith("OVSBond"):
        draft.note_unknown(stanza.name, OPEN_VSWITCH, stanza.place, level="note")
    below, dot, number = stanza.name.rpartition(".")
    raw = stanza.first("vlan_raw_device")
    if raw and not dot:
        number = stanza.first("vlan_id") or stanza.name.removeprefix("vlan").lstrip("0")
    if raw or (dot and below):
        for _, place in stanza.values("vlan_raw_device", "vlan_id"):
            draft.mark_used_for(stanza.name, place)
        draft.vlan(stanza.name, raw or below, number, stanza.place)


def _hooks(draft: Draft, stanza: Stanza) -> None:
    """Add the effect of commands: ip, ifenslave, echo into a bond's sysfs."""
    known = {"IFACE": stanza.name}
    for line in (line for line in stanza.lines if line.key in HOOKS):
        for command in commands(Source(line.place.file, line.value), known):
            place = replace(line.place, column=command.place.column)
            with draft.tolerant():
                iplink.read_command(draft, replace(command, place=place, text=line.spelled))
