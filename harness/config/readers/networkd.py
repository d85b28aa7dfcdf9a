"""systemd-networkd: a .netdev for each bond, .network files that name the bond for its slaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.detect import DROP_INS
from harness.config.draft import Draft, on_off
from harness.config.draft_bond import DraftBond
from harness.config.durations import in_unit
from harness.config.ini_and_shell import Assignment, Section, ini
from harness.config.option_names import NETWORKD, NETWORKD_BOOLEANS, NETWORKD_ROLES
from harness.config.readers.misnamed import misnamed
from harness.config.readers.units import WILD, UnitFile
from harness.config.source import Source

FORMAT = "networkd"
TOOL = "systemd-networkd"
SECONDS = "s"  # what a time without unit counts in
KINDS, OFF = frozenset({"bond", "bridge", "vlan"}), "off"
MACS = frozenset({"MACAddress", "PermanentMACAddress"})
DHCP = {
    **dict.fromkeys(("yes", "true", "on", "1", "both", "y", "t"), (True, True)),
    **dict.fromkeys(("ipv4", "v4"), (True, False)),
    **dict.fromkeys(("ipv6", "v6"), (False, True)),
}
MAIN = ("", "main", "254")
SIZES = {"K": 1024, "M": 1024**2}
SECTIONS = ("Match", "NetDev", "Network", "Bond")


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of .netdev and .network files together."""
    draft = Draft(FORMAT)
    units = list(_units(draft, sources))
    for unit in units:
        unit.before = tuple(one for one in units if one.source.base < unit.source.base)
    numbers = {}
    for unit in units:
        kind, name = unit.first("NetDev", "Kind"), unit.first("NetDev", "Name")
        with draft.tolerant():
            if kind == "bond":
                _bond(draft, unit, name)
        if kind == "bridge" and name:
            draft.bridge(name, (), unit.source.at())
        elif kind == "vlan" and name:
            numbers[name] = unit.first("VLAN", "Id")
        if kind in KINDS:
            _mark_used(draft, name, *unit.entries("NetDev", "Name", "Kind"))
            _mark_used(draft, name, *unit.entries("VLAN", "Id"))
    for unit in units:
        if unit.first("NetDev", "Kind") != "bond":
            misnamed(unit.sections, SECTIONS, TOOL, draft)
        with draft.tolerant():
            _network(draft, unit, numbers)
    for unit in units:
        _addressing(draft, unit)
    return draft


def _mark_used(draft: Draft, name: str, *entries: Assignment) -> None:
    """Mark what identifies the interface of a unit, or its kind."""
    draft.mark_used_for(name, *(entry.place for entry in entries))


def _units(draft: Draft, sources: Sequence[Source]) -> Iterator[UnitFile]:
    """Yield the units; a drop-in is read behind the unit of its directory's name."""
    mains: dict[str, list[Section]] = {}
    homes: dict[str, Source] = {}
    ordered = sorted(sources, key=lambda source: (_is_drop_in(source), source.base))
    for source in ordered if any(map(_is_drop_in, sources)) else sources:
        with draft.tolerant():
            sections = ini(source, draft, joins=True)
            name = source.parent.removesuffix(".d") if _is_drop_in(source) else source.name
            main = next(
                (main for main in mains if main == name or main.endswith(f"/{name}")), name
            )
            if _is_drop_in(source) and main not in mains:
                why = f"{name}, to which this adds, is not given"
                draft.note_unknown("", why, source.at(), "give both", "warning")
            homes.setdefault(main, source)
            mains.setdefault(main, []).extend(sections)
    yield from (UnitFile(homes[name], sections) for name, sections in mains.items())


def _is_drop_in(source: Source) -> bool:
    return source.parent.endswith(DROP_INS)


