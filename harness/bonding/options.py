"""The description of a bonding option: its netlink form, its values, the modes that accept it.

The facts are those of bond_opts[] (drivers/net/bonding/bond_options.c), bond_policy
(bond_netlink.c) and include/uapi/linux/if_link.h; the table itself is in table.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.errors import ScenarioError
from harness.suggest import alike

Wire = Literal["u8", "u16", "u32", "s32", "ip4", "ip6", "index", "mac"]
Unit = Literal["", "ms", "s"]
Need = Literal["down", "empty"]
Setting = str | int | tuple[str, ...]
Series = tuple[int, int]

MODES = (
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
)
ARP_MODES = frozenset(MODES[:4])
PRIMARY_MODES = frozenset({"active-backup", "balance-tlb", "balance-alb"})
LACP = frozenset({"802.3ad"})
TLB_MODES = frozenset({"balance-tlb", "balance-alb"})
INT_MAX = 2**31 - 1
MAX_TARGETS = 16


@dataclass(frozen=True, slots=True)
class Value:
    """A word of an option and its number; `since` and `until` bound the kernels that accept it."""

    word: str
    number: int
    since: Series | None = None
    until: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a bond or of a slave, by the kernel's name.

    `values` are the words of a table option; a number option has `low` and `high` instead, and
    `aliases` for its words. `fallback` is the word or number that "default" stands for, or None
    where the kernel refuses "default". `modes` accept it, in those of `acts` it has an effect.
    `since` is the mainline release that added it (None: before 5.10), `backports` are the
    stable series that have it too. `sysfs` is False where only netlink can set it.
    """

    name: str
    number: int
    attribute: str
    wire: Wire
    default: Setting
    values: tuple[Value, ...] = ()
    low: int = 0
    high: int = 0
    aliases: tuple[tuple[str, int], ...] = ()
    fallback: bool = True
    unit: Unit = ""
    modes: frozenset[str] = frozenset(MODES)
    acts: frozenset[str] | None = None
    needs: frozenset[Need] = frozenset()
    requires: str = ""
    excludes: tuple[str, ...] = ()
    since: Series | None = None
    backports: tuple[Series, ...] = ()
    sysfs: bool = True
    slave: bool = False

    def has_effect_in(self, mode: str) -> bool:
        """Return whether the option changes anything in a mode that accepts it."""
        return mode in (self.modes if self.acts is None else self.acts)

    def known_to(self, series: Series) -> bool:
        """Return whether the kernels of a series, such as (6, 1), have the option."""
        return self.since is None or series >= self.since or series in self.backports

    def word(self, number: int) -> Setting:
        """Return the word of a number, or the number where the option has no such word."""
        return next((value.word for value in self.values if value.number == number), number)

    def number_of(self, setting: Setting) -> int:
        """Return the number of a normalised word or number."""
        if isinstance(setting, int):
            return setting
        return next(value.number for value in self.values if value.word == setting)

    def choices(self) -> str:
        """Return the values that the option accepts, for an error message."""
        if self.values:
            return ", ".join(f"{value.word} ({value.number})" for value in self.values)
        ranges = {
            "ip4": f"up to {MAX_TARGETS} IPv4 addresses",
            "ip6": f"up to {MAX_TARGETS} IPv6 addresses",
            "index": "the name of a slave",
            "mac": "a unicast MAC address",
        }
        unit = f" {self.unit}" if self.unit else ""
        return ranges.get(self.wire, f"{self.low} to {self.high}{unit}")


def near(name: str, known: Iterable[str]) -> str:
    """Return a hint with the most similar values."""
    names = sorted(known)
    return alike(name, names, most=3) or f"there are {', '.join(names)}"


def rejected(option: Option, raw: object, why: str) -> ScenarioError:
    """Return the error for a value that the option does not accept."""
    return ScenarioError(f"{option.name}={raw}: {why}", hint=f"it takes {option.choices()}")
