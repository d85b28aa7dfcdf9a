"""/etc/network/interfaces in both spellings: ifenslave's (Debian, Ubuntu) and ifupdown2's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.bonding import OPTIONS
from harness.config.draft import Draft, DraftBond, switch
from harness.config.lines import joined
from harness.config.model import ConfigError, Place
from harness.config.names import IFUPDOWN2_OLD
from harness.config.source import Source

FORMAT = "interfaces"
BETWEEN = frozenset(
    [
        "auto",
        "mapping",
        "source",
        "source-directory",
        "source-dir",
        "no-auto-down",
        "no-scripts",
        "template",
        "rename",
        "vlan",
    ]
)
HOOKS = frozenset({"pre-up", "up", "post-up"})
ENSLAVE = re.compile(r"(?:/sbin/)?ifenslave\s+(?!-)(\S+)\s+([^;&|]+)")
ECHO = re.compile(r"echo\s+(['\"]?)([^'\">]*?)\1\s*>+\s*/sys/class/net/(\S+?)/bonding/(\w+)")
NOT_OPTIONS = frozenset({"slaves", "ports", "master", "members", "give_a_chance"})
RANGE = re.compile(r"(.*?)([0-9]{1,4})-([0-9]{1,4})(.*)")
MOST = 128


@dataclass(slots=True)
class _Stanza:
    name: str
    place: Place
    lines: list[tuple[str, str, Place]] = field(default_factory=list)

    def values(self, *keys: str) -> Iterator[tuple[str, Place]]:
        yield from ((value, place) for key, value, place in self.lines if key in keys)


def read(sources: Sequence[Source], format_: str = FORMAT) -> Draft:
    """Return the bonds of interfaces files, whichever end of a bond names the other."""
    draft = Draft(format_)
    stanzas = [stanza for source in sources for stanza in _stanzas(source)]
    for stanza in stanzas:
        if _makes_a_bond(stanza):
            bond = draft.bond(stanza.name, stanza.place)
            _slaves(bond, stanza)
    for stanza in stanzas:
        if stanza.name in draft.bonds:
            _addresses(draft.bonds[stanza.name], stanza)
        for master, place in stanza.values("bond_master"):
            draft.bond(master, place).slave(stanza.name, place)
    for stanza in stanzas:
        master = next((value for value, _ in stanza.values("bond_master")), stanza.name)
        if master in draft.bonds:
            _options(draft.bonds[master], stanza)
        _hooks(draft, stanza)
    return draft


def _stanzas(source: Source) -> Iterator[_Stanza]:
    current: _Stanza | None = None
    for number, line in joined(source.text):
        words, place = line.split(None, 1), source.at(number)
        if not words or words[0].startswith("#"):
            continue
        rest = words[1].strip() if len(words) > 1 else ""
        if words[0] in ("iface", "interface"):
            if not rest:
                raise ConfigError("iface without a name", place, hint="iface bond0 inet manual")
            if current:
                yield current
            current = _Stanza(rest.split()[0], place)
        elif words[0] in BETWEEN or words[0].startswith("allow-"):
            if current:
                yield current
            current = _Stanza("", place) if words[0] == "mapping" else None
        elif current is None:
            raise ConfigError(
                f"{words[0]!r} stands in no stanza",
                place,
                hint="begin with iface bond0 inet manual",
            )
        else:
            current.lines.append((_key(words[0]), rest, place))
    if current:
        yield current


def _key(word: str) -> str:
    """Return a key in one spelling: bond-mode, bond_mode and bond-Mode are one."""
    if word == "slaves":
        return "bond_slaves"
    return re.sub("-", "_", word) if re.match(r"bond[-_]", word) else word


def _makes_a_bond(stanza: _Stanza) -> bool:
    keys = {key for key, _, _ in stanza.lines}
    bonds = {key for key in keys if key.startswith("bond_")}
    return bool(stanza.name and bonds and "bond_master" not in keys)


def _slaves(bond: DraftBond, stanza: _Stanza) -> None:
    for text, place in stanza.values("bond_slaves", "bond_ports", "bond_members"):
        kind = text.split()[0] if text.split() else "none"
        if kind == "none":
            continue
        if kind in ("all", "regex"):
            bond.unknown(f"bond-slaves {text}", "which interfaces this means cannot be told",
                         place, "give their names")  # fmt: skip
            continue
        for word in text.split():
            for name in _expanded(word) if word != "glob" else ():
                bond.slave(name, place)


def _expanded(word: str) -> Iterator[str]:
    """Yield the interfaces that ifupdown2's glob means: swp1-3 is swp1, swp2, swp3."""
    match = RANGE.fullmatch(word)
    if match is None or int(match[3]) - int(match[2]) > MOST:
        yield word
        return
    for number in range(int(match[2]), int(match[3]) + 1):
        yield f"{match[1]}{number}{match[4]}"


def _addresses(bond: DraftBond, stanza: _Stanza) -> None:
    mask = next((value for value, _ in stanza.values("netmask")), "")
    for text, place in stanza.values("address"):
        if text.split():
            bond.net.address(text.split()[0], mask, place)


def _options(bond: DraftBond, stanza: _Stanza) -> None:
    for key, value, place in stanza.lines:
        name = key.removeprefix("bond_")
        if name == key or name in NOT_OPTIONS:
            continue
        spelled = f"{key.replace('_', '-')} {value}"
        name = IFUPDOWN2_OLD.get(name, name)
        if name == "queue_id":
            for pair in value.split():
                slave, _, number = pair.rpartition(":")
                bond.slave_option(slave or stanza.name, "queue_id", number, place, spelled)
        elif name == "lacp_bypass_allow":
            bond.unknown(
                spelled, "an option of Cumulus Linux, no kernel of kernel.org has it", place
            )
        else:
            bond.option(name, _value(name, value, bond.format), place, spelled)


def _value(name: str, text: str, format_: str) -> str:
    words = text.split()
    if name in OPTIONS and isinstance(OPTIONS[name].default, tuple):
        return ",".join(words)
    if name == "primary" and words:
        return words[0]  # ifenslave takes the first of them that is a slave
    return switch(text) if format_ == "ifupdown2" and name == "use_carrier" else text


def _hooks(draft: Draft, stanza: _Stanza) -> None:
    """Take what commands do by hand: ifenslave with slaves, echo into a bond's sysfs."""
    for text, place in stanza.values(*HOOKS):
        if match := ENSLAVE.search(text):
            for slave in match[2].split():
                draft.bond(match[1], stanza.place).slave(slave, place)
        for found in ECHO.finditer(text):
            bond = found[3].replace("$IFACE", stanza.name)
            if found[4] in OPTIONS:
                draft.bond(bond, stanza.place).option(found[4], found[2].strip(), place, text)
