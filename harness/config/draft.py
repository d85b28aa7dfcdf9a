"""A configuration while it is being read: readers say what they find, as they find it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from harness.bonding import SLAVE_OPTIONS
from harness.bonding.values import option_called
from harness.config.model import BondConfig, ConfigError, Extra, Given, Place, SlaveConfig
from harness.errors import ScenarioError

INTERFACE = re.compile(r"[^\s/:]{1,15}")
TRUE, FALSE = (
    frozenset({"yes", "true", "on", "y", "1"}),
    frozenset({"no", "false", "off", "n", "0"}),
)


@dataclass(slots=True)
class DraftBond:
    """One bond of a draft."""

    name: str
    place: Place
    format: str
    given: list[Given] = field(default_factory=list)
    slaves: dict[str, list[Given]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)

    def option(self, name: str, raw: str, place: Place, spelled: str = "") -> None:
        """Take an option by the kernel's name; what is none is kept as an extra."""
        try:
            option_called(name)  # those of a slave are refused here
            self.given.append(Given.read(name, raw, place, self.format, spelled))
        except ScenarioError as error:
            self.unknown(spelled or f"{name}={raw}", error.message, place, error.hint)

    def slave(self, name: str, place: Place) -> None:
        """Take a slave; raises ConfigError for what no interface can be called."""
        self.slaves.setdefault(interface(name, place), [])
        self.places.setdefault(name, place)

    def slave_option(
        self, slave: str, name: str, raw: str, place: Place, spelled: str = ""
    ) -> None:
        """Take an option of a slave."""
        if name not in SLAVE_OPTIONS:
            self.unknown(spelled or f"{name}={raw}", f"{name} is no option of a slave", place)
            return
        self.slave(slave, place)
        self.slaves[slave].append(Given.read(name, raw, place, self.format, spelled))

    def address(self, text: str, mask: str, place: Place) -> None:
        """Take an address; `mask` is a prefix length, a netmask, or "" where the text has it."""
        whole = f"{text}/{mask}" if mask and "/" not in text else text
        try:
            found = ipaddress.ip_interface(whole)
        except ValueError:
            self.unknown(whole, f"{whole} is no address", place, "write 192.0.2.1/24")
            return
        if str(found) not in self.addresses:
            self.addresses.append(str(found))

    def unknown(self, spelled: str, why: str, place: Place, hint: str = "") -> None:
        """Keep what no bond knows."""
        self.extras.append(Extra(spelled, why, place, hint, self.format))

    def frozen(self) -> BondConfig:
        """Return the bond as it was read."""
        slaves = tuple(
            SlaveConfig(name, tuple(given), self.places.get(name, self.place))
            for name, given in self.slaves.items()
        )
        return BondConfig(
            self.name,
            tuple(self.given),
            slaves,
            tuple(self.addresses),
            tuple(self.extras),
            self.place,
            self.format,
        )


@dataclass(slots=True)
class Draft:
    """What a reader has found so far."""

    format: str
    bonds: dict[str, DraftBond] = field(default_factory=dict)
    extras: list[Extra] = field(default_factory=list)

    def bond(self, name: str, place: Place) -> DraftBond:
        """Return the bond of that name, new where it was not spoken of before."""
        name = interface(name, place)
        return self.bonds.setdefault(name, DraftBond(name, place, self.format))

    def unknown(self, spelled: str, why: str, place: Place, hint: str = "") -> None:
        """Keep what belongs to no bond in particular."""
        self.extras.append(Extra(spelled, why, place, hint, self.format))


def interface(name: str, place: Place) -> str:
    """Return the name of an interface; raises ConfigError where none can be called that."""
    if not INTERFACE.fullmatch(name) or name in (".", "..") or not name.isprintable():
        raise ConfigError(
            f"{name!r} is no interface's name",
            place,
            hint="a name has 1 to 15 characters, no space, no / and no :",
        )
    return name


def switch(raw: str) -> str:
    """Return the kernel's on or off for a yes or no; anything else as it is."""
    word = raw.strip().lower()
    return "on" if word in TRUE else "off" if word in FALSE else raw
