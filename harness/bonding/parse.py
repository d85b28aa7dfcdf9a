"""The options of one bond as a value: parsed, checked, compared, written as text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from harness.bonding.checks import check, unknown_to
from harness.bonding.options import ARP_MODES, Series, Setting
from harness.bonding.table import OPTIONS, SYNONYMS
from harness.bonding.values import normal, option_called
from harness.errors import ScenarioError, UsageError
from harness.units import MS, Span

FORCED_MIIMON = 100
DELAYS = ("updelay", "downdelay", "peer_notif_delay")
UNIT_NS = MappingProxyType({"ms": MS, "s": 1000 * MS})


@dataclass(frozen=True, slots=True)
class BondOptions(Mapping[str, Setting]):
    """The options of one bond: `given` has those that were set, the mapping has all in effect.

    `options["miimon"]` is the kernel's word or number; `options.miimon` is the same, but a time
    as a Span. Make one with `of`, `parse` or `unchecked`, never with the constructor.
    """

    given: tuple[tuple[str, Setting], ...] = ()

    @classmethod
    def of(cls, **options: object) -> BondOptions:
        """Return checked options; raises ScenarioError for what the driver would refuse."""
        made = cls.unchecked(**options)
        for name, setting in made.given:
            normal(OPTIONS[name], setting)
        check(made, made.asked)
        return made

    @classmethod
    def unchecked(cls, **options: object) -> BondOptions:
        """Return options that the kernel may refuse, for scenarios that test that.

        Names and words must exist; ranges, modes and conflicts are checked by the kernel.
        """
        found: dict[str, Setting] = {}
        for name, raw in options.items():
            option = option_called(name)
            setting = normal(option, raw, checked=False)
            if found.setdefault(option.name, setting) != setting:
                other = {"num_unsol_na", "num_grat_arp"} - {name}
                raise ScenarioError(
                    f"{name}={raw} and {other.pop()}={found[option.name]} contradict each other",
                    hint="the two names are one option: give one",
                )
        return cls(tuple((name, found[name]) for name in OPTIONS if name in found))

    @classmethod
    def parse(cls, text: str) -> BondOptions:
        """Return the options of a BONDING_OPTS line or of `modprobe bonding`; raises UsageError.

        Quotes, a leading `BONDING_OPTS=` or `options bonding`, and commas between options are
        accepted; targets may be a comma list or separate options, with the `+` of sysfs.
        """
        try:
            return cls.of(**_pairs(text))
        except ScenarioError as error:
            raise UsageError(error.message, hint=error.hint) from error

    @property
    def asked(self) -> dict[str, Setting]:
        """The options that were set, by name."""
        return dict(self.given)

    @property
    def mode(self) -> str:
        """The mode, as its word."""
        return str(self._given("mode") or OPTIONS["mode"].default)

    def _given(self, name: str) -> Setting | None:
        """Return an option that was set, None if it was not."""
        return next((value for known, value in self.given if known == name), None)

    def replace(self, **changes: object) -> BondOptions:
        """Return these options with changes; None resets one to its default."""
        named = {SYNONYMS.get(name, name): value for name, value in changes.items()}
        kept = {name: value for name, value in self.given if name not in named}
        return BondOptions.of(**kept, **{k: v for k, v in named.items() if v is not None})

    def changed(self) -> dict[str, Setting]:
        """Return the options that are not at the driver's default for this mode."""
        return {name: value for name, value in self.given if value != default(name, self.mode)}

    def effective(self) -> BondOptions:
        """Return the options as read back: delays are rounded down to multiples of miimon.

        Source: _bond_option_delay_set (bond_options.c) stores the quotient.
        """
        every = int(str(self["miimon"]))
        seen = self.asked
        for name in seen.keys() & set(DELAYS):
            seen[name] = int(str(seen[name])) // every * every if every else 0
        return BondOptions(tuple(seen.items()))

    def unknown_to(self, series: Series) -> list[str]:
        """Return what the kernels of a series, such as (6, 1), lack, one sentence each."""
        return unknown_to(self.asked, series)

    def text(self) -> str:
        """Return the options in the form of BONDING_OPTS; `parse` is the inverse."""
        return " ".join(f"{name}={_text(value)}" for name, value in self.given)

    def __getitem__(self, name: str) -> Setting:
        name = SYNONYMS.get(name, name)
        value = self._given(name)
        return default(name, self.mode) if value is None else value

    def __iter__(self) -> Iterator[str]:
        return iter(OPTIONS)

    def __len__(self) -> int:
        return len(OPTIONS)

    def __getattr__(self, name: str) -> Any:
        known = SYNONYMS.get(name, name)
        if known not in OPTIONS:
            raise AttributeError(f"a bond has no option {name}")
        unit = UNIT_NS.get(OPTIONS[known].unit)
        return self[known] if unit is None else Span(int(str(self[known])) * unit)

    def __hash__(self) -> int:
        return hash(self.given)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BondOptions) and self.given == other.given

    def __str__(self) -> str:
        return self.text()


def default(name: str, mode: str) -> Setting:
    """Return the driver's default of an option in a mode.

    The three modes without ARP monitor have miimon 100, the others 0, in contradiction to the
    documentation of 7.2 (bond_option_mode_set; MIIMON-5).
    """
    if name == "miimon" and mode not in ARP_MODES:
        return FORCED_MIIMON
    return OPTIONS[name].default


def _text(value: Setting) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in split(text):
        name, equals, value = word.partition("=")
        if not equals:
            raise ScenarioError(f"{word} is no NAME=VALUE", hint='write "mode=1 miimon=100"')
        lists = name in OPTIONS and isinstance(OPTIONS[name].default, tuple)
        if name in pairs and not lists:
            raise ScenarioError(f"{name} is given twice", hint="give each option once")
        pairs[name] = f"{pairs[name]},{value}" if name in pairs else value
    return pairs


def split(text: str) -> list[str]:
    """Return the words NAME=VALUE of an options line; raises ScenarioError for an open quote."""
    bare = re.sub(r"^\s*(BONDING_OPTS\s*=|options\s+\S*bond\S*\s)", "", text).strip()
    try:
        words = [part for word in shlex.split(bare) for part in word.split()]
    except ValueError as error:
        raise ScenarioError(f"{text}: {error}", hint="close the quotation") from None
    # NetworkManager separates options by commas; all formats separate targets by them.
    return [part for word in words for part in re.split(r",(?=[a-z_0-9]+=)", word) if part]