def _bond(draft: Draft, unit: UnitFile, name: str) -> None:
    head = next(section for section in unit.sections if section.name == "NetDev")
    if not name:
        why = "a bond without Name=, which systemd-networkd ignores"
        draft.note_unknown("", why, head.place, "write Name=bond0", "error")
        return
    first = next((one for one in unit.before if one.first("NetDev", "Name") == name), None)
    if first is not None:
        why = f"{first.source.base} makes {name}, and systemd-networkd makes it once"
        draft.note_unknown("", why, head.place, "remove one of the two", "warning")
        return
    own = [section for section in unit.sections if section.name == "Bond"]
    bond = draft.bond(name, own[0].place if own else unit.source.at(1))
    misnamed(unit.sections, SECTIONS, TOOL, bond)
    for section in own:
        for entry in section.entries:
            _option(bond, entry)
    for entry in unit.entries("NetDev", "MTUBytes"):
        bond.net.set_mtu(_size(entry.value), entry.place)


def _option(bond: DraftBond, entry: Assignment) -> None:
    name = NETWORKD.get(entry.key)
    if name is None:
        hint = near(entry.key, NETWORKD)
        if not hint.startswith("did"):
            hint = "[Bond] in systemd.netdev(5) has what there is"
        why = "systemd-networkd has no such setting and ignores it"
        bond.note_unknown(entry.spelled, why, entry.place, hint)
    elif not entry.value:
        bond.mark_used(entry.place)
        bond.given = [
            option for option in bond.given if option.name != name
        ]  # empty: forget what was set
    elif "," in entry.value and isinstance(OPTIONS[name].default, tuple):
        why = "systemd-networkd takes spaces between targets, and ignores what has a comma"
        hint = f"write {entry.key}={' '.join(entry.value.replace(',', ' ').split())}"
        bond.note_unknown(entry.spelled, why, entry.place, hint)
        if left := " ".join(word for word in entry.value.split() if "," not in word):
            bond.option(name, kernel_value(name, left), entry.place, entry.spelled)
    else:
        bond.option(name, kernel_value(name, entry.value), entry.place, entry.spelled)


def kernel_value(name: str, text: str) -> str:
    """Return a value in the kernel's form: times in its unit, yes and no as on and off."""
    unit = OPTIONS[name].unit
    if unit:
        return in_unit(text, unit, SECONDS) or text
    if isinstance(OPTIONS[name].default, tuple):
        return ",".join(text.split())
    return on_off(text) if name in NETWORKD_BOOLEANS else text


def _network(draft: Draft, unit: UnitFile, numbers: dict[str, str]) -> None:
    """Add the controller of a .network file's interfaces, and their upper devices."""
    names = _named(draft, unit)
    _left_out(draft, unit)
    for name in names:
        _mark_used(
            draft, name, *(entry for called, entry in unit.names if fnmatchcase(name, called))
        )
    for entry in unit.entries("Network", "Bond"):
        bond = draft.referred(entry.value, entry.place)
        bond.mark_used(entry.place)
        _slaves(bond, unit, entry)
    if not list(unit.entries("Network", "Bond")):
        _roles_without_bond(draft, unit)
    for entry in unit.entries("Network", "Bridge"):
        draft.bridge(entry.value, names, entry.place)
        _mark_used(draft, entry.value, *[entry] * bool(names))
    for entry in unit.entries("Network", "VLAN"):
        for vlan in entry.value.split():
            for below in names:
                draft.vlan(vlan, below, numbers.get(vlan, ""), entry.place)
                _mark_used(draft, vlan, entry)


def _left_out(draft: Draft, unit: UnitFile) -> None:
    """Remark on interfaces that are, or may be, matched by an earlier file."""
    hint = "put all that is for it in one file, or give this one a lower name"
    wide = next((one for one in unit.before if one.takes_ethernet), None)
    enslaves = bool(unit.first("Network", "Bond"))
    for name, entry in unit.names:
        owner = unit.owner(name)
        if owner is not None and not WILD & set(name):
            why = f"{owner.source.base} matches {name} before, and nothing here is set on it"
            draft.note_unknown("", why, entry.place, hint, "warning")
        elif wide is not None and enslaves:
            why = (
                f"{wide.source.base} matches all of Type=ether before: where {name} is Ethernet, "
                "it is no slave"
            )
            draft.note_unknown(entry.spelled, why, entry.place, hint, "warning")


