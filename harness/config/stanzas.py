"""/etc/network/interfaces cut into stanzas, as ifupdown and ifupdown2 do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.config.draft import Draft
from harness.config.ini_and_shell import joined
from harness.config.model import Place
from harness.config.source import Source

# Words that begin a line of their own and end a stanza.
BETWEEN = frozenset(
    [
        *("auto", "source", "source-directory", "source-dir", "no-auto-down", "no-scripts"),
        *("template", "rename", "vlan", "vrf", "bridge"),
    ]
)
IFACES = frozenset({"iface", "interface"})


class Line(NamedTuple):
    """One option of a stanza; `word` is its key as it is spelled in the file."""

    key: str
    value: str
    place: Place
    word: str

    @property
    def spelled(self) -> str:
        """The line as it was written, but options of a bond in the spelling of the manuals."""
        word = self.key.replace("_", "-") if self.key.startswith("bond_") else self.word
        return f"{word} {self.value}".strip()


@dataclass(slots=True)
class Stanza:
    """One `iface`: its name, address family and method, and its options with their lines."""

    name: str
    place: Place
    family: str = ""
    method: str = ""
    lines: list[Line] = field(default_factory=list)

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
    for number, line in joined(source.text):
        words, place = line.split(None, 1), source.at(number)
        if not words or words[0].startswith("#"):
            continue
        rest = words[1].strip() if len(words) > 1 else ""
        ends = words[0] in BETWEEN | IFACES | {"mapping"} or words[0].startswith("allow-")
        if ends and current:
            yield current
        if words[0] in IFACES:
            current = _begun(draft, rest, place)
        elif ends:
            current = Stanza("", place) if words[0] == "mapping" else None
        elif current is None:
            why = f"{words[0]!r} stands in no stanza, and ifupdown refuses the whole file"
            draft.unknown("", why, place, "begin with iface bond0 inet manual", "error")
        else:
            current.lines.append(Line(key(words[0]), rest, place, words[0]))
    if current:
        yield current


def _begun(draft: Draft, rest: str, place: Place) -> Stanza | None:
    if not rest:
        why = "iface without a name, and ifupdown refuses the whole file"
        draft.unknown("", why, place, "iface bond0 inet manual", "error")
        return None
    name, family, method, *_ = [*rest.split(), "", ""]
    if draft.format == "interfaces" and not family:
        why = f"iface {name} has no address family, and ifupdown refuses the whole file"
        hint = f"write iface {name} inet manual; ifupdown2 takes it as it is (--from ifupdown2)"
        draft.unknown("", why, place, hint, "error")
    return Stanza(name, place, family, method)


def key(word: str) -> str:
    """Return a key in one spelling: bond-mode, bond_mode and bond-Mode are one."""
    if word == "slaves":
        return "bond_slaves"
    lists = re.match(r"(bond|bridge|vlan)[-_]", word)
    return re.sub("-", "_", word) if lists else word
