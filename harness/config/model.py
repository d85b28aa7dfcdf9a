"""The normal form of a bond's configuration, independent of its format.

A setting has the file and line that it came from, for findings. Two configurations are equal if
they request the same of the kernel: places, spelling, and options at the driver's default do not
count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from harness.bonding import OPTIONS, SLAVE_OPTIONS, BondOptions, Setting
from harness.bonding.values import normal, option_called
from harness.config.addressing import Addressing, Upper
from harness.config.place import Place, StatementId
from harness.errors import ScenarioError, UsageError

Level = Literal["error", "warning", "note"]


class ConfigError(UsageError):
    """A configuration that cannot be read: file, line, what was seen, what was expected."""

    def __init__(self, message: str, place: Place, *, hint: str = "") -> None:
        super().__init__(f"{place}: {message}", hint=hint)
        self.place = place
        self.seen = message


@dataclass(frozen=True, slots=True)
class Given:
    """One option that was set: the kernel's name and value, and the spelling in the file.

    `value` is None if the option does not accept what was written; `wrong` and `hint` say why.
    `format` is the format of the file, and so the tool that applies it.
    """

    name: str
    raw: str
    value: Setting | None
    spelled: str = field(default="", compare=False)
    place: Place = field(default=Place(""), compare=False)
    format: str = field(default="", compare=False)
    wrong: str = field(default="", compare=False)
    hint: str = field(default="", compare=False)

    @classmethod
    def read(cls, name: str, raw: str, place: Place, format_: str, spelled: str = "") -> Given:
        """Return a setting of a file; raises ScenarioError for a name that is not an option."""
        option = SLAVE_OPTIONS.get(name) or option_called(name)
        text = spelled or f"{name}={raw}"
        try:
            value = normal(option, raw)
        except ScenarioError as error:
            return cls(option.name, raw, None, text, place, format_, error.message, error.hint)
        return cls(option.name, raw, value, text, place, format_)

    @property
    def text(self) -> str:
        """The value in the form of sysfs and the module, targets separated by commas."""
        if self.value is None:
            return self.raw
        return ",".join(self.value) if isinstance(self.value, tuple) else str(self.value)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is reported of a file that was read: a statement ("" for the file), and why.

    `level` is error, warning or note; for "" the rule that reports it decides. With `refused`
    the tool makes no bond at all.
    """

    spelled: str
    why: str
    place: Place = field(compare=False)
    hint: str = field(default="", compare=False)
    format: str = field(default="", compare=False)
    level: Level | None = field(default=None, compare=False)
    refused: bool = field(default=False, compare=False)

    @property
    def message(self) -> str:
        """The message: the text of the file, and why it is reported."""
        return f"{self.spelled.rstrip(': ')}: {self.why}" if self.spelled else self.why


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that selects slaves other than by the name of one interface.

    `by` is "name" for a pattern of names, "mac" for a MAC address, else the key in the file.
    `called` is the identifier in the file of what it selects, or "".
    """

    by: str
    value: str
    called: str = ""
    spelled: str = field(default="", compare=False)
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class SlaveConfig:
    """A slave: its interface's name, its options such as prio, IP that it should not have."""

    name: str
    given: tuple[Given, ...] = ()
    place: Place = field(default=Place(""), compare=False)
    ip: Addressing = field(default=Addressing(), compare=False)


