"""NetworkManager's keyfiles: one profile for the bond, one for each of its ports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.config.draft import Draft, DraftBond
from harness.config.lines import Entry, Section, ini
from harness.config.model import Given, Place
from harness.config.source import Source

FORMAT = "nm"
ADDRESS = re.compile(r"address(es)?\d*")
IMPLIED = "100"  # ms


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds of profiles; ports name theirs by interface, uuid or id."""
    draft = Draft(FORMAT)
    profiles = [(source, {s.name: s for s in ini(source)}) for source in sources]
    known: dict[str, DraftBond] = {}
    for _, sections in profiles:
        head = sections.get("connection")
        if head is None or (head.get("type") != "bond" and "bond" not in sections):
            continue
        name = head.get("interface-name") or head.get("id") or "bond0"
        bond = draft.bond(name, head.place)
        known |= dict.fromkeys((name, head.get("uuid"), head.get("id")), bond)
        _bond(bond, sections)
        default_monitor(bond)
    for source, sections in profiles:
        _port(draft, source, sections, known)
    return draft


def default_monitor(bond: DraftBond) -> None:
    """Add what NetworkManager does without being asked: miimon=100 where nothing monitors."""
    given = {one.name: one.value for one in bond.given}
    if "miimon" not in given and not given.get("arp_interval"):
        said = "miimon=100 (NetworkManager's default)"
        bond.given.append(Given.read("miimon", IMPLIED, bond.place, bond.format, said))


def _bond(bond: DraftBond, sections: dict[str, Section]) -> None:
    for entry in sections["bond"].entries if "bond" in sections else ():
        # Profiles of old have the options with an escape, as GLib's key files have it.
        bond.option(entry.key, plain(entry.value), entry.place, entry.spelled)
    for name in ("ipv4", "ipv6"):
        for entry in sections[name].entries if name in sections else ():
            if ADDRESS.fullmatch(entry.key):
                for text in _addresses(entry):
                    bond.net.address(text, "", entry.place)


def plain(text: str) -> str:
    r"""Return a value without the backslashes that protect commas: NAME=a\,b."""
    return text.replace("\\,", ",").rstrip(";")


def _addresses(entry: Entry) -> Iterable[str]:
    if entry.key.startswith("addresses"):
        return [text for text in re.split(r"[;,\s]+", entry.value) if text]
    return [re.split(r"[,;]", entry.value)[0].strip()]  # address1=192.0.2.1/24,192.0.2.254


def _port(
    draft: Draft, source: Source, sections: dict[str, Section], known: dict[str, DraftBond]
) -> None:
    head = sections.get("connection")
    if head is None or "bond" not in (head.get("slave-type"), head.get("port-type")):
        return
    controller = head.get("master") or head.get("controller")
    name, place = head.get("interface-name"), head.place
    bond = known.get(controller) if controller else None
    if bond is None and controller and "-" not in controller:
        bond = draft.bond(controller, place)
    if bond is None or not name:
        why = "which bond, or which interface, this is for cannot be told"
        draft.unknown(f"master={controller}", why, place, "give the bond's profile as well")
        return
    bond.slave(name, Place(source.name, place.line))
    for entry in sections["bond-port"].entries if "bond-port" in sections else ():
        option = entry.key.replace("-", "_")
        bond.slave_option(name, option, entry.value, entry.place, entry.spelled)
