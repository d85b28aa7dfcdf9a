"""A configuration while it is being read: readers add its content.

Statements that are added with a place are marked as used: they are part of the configuration, or
reported. Unused statements are lost when the bonds are written in another format.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from harness.config.addressing import Addressing, Upper
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.model import BondConfig, ConfigError, Given, Level, Remark, SlaveConfig
from harness.config.names import interface
from harness.config.place import Place, StatementId

OPEN_VSWITCH = "a bond of Open vSwitch, not of the kernel's driver: it is not read"
MAX_VLAN = 4095
TRUE, FALSE = (
    frozenset({"yes", "true", "on", "y", "1"}),
    frozenset({"no", "false", "off", "n", "0"}),
)


@dataclass(frozen=True, slots=True)
class DraftPort:
    """An interface that is made a port of a device whose kind is not in the statement."""

    name: str
    master: str
    place: Place
    spelled: str


@dataclass(slots=True)
class Draft:
    """The content read so far; readers may mention interfaces in any order.

    `machines` are drafts of further machines, whose bonds are different ones of the same names.
    `ports` are assigned by `settle`; `kinds` are the kinds of devices that are not kept otherwise.
    `defaults` are the initial options of every bond. `used_for` are the statements that are used
    only if an interface is in the configuration.
    """

    format: str
    bonds: dict[str, DraftBond] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    nets: dict[str, DraftNet] = field(default_factory=dict)
    uppers: dict[str, Upper] = field(default_factory=dict)
    machines: list[Draft] = field(default_factory=list)
    ports: list[DraftPort] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    defaults: list[Given] = field(default_factory=list)
    used: set[StatementId] = field(default_factory=set)
    used_for: dict[str, set[StatementId]] = field(default_factory=dict)
    lost: list[Remark] = field(default_factory=list)

    def mark_used(self, *places: Place) -> None:
        """Mark statements as used, or as without effect."""
        self.used.update(place.statement_id for place in places)

    def mark_used_for(self, interface: str, *places: Place) -> None:
        """Mark statements as used if this interface is in the configuration."""
        self.used_for.setdefault(interface, set()).update(place.statement_id for place in places)

    def note_lost(self, spelled: str, place: Place) -> None:
        """Note a part of a used statement that is not in the configuration."""
        self.lost.append(Remark(spelled, "", place, "", self.format))

    def bond(self, name: str, place: Place) -> DraftBond:
        """Return the bond of that name, which is created here."""
        bond = self.referred(name, place)
        bond.made = True
        return bond

    def referred(self, name: str, place: Place) -> DraftBond:
        """Return the bond of that name, which is mentioned here but created elsewhere."""
        name = interface(name, place)
        return self.bonds.setdefault(name, DraftBond(name, place, self.format, self.net(name)))

    def net(self, name: str) -> DraftNet:
        """Return the IP configuration of an interface of any kind."""
        return self.nets.setdefault(name, DraftNet(self.format))

    def bridge(self, name: str, ports: Iterable[str], place: Place) -> None:
        """Add a bridge, or further ports of one."""
        before = self.uppers.get(name)
        below = (*before.below, *ports) if before else tuple(ports)
        self.uppers[name] = Upper(name, "bridge", tuple(dict.fromkeys(below)), place=place)

    def port(self, name: str, master: str, place: Place, spelled: str) -> None:
        """Add a port of a device that may be a bond, a bridge or something else."""
        if master in self.bonds:
            self.bonds[master].slave(name, place)
        elif master in self.uppers:
            self.bridge(master, (name,), place)
        else:
            self.ports.append(DraftPort(name, master, place, spelled))

    def settle(self, kinds: Mapping[str, str]) -> None:
        """Assign ports to their devices; `kinds` are the devices that any file creates."""
        for port in self.ports:
            kind = self.kinds.get(port.master) or kinds.get(port.master)
            if kind == "bond":
                with self.tolerant():
                    self.bond(port.master, port.place).slave(port.name, port.place)
            elif kind == "bridge":
                self.bridge(port.master, (port.name,), port.place)
            elif kind is None:
                why = (
                    f"no file given here defines {port.master}: a bond, a bridge, a team or a VRF"
                )
                hint = f"also give the command that makes it: ip link add {port.master} type ..."
                self.note_unknown(port.spelled, why, port.place, hint, "warning")

    def reaching(self, gateway: str) -> str:
        """Return the interface in whose network a gateway is, "" if none is known."""
        for name, net in self.nets.items():
            for address in net.addresses:
                with suppress(ValueError):
                    if ipaddress.ip_address(gateway) in ipaddress.ip_interface(address).network:
                        return name
        return ""

    def vlan(self, name: str, below: str, number: str, place: Place) -> None:
        """Add a VLAN; one without a valid number is not kept."""
        if number.isascii() and number.isdigit() and int(number[:6]) < MAX_VLAN:
            self.uppers[name] = Upper(name, "vlan", (below,), int(number), place=place)

    def note_unknown(
        self, spelled: str, why: str, place: Place, hint: str = "", level: Level | None = None
    ) -> None:
        """Note an unknown statement that belongs to no particular bond."""
        self.mark_used(place)
        self.remarks.append(Remark(spelled, why, place, hint, self.format, level))

    @contextmanager
    def tolerant(self) -> Iterator[None]:
        """Keep an error as a finding, so that the other lines and files are still read."""
        try:
            yield
        except ConfigError as error:
            self.note_unknown("", error.seen, error.place, error.hint, "error")

    def frozen(self) -> Iterator[BondConfig]:
        """Yield the bonds as they were read."""
        reported: set[str] = set()
        for bond in self.bonds.values():
            above = tuple(self._above(bond.name))
            nets = [bond.net, *(self.net(u.name) for u in above if u.name not in reported)]
            reported |= {upper.name for upper in above}
            yield BondConfig(
                bond.name,
                tuple(bond.given),
                tuple(self._slave(bond, name) for name in bond.slaves),
                bond.net.frozen(),
                (*bond.remarks, *(remark for net in nets for remark in net.remarks)),
                bond.place,
                bond.format,
                above,
                tuple(bond.matches),
                bond.renderer,
                bond.shared,
                made=bond.made,
            )

    def accounted(self) -> set[StatementId]:
        """Return the statements that are in the configuration, or reported by it."""
        found = self.used.union(*(draft.accounted() for draft in self.machines))
        for bond in self.bonds.values():
            above = list(self._above(bond.name))
            ours = {bond.name, *(upper.name for upper in above)}
            ports = set(bond.slaves).union(*(upper.below for upper in above)) - ours
            found |= bond.used.union(*(self.used_for.get(name, ()) for name in ours | ports))
            for name in ours & self.nets.keys():
                found |= self.nets[name].used | self.nets[name].mtu_used
            for name in set(bond.slaves) & self.nets.keys():
                # A slave has the MTU of its bond, wherever that is set.
                found |= self.nets[name].mtu_used if self.nets[name].mtu == bond.net.mtu else set()
        return found

    def _slave(self, bond: DraftBond, name: str) -> SlaveConfig:
        place = bond.places.get(name, bond.place)
        ip = self.nets[name].frozen() if name in self.nets else Addressing()
        return SlaveConfig(name, tuple(bond.slaves[name]), place, ip)

    def _above(self, name: str) -> Iterator[Upper]:
        """Yield the upper devices of an interface and those above them, from the bottom up."""
        below, left = {name}, dict(self.uppers)
        left.pop(name, None)
        while found := [upper for upper in left.values() if below & set(upper.below)]:
            for upper in found:
                ip = self.nets[upper.name].frozen() if upper.name in self.nets else upper.ip
                yield replace(left.pop(upper.name), ip=ip)
                below.add(upper.name)


def on_off(raw: str) -> str:
    """Return the kernel's on or off for a yes or no; anything else unchanged."""
    word = raw.strip().lower()
    return "on" if word in TRUE else "off" if word in FALSE else raw
