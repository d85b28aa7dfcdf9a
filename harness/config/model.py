"""The one normal form of a bond's configuration, whatever it was written in.

A setting remembers the file and line it came from, so that every remark on it can say where. Two
configurations are equal when they ask the kernel for the same: places, spelling, and options that
are at the driver's default do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.bonding import OPTIONS, SLAVE_OPTIONS, BondOptions, Setting
from harness.bonding.values import normal, option_called
from harness.errors import ScenarioError, UsageError

Level = Literal["error", "warning", "note"]
Spot = tuple[str, int, int]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file, counted from 1 (0: the file as a whole), and what of it: `column`."""

    file: str
    line: int = 0
    column: int = field(default=0, compare=False, repr=False)

    @property
    def spot(self) -> Spot:
        """What identifies one statement of a file."""
        return (self.file, self.line, self.column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class ConfigError(UsageError):
    """A configuration that cannot be read: file, line, what was seen, what was expected."""

    def __init__(self, message: str, place: Place, *, hint: str = "") -> None:
        super().__init__(f"{place}: {message}", hint=hint)
        self.place = place
        self.seen = message


@dataclass(frozen=True, slots=True)
class Given:
    """One option as it was asked for: the kernel's name and value, and how it was spelled.

    `value` is None where the option does not take what was written; `wrong` and `hint` say why.
    `format` is the format it was written in, which tells the tool that acts on it.
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
        """Return what a file asks for; raises ScenarioError for a name that is no option."""
        option = SLAVE_OPTIONS.get(name) or option_called(name)
        said = spelled or f"{name}={raw}"
        try:
            value = normal(option, raw)
        except ScenarioError as error:
            return cls(option.name, raw, None, said, place, format_, error.message, error.hint)
        return cls(option.name, raw, value, said, place, format_)

    @property
    def text(self) -> str:
        """The value as the kernel's sysfs and its module take it, targets separated by commas."""
        if self.value is None:
            return self.raw
        return ",".join(self.value) if isinstance(self.value, tuple) else str(self.value)


@dataclass(frozen=True, slots=True)
class Extra:
    """Something that a file says and no bond knows: kept, so that it can be reported.

    `level` is error, warning or note; "" leaves it to the rule that reports it.
    """

    spelled: str
    why: str
    place: Place = field(compare=False)
    hint: str = field(default="", compare=False)
    format: str = field(default="", compare=False)
    level: Level | None = field(default=None, compare=False)

    @property
    def message(self) -> str:
        """What is reported: the text of the file, and why it is reported."""
        return f"{self.spelled.rstrip(': ')}: {self.why}" if self.spelled else self.why


@dataclass(frozen=True, slots=True)
class Addressing:
    """IP of an interface: addresses with their prefix, whether it asks for more, gateways, MTU.

    `dhcp6` means that IPv6 addresses come from the network, by DHCPv6 or router advertisements.
    An `mtu` of 0 is not set.
    """

    addresses: tuple[str, ...] = ()
    dhcp4: bool = False
    dhcp6: bool = False
    gateways: tuple[str, ...] = ()
    mtu: int = 0

    def __or__(self, other: Addressing) -> Addressing:
        """Return what two files say together."""
        return Addressing(
            tuple(dict.fromkeys((*self.addresses, *other.addresses))),
            self.dhcp4 or other.dhcp4,
            self.dhcp6 or other.dhcp6,
            tuple(dict.fromkeys((*self.gateways, *other.gateways))),
            other.mtu or self.mtu,
        )

    def meaning(self) -> tuple[object, ...]:
        """Return what it comes down to, whatever the order of addresses."""
        unordered = (tuple(sorted(self.addresses)), tuple(sorted(self.gateways)))
        return (*unordered, self.dhcp4, self.dhcp6, self.mtu)


@dataclass(frozen=True, slots=True)
class Upper:
    """What stands on a bond, or on another upper device: a bridge or a VLAN, and its IP.

    `below` names the interfaces that it stands on: one below a VLAN, all ports of a bridge.
    """

    name: str
    kind: Literal["bridge", "vlan"]
    below: tuple[str, ...]
    vlan: int = 0
    ip: Addressing = Addressing()
    place: Place = field(default=Place(""), compare=False)

    def meaning(self) -> tuple[object, ...]:
        """Return what it comes down to."""
        return (self.name, self.kind, self.vlan, tuple(sorted(self.below)), self.ip.meaning())


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that selects slaves by something else than the name of one interface.

    `by` is "name" for a pattern of names, "mac" for a MAC address, else the file's own key.
    `called` is the identifier by which the file speaks of what it selects, or "".
    """

    by: str
    value: str
    called: str = ""
    spelled: str = field(default="", compare=False)
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class SlaveConfig:
    """A slave: its interface's name, its own options such as prio, IP that it should not have."""

    name: str
    given: tuple[Given, ...] = ()
    place: Place = field(default=Place(""), compare=False)
    ip: Addressing = field(default=Addressing(), compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class BondConfig:
    """One bond: options in the order they were given, slaves, its IP, and what stands on it.

    `matches` select further slaves, whose names the files do not tell. `renderer` is who makes the
    bond where the format lets that be chosen, as netplan and ifcfg do. A `shared` bond has its
    further links at another machine (MLAG, EVPN multihoming). `machine` counts the machines of a
    file that is for several. Of a bond that is not `made`, files name only the slaves.
    """

    name: str
    given: tuple[Given, ...] = ()
    slaves: tuple[SlaveConfig, ...] = ()
    ip: Addressing = Addressing()
    extras: tuple[Extra, ...] = ()
    place: Place = Place("")
    format: str = ""
    uppers: tuple[Upper, ...] = ()
    matches: tuple[Match, ...] = ()
    renderer: str = ""
    shared: bool = False
    machine: int = 0
    made: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses with their prefix."""
        return self.ip.addresses

    @property
    def asked(self) -> dict[str, Setting]:
        """The options by name, as far as they can be read; the last of several alike counts.

        Targets that are given one by one add up.
        """
        found: dict[str, Setting] = {}
        for one in self.given:
            before = found.get(one.name)
            if isinstance(one.value, tuple) and isinstance(before, tuple):
                found[one.name] = tuple(dict.fromkeys((*before, *one.value)))
            elif one.value is not None:
                found[one.name] = one.value
        return {name: found[name] for name in OPTIONS if name in found}

    @property
    def slave_names(self) -> tuple[str, ...]:
        """The names of the slaves, in the order of enslaving."""
        return tuple(slave.name for slave in self.slaves)

    def options(self) -> BondOptions:
        """Return the options, checked; raises ConfigError with the line of what cannot be."""
        for one in self.given:
            if one.wrong:
                raise ConfigError(one.wrong, one.place, hint=one.hint)
        try:
            return BondOptions.of(**self.asked)
        except ScenarioError as error:
            raise ConfigError(error.message, self.blame(error.message), hint=error.hint) from error

    @property
    def misread(self) -> frozenset[str]:
        """The options that are given a value which they do not take."""
        return frozenset(one.name for one in self.given if one.wrong)

    def loose(self) -> BondOptions:
        """Return the options unchecked, as lint looks at them: they may contradict each other."""
        return BondOptions.unchecked(**self.asked)

    def blame(self, said: str) -> Place:
        """Return the place of the option that an error names first, else the bond's."""
        names = sorted({one.name for one in self.given if one.name in said}, key=said.index)
        return self.where(names[0]) if names else self.place

    def where(self, option: str) -> Place:
        """Return the last place that sets an option, else the bond's own."""
        return next((one.place for one in reversed(self.given) if one.name == option), self.place)

    def without(self, options: Iterable[str]) -> BondConfig:
        """Return the bond less some options."""
        gone = set(options)
        return replace(self, given=tuple(one for one in self.given if one.name not in gone))

    def meaning(self) -> tuple[object, ...]:
        """Return what it comes down to: name, options not at their default, slaves, IP, uppers."""
        changed = tuple(sorted(self.loose().changed().items()))
        slaves = tuple((slave.name, _meant(slave)) for slave in self.slaves)
        uppers = tuple(sorted(repr(upper.meaning()) for upper in self.uppers))
        return (self.name, changed, slaves, self.ip.meaning(), uppers, self.matches)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BondConfig) and self.meaning() == other.meaning()

    def __hash__(self) -> int:
        return hash(self.meaning())


def _meant(slave: SlaveConfig) -> tuple[tuple[str, Setting], ...]:
    found = {one.name: one.value for one in slave.given if one.value is not None}
    return tuple(
        (name, value)
        for name, value in sorted(found.items())
        if value != SLAVE_OPTIONS[name].default
    )


@dataclass(frozen=True, slots=True)
class Configuration:
    """All bonds that some files describe together; `extras` belong to none of them.

    `taken` are statements that are in it or reported by it, `left` are parts of them that are not.
    """

    bonds: tuple[BondConfig, ...]
    extras: tuple[Extra, ...] = field(default=(), compare=False)
    taken: frozenset[Spot] = field(default=frozenset(), compare=False)
    left: tuple[Extra, ...] = field(default=(), compare=False)

    def everything_unknown(self) -> Iterator[tuple[BondConfig | None, Extra]]:
        """Yield what no bond knows, with the bond it stands by."""
        yield from ((None, extra) for extra in self.extras)
        yield from ((bond, extra) for bond in self.bonds for extra in bond.extras)