@dataclass(frozen=True, eq=False)
class BondConfig:
    """One bond: options in the order in which they were given, slaves, its IP, upper devices.

    `matches` select further slaves, whose names are not in the files. `renderer` is the tool that
    creates the bond if the format has a choice, as netplan and ifcfg do. A `shared` bond has
    further links at another machine (MLAG, EVPN multihoming). `machine` is the number of the
    machine in a file for several. Of a bond that is not `made`, the files name only the slaves.
    """

    name: str
    given: tuple[Given, ...] = ()
    slaves: tuple[SlaveConfig, ...] = ()
    ip: Addressing = field(default=Addressing())
    remarks: tuple[Remark, ...] = ()
    place: Place = field(default=Place(""))
    format: str = ""
    uppers: tuple[Upper, ...] = ()
    matches: tuple[Match, ...] = ()
    renderer: str = ""
    shared: bool = False
    machine: int = 0
    made: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses with prefix."""
        return self.ip.addresses

    @cached_property  # each rule asks for them, and rules for one another
    def asked(self) -> Mapping[str, Setting]:
        """The options by name that could be read; the last of several is in force.

        Targets that are given separately are combined.
        """
        found: dict[str, Setting] = {}
        for option in self.given:
            before = found.get(option.name)
            if isinstance(option.value, tuple) and isinstance(before, tuple):
                found[option.name] = tuple(dict.fromkeys((*before, *option.value)))
            elif option.value is not None:
                found[option.name] = option.value
        return MappingProxyType({name: found[name] for name in OPTIONS if name in found})

    @property
    def slave_names(self) -> tuple[str, ...]:
        """The names of the slaves, in the order of enslaving."""
        return tuple(slave.name for slave in self.slaves)

    def options(self) -> BondOptions:
        """Return the options, checked; raises ConfigError with the line of the wrong one."""
        for option in self.given:
            if option.wrong:
                raise ConfigError(option.wrong, option.place, hint=option.hint)
        try:
            return BondOptions.of(**self.asked)
        except ScenarioError as error:
            raise ConfigError(error.message, self.blame(error.message), hint=error.hint) from error

    @property
    def misread(self) -> frozenset[str]:
        """The options with a value that they do not accept."""
        return frozenset(option.name for option in self.given if option.wrong)

    @cached_property
    def unchecked(self) -> BondOptions:
        """The options unchecked, for the rules: they may contradict each other."""
        return BondOptions.unchecked(**self.asked)

    def blame(self, message: str) -> Place:
        """Return the place of the option that an error message names first, else the bond's."""
        names = sorted(
            {option.name for option in self.given if option.name in message}, key=message.index
        )
        return self.where(names[0]) if names else self.place

    def where(self, option: str) -> Place:
        """Return the last place that sets an option, else the bond's own."""
        return next((one.place for one in reversed(self.given) if one.name == option), self.place)

    def without(self, options: Iterable[str]) -> BondConfig:
        """Return the bond without some options."""
        gone = set(options)
        return replace(
            self, given=tuple(option for option in self.given if option.name not in gone)
        )

    def meaning(self) -> tuple[object, ...]:
        """Return its content for comparison: name, options not at default, slaves, IP, uppers."""
        changed = tuple(sorted(self.unchecked.changed().items()))
        slaves = tuple((slave.name, _meant(slave)) for slave in self.slaves)
        uppers = tuple(sorted(repr(upper.meaning()) for upper in self.uppers))
        return (self.name, changed, slaves, self.ip.meaning(), uppers, self.matches)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BondConfig) and self.meaning() == other.meaning()

    def __hash__(self) -> int:
        return hash(self.meaning())


def _meant(slave: SlaveConfig) -> tuple[tuple[str, Setting], ...]:
    found = {option.name: option.value for option in slave.given if option.value is not None}
    return tuple(
        (name, value)
        for name, value in sorted(found.items())
        if value != SLAVE_OPTIONS[name].default
    )


@dataclass(frozen=True, slots=True)
class Configuration:
    """All bonds of a set of files; `remarks` belong to none of them.

    `used` are the statements in it or reported by it, `lost` are parts of them that are not.
    """

    bonds: tuple[BondConfig, ...]
    remarks: tuple[Remark, ...] = field(default=(), compare=False)
    used: frozenset[StatementId] = field(default=frozenset(), compare=False)
    lost: tuple[Remark, ...] = field(default=(), compare=False)

    def everything_unknown(self) -> Iterator[tuple[BondConfig | None, Remark]]:
        """Yield the unknown statements, each with its bond."""
        yield from ((None, remark) for remark in self.remarks)
        yield from ((bond, remark) for bond in self.bonds for remark in bond.remarks)