def _slaves(bond: DraftBond, unit: UnitFile, entry: Assignment) -> None:
    roles = [(option, entry) for key, option in NETWORKD_ROLES.items()
             for entry in unit.entries("Network", key) if on_off(entry.value) == "on"]  # fmt: skip
    bond.mark_used(
        *(
            entry.place
            for entry in unit.entries("Network", *NETWORKD_ROLES)
            if on_off(entry.value) == OFF
        )
    )
    for name, match in unit.names:
        if WILD & set(name):
            bond.match("name", name, match.place, match.spelled)
    for name, match in unit.exact:
        bond.slave(name, match.place)
        for option, one in roles:
            bond.option(option, name, one.place, one.spelled)
    if unit.names:
        return
    others = [entry for section in unit.sections if section.name == "Match"
              for entry in section.entries if entry.value]  # fmt: skip
    for other in others[:1]:
        by = "mac" if other.key in MACS else other.key
        bond.match(by, other.value, other.place, other.spelled)
    if not others:
        why = "there is no condition in [Match], and systemd-networkd ignores the file"
        bond.note_unknown(entry.spelled, why, entry.place, "write [Match] and Name=", "error")


def _roles_without_bond(draft: Draft, unit: UnitFile) -> None:
    """Remark on settings that make a slave the primary in a file that is for no slave."""
    for entry in unit.entries("Network", *NETWORKD_ROLES):
        why = "is set without Bond=, and systemd-networkd silently ignores it"
        hint = "write it in the .network file of the slave, beside Bond="
        draft.note_unknown(entry.spelled, why, entry.place, hint, "warning")


def _named(draft: Draft, unit: UnitFile) -> list[str]:
    """Return the interfaces that are named, and the bonds and uppers that a pattern matches."""
    patterns = [name for name, _ in unit.names if WILD & set(name)]
    free = [name for name in (*draft.bonds, *draft.uppers) if unit.owner(name) is None]
    matched = (name for name in free for pattern in patterns if fnmatchcase(name, pattern))
    return list(dict.fromkeys((*(name for name, _ in unit.exact), *matched)))


def _addressing(draft: Draft, unit: UnitFile) -> None:
    """Add the IP of every interface of a file."""
    for name in _named(draft, unit):
        net = draft.net(name)
        for entry in (*unit.entries("Network", "Address"), *unit.entries("Address", "Address")):
            net.address(entry.value, "", entry.place)
        for entry in unit.entries("Network", "Gateway"):
            net.gateway(entry.value, entry.place)
        for route, entry in _routes(unit):
            net.gateway(entry.value, entry.place)
            net.mark_used(*(entry.place for entry in route.entries if entry.key == "Destination"))
        for entry in unit.entries("Link", "MTUBytes"):
            net.set_mtu(_size(entry.value), entry.place)
        for entry in unit.entries("Network", "DHCP"):
            if entry.value == unit.first("Network", "DHCP"):
                four, six = DHCP.get(entry.value.lower(), (False, False))
                net.set_dynamic(entry.place, four=four, six=six)


def _routes(unit: UnitFile) -> Iterator[tuple[Section, Assignment]]:
    """Yield default routes of the main table and their gateways."""
    for section in unit.sections:
        default = section.get("Destination") in ("", "0.0.0.0/0", "::/0")
        if section.name == "Route" and default and section.get("Table") in MAIN:
            for entry in section.entries:
                if entry.key == "Gateway" and entry.value and entry.value[:1] != "_":
                    yield section, entry


def _size(text: str) -> str:
    """Return a number of bytes, which systemd takes with a suffix too."""
    number, suffix = text[:-1], text[-1:]
    return str(int(number) * SIZES[suffix]) if suffix in SIZES and number.isdigit() else text
