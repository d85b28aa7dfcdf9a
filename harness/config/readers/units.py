"""A unit of systemd-networkd: its sections, and the interfaces that it matches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.config.ini_and_shell import Assignment, Section
from harness.config.source import Source

WILD = frozenset("*?[!")


@dataclass(slots=True)
class UnitFile:
    """One unit with its drop-ins; `before` are the .network files that precede it."""

    source: Source
    sections: list[Section]
    before: tuple[UnitFile, ...] = ()

    def entries(self, section: str, *keys: str) -> Iterator[Assignment]:
        """Yield the settings of some keys that have a value, in order."""
        for one in self.sections:
            if one.name == section:
                yield from (entry for entry in one.entries if entry.key in keys and entry.value)

    def first(self, section: str, key: str) -> str:
        """Return the value of a key that is in force, the last one, "" if there is none."""
        return next((entry.value for entry in reversed([*self.entries(section, key)])), "")

    @property
    def names(self) -> list[tuple[str, Assignment]]:
        """The names, and patterns of names, in [Match]."""
        found = self.entries("Match", "Name")
        return [(name, entry) for entry in found for name in entry.value.split()]

    @property
    def exact(self) -> list[tuple[str, Assignment]]:
        """The names that no earlier file matches."""
        return [
            (name, entry)
            for name, entry in self.names
            if not WILD & set(name) and self.owner(name) is None
        ]

    def owner(self, name: str) -> UnitFile | None:
        """Return the file before this one that matches an interface of that name."""
        return next((one for one in self.before if one.takes(name)), None)

    def takes(self, name: str) -> bool:
        """Return whether the name of an interface is enough for this file to match it."""
        keys = {
            e.key for section in self.sections if section.name == "Match" for e in section.entries
        }
        return keys == {"Name"} and any(fnmatchcase(name, one) for one, _ in self.names)

    @property
    def takes_ethernet(self) -> bool:
        """Return whether this file matches all physical Ethernet interfaces."""
        found = [
            entry
            for section in self.sections
            if section.name == "Match"
            for entry in section.entries
        ]
        return {one.key for one in found} == {"Type"} and "ether" in found[-1].value.split()
