"""Parse /etc/network/interfaces into stanzas, as ifupdown and ifupdown2 do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from harness.config.draft import Draft
from harness.config.ini_and_shell import logical_lines
from harness.config.place import Place
from harness.config.source import Source

# Words that begin a line of their own and end a stanza.
BETWEEN = frozenset(
    [
        *("auto", "source", "source-directory", "source-dir", "no-auto-down", "no-scripts"),
        *("rename", "vlan", "vrf", "bridge"),
    ]
)
IFACES = frozenset({"iface", "interface", "template"})  # the last one is of ifupdown-ng
SOURCING = frozenset({"source", "source-directory", "source-dir"})
METHODS = frozenset({"", "manual", "static", "dhcp", "auto", "loopback"})  # which are carried over
LOOPBACK = "lo"  # which is up in every system, whatever the files say
HOOKS = ("pre-up", "up", "post-up")


class Line(NamedTuple):
    """One option of a stanza; `word` is its key as it is spelled in the file."""

    key: str
    value: str
    place: Place
    word: str

    @property
    def spelled(self) -> str:
        """The line as it was written."""
        return f"{self.word} {self.value}".strip()


@dataclass(slots=True)
class Stanza:
    """One `iface`: its name, address family and method, and its options with their lines.

    `parents` are the stanzas from which it inherits options. A `template` is only inherited from.
    It is `known` if other formats have its method, too.
    """

    name: str
    place: Place
    family: str = ""
    method: str = ""
    lines: list[Line] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    template: bool = False
    known: bool = False

    def values(self, *keys: str) -> Iterator[tuple[str, Place]]:
        """Yield the values of some keys, in the order of lines."""
        yield from ((line.value, line.place) for line in self.lines if line.key in keys)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all options."""
        return frozenset(line.key for line in self.lines)

    def first(self, *keys: str) -> str:
        """Return the first value of some keys, "" where there is none."""
        return next((value for value, _ in self.values(*keys)), "")


def stanzas(draft: Draft, source: Source) -> Iterator[Stanza]:
    """Yield the stanzas of a file; a line that ifupdown would refuse is a finding of the draft."""
    current: Stanza | None = None
    for line in lines(source):
        word, place = line.word, line.place
        ends = word in BETWEEN | IFACES | {"mapping"} or word.startswith("allow-")
        if ends and current:
            yield current
        if word in IFACES:
            current = _begun(draft, line.value, place)
            if current and word == "template":
                current.template = True
        elif ends:
            current = Stanza("", place) if word == "mapping" else None
            _between(draft, line)
        elif current is None:
            why = f"{word!r} is in no stanza, and ifupdown refuses the whole file"
            draft.note_unknown("", why, place, "begin with iface bond0 inet manual", "error")
        elif word == "inherit" and draft.format == "ifupdown2":
            current.parents += line.value.split()[:1]
            draft.mark_used_for(current.name, place)
        else:
            current.lines.append(line)
    if current:
        yield current


def lines(source: Source) -> Iterator[Line]:
    """Yield the lines of a file without comments and empty lines."""
    for number, text in logical_lines(source.text):
        words = text.split(None, 1)
        if words and not words[0].startswith("#"):
            rest = words[1].strip() if len(words) > 1 else ""
            yield Line(key(words[0]), rest, source.at(number), words[0])


def _between(draft: Draft, line: Line) -> None:
    """Mark lines that bring interfaces up; all formats bring up what they describe."""
    if line.word in SOURCING:
        draft.mark_used(line.place)
    elif line.word == "auto" or line.word.startswith("allow-"):
        names = line.value.split()
        for name in names:
            draft.mark_used_for(name, line.place)
        if names in ([], [LOOPBACK]):
            draft.mark_used(line.place)


def _begun(draft: Draft, rest: str, place: Place) -> Stanza | None:
    if not rest:
        why = "iface without a name, and ifupdown refuses the whole file"
        draft.note_unknown("", why, place, "iface bond0 inet manual", "error")
        return None
    name, family, method, *more = [*rest.split(), "", ""]
    if draft.format == "interfaces" and not family:
        why = f"iface {name} has no address family, and ifupdown refuses the whole file"
        hint = f"write iface {name} inet manual; ifupdown2 takes it as it is (--from ifupdown2)"
        draft.note_unknown("", why, place, hint, "error")
    left = " ".join(more).split()
    parents = [two for one, two in pairwise((method, *more)) if one == "inherits" and two]
    known = method in METHODS and len(left) == 2 * len(parents)
    return Stanza(name, place, family, method, parents=parents, known=known)


def inherited(draft: Draft, found: list[Stanza], started: frozenset[str]) -> list[Stanza]:
    """Return the stanzas of interfaces with inherited options, without templates.

    ifupdown requires the parent above it and of the same family. A stanza that is only inherited
    from, and never started (`auto`), is treated as a template.
    """
    parents, whole = set[int](), list[Stanza]()
    for stanza in found:
        lines = list[Line]()
        for name in stanza.parents:
            above = [one for one in whole if one.name == name and _akin(one, stanza)]
            parents |= {id(one) for one in above}
            for one in above[-1:]:
                draft.mark_used_for(stanza.name, one.place)
            lines += above[-1].lines if above else ()
            if not above:
                why = f"inherits {name}, which is not above it for {stanza.family or 'it'}"
                hint = f"write iface {name} {stanza.family} manual above it"
                draft.note_unknown("", f"{stanza.name} {why}", stanza.place, hint, "error")
        stanza.lines[:0] = lines
        whole.append(stanza)
    return [
        one
        for one in whole
        if not one.template
        and (id(one) not in parents or one.name in started or "bond_slaves" in one.keys)
    ]


def _akin(above: Stanza, below: Stanza) -> bool:
    return above.template or above.family == below.family


def started(source: Source) -> Iterator[str]:
    """Yield the interfaces that are brought up by themselves: auto, allow-hotplug and the like."""
    for _, line in logical_lines(source.text):
        words = line.split()
        if words and (words[0] == "auto" or words[0].startswith("allow-")):
            yield from words[1:]


def key(word: str) -> str:
    """Return a key in one spelling: bond-mode, bond_mode and bond-Mode are one."""
    if word == "slaves":
        return "bond_slaves"
    lists = re.match(r"(bond|bridge|vlan)[-_]", word)
    return re.sub("-", "_", word) if lists else word
