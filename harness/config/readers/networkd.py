"""systemd-networkd: a .netdev for each bond, .network files that name the bond for its slaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS
from harness.bonding.options import near
from harness.config.draft import Draft, DraftBond, switch
from harness.config.lines import Entry, Section, ini
from harness.config.model import ConfigError
from harness.config.names import NETWORKD
from harness.config.source import Source
from harness.config.spans import in_unit

FORMAT = "networkd"
SECONDS = "s"  # what a time without unit counts in
SWITCHES = frozenset({"all_slaves_active", "tlb_dynamic_lb"})
ROLES = {"PrimarySlave": "primary", "ActiveSlave": "active_slave"}


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of .netdev and .network files together."""
    draft = Draft(FORMAT)
    parsed = [(source, ini(source, joins=True)) for source in sources]
    for source, sections in parsed:
        if any(section.name == "NetDev" for section in sections):
            _netdev(draft, source, sections)
    for _, sections in parsed:
        if any(section.name == "Network" for section in sections):
            _network(draft, sections)
    return draft


def _netdev(draft: Draft, source: Source, sections: list[Section]) -> None:
    head = next(section for section in sections if section.name == "NetDev")
    if head.get("Kind") != "bond":
        return
    if not head.get("Name"):
        raise ConfigError("a bond without Name=", head.place, hint="write Name=bond0")
    bond = draft.bond(head.get("Name"), source.at())
    for section in sections:
        if section.name != "Bond":
            continue
        bond.place = section.place
        for entry in section.entries:
            _option(bond, entry)


def _option(bond: DraftBond, entry: Entry) -> None:
    name = NETWORKD.get(entry.key)
    if name is None:
        bond.unknown(entry.spelled, "systemd-networkd has no such setting and ignores it",
                   entry.place, near(entry.key, NETWORKD))  # fmt: skip
    elif not entry.value:
        bond.given = [one for one in bond.given if one.name != name]  # empty: forget what was set
    else:
        bond.option(name, kernels(name, entry.value), entry.place, entry.spelled)


def kernels(name: str, text: str) -> str:
    """Return a value as the kernel has it: times in its unit, yes and no as on and off."""
    unit = OPTIONS[name].unit
    if unit:
        return in_unit(text, unit, SECONDS) or text
    if isinstance(OPTIONS[name].default, tuple):
        return ",".join(text.split())
    return switch(text) if name in SWITCHES else text


def _network(draft: Draft, sections: list[Section]) -> None:
    names = [
        (name, entry)
        for section in sections
        if section.name == "Match"
        for entry in section.entries
        if entry.key == "Name"
        for name in entry.value.split()
    ]
    for entry in _entries(sections, "Network", "Bond"):
        bond = draft.bond(entry.value, entry.place)
        for name, match in names:
            _slave(bond, name, match, sections)
        if not names:
            bond.unknown(entry.spelled, "which interface this is for cannot be told",
                       entry.place, "give it Name= in [Match]")  # fmt: skip
    _lonely_roles(draft, sections)
    for name, _ in names:
        if name in draft.bonds:
            for entry in _addresses(sections):
                draft.bonds[name].net.address(entry.value, "", entry.place)


def _lonely_roles(draft: Draft, sections: list[Section]) -> None:
    """Remark on what makes a slave the primary, where the file is for no slave."""
    if not list(_entries(sections, "Network", "Bond")):
        for key in ROLES:
            for entry in _entries(sections, "Network", key):
                why = "stands without Bond=, and systemd-networkd passes over it in silence"
                hint = "write it in the .network file of the slave, beside Bond="
                draft.unknown(entry.spelled, why, entry.place, hint, "warning")


def _slave(bond: DraftBond, name: str, match: Entry, sections: list[Section]) -> None:
    if set(name) & set("*?[]!"):
        bond.unknown(match.spelled, "which interfaces this matches cannot be told", match.place,
                   "give their names")  # fmt: skip
        return
    bond.slave(name, match.place)
    for key, option in ROLES.items():
        for entry in _entries(sections, "Network", key):
            if switch(entry.value) == "on":
                bond.option(option, name, entry.place, entry.spelled)


def _entries(sections: list[Section], section: str, key: str) -> Iterator[Entry]:
    for one in sections:
        if one.name == section:
            yield from (entry for entry in one.entries if entry.key == key and entry.value)


def _addresses(sections: list[Section]) -> Iterator[Entry]:
    yield from _entries(sections, "Network", "Address")
    yield from _entries(sections, "Address", "Address")
