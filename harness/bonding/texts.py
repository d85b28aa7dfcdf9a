"""What the driver tells as text: its files in sysfs, and /proc/net/bonding.

Sources: bond_sysfs.c and bond_procfs.c (drivers/net/bonding).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.bonding.options import Setting
from harness.bonding.table import OPTIONS

SLAVE = "Slave Interface"


def of_sysfs(name: str, text: str) -> Setting:
    """Return the setting that an option's file in sysfs shows, as netlink would decode it.

    A table option is shown as "word number", or as its number alone; targets are separated by
    spaces; a file is empty where there is no target, primary or active slave.
    """
    option, words = OPTIONS[name], text.split()
    if isinstance(option.default, tuple):
        return tuple(words)
    if not words:
        return ""
    return option.word(int(words[0])) if words[0].lstrip("-").isdigit() else words[0]


@dataclass(frozen=True, slots=True)
class Proc:
    """A file of /proc/net/bonding: `proc["Bonding Mode"]`, `proc.slaves["eth0"]["Speed"]`.

    `lines` are those above the first slave, by the text before their colon. Of lines with the same
    name in one block (the two sides of an 802.3ad port) the first counts.
    """

    lines: Mapping[str, str] = field(default_factory=dict)
    slaves: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Proc:
        """Return the lines of such a file."""
        lines: dict[str, str] = {}
        slaves: dict[str, Mapping[str, str]] = {}
        block = lines
        for line in text.splitlines():
            name, _, value = (part.strip() for part in line.partition(": "))
            if name == SLAVE:
                slaves[value] = block = {}
            elif name:
                block.setdefault(name.removesuffix(":"), value)
        return cls(MappingProxyType(lines), MappingProxyType(slaves))

    def __getitem__(self, name: str) -> str:
        return self.lines[name]

    def __contains__(self, name: object) -> bool:
        return name in self.lines
