"""Profiles of NetworkManager, from keyfiles or from nmcli's commands, as bonds of a draft.

A profile has a name (id) and a uuid; its interface may have another name. Others refer to it by
any of the three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.model import Given
from harness.config.names import INTERFACE
from harness.config.place import Place

DEFAULT_MIIMON = "100"  # ms
IMPLIED = "(NetworkManager's default)"  # ends the spelling of an option that is in no file
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{13,27}")
DYNAMIC4 = frozenset({"auto"})
DYNAMIC6 = frozenset({"auto", "dhcp"})
CARRIED = {
    "method4": frozenset({"auto", "manual", "disabled", ""}),
    "method6": frozenset({"auto", "dhcp", "manual", "disabled", ""}),
}
NO_NAME = frozenset({"", "*"})


@dataclass(frozen=True, slots=True)
class ProfileSetting:
    """A value of a profile: the option's name, its value, its spelling and its place."""

    name: str
    raw: str
    place: Place
    spelled: str = ""


@dataclass(slots=True)
class Connection:
    """One profile; `port_of` is the kind of its controller, such as bond, "" where it has none.

    `which` are the places of its kind, or without effect, and `selects` those that select an
    interface without its name.
    """

    place: Place
    id: str = ""
    uuid: str = ""
    kind: str = ""
    ifname: str = ""
    master: str = ""
    port_of: str = ""
    mac: str = ""
    pattern: str = ""
    parent: str = ""
    vlan: str = ""
    options: list[ProfileSetting] = field(default_factory=list)
    port_options: list[ProfileSetting] = field(default_factory=list)
    addresses: list[ProfileSetting] = field(default_factory=list)
    gateways: list[ProfileSetting] = field(default_factory=list)
    mtu: ProfileSetting | None = None
    method4: str = ""
    method6: str = ""
    methods: dict[str, ProfileSetting] = field(default_factory=dict)
    which: list[Place] = field(default_factory=list)
    selects: list[Place] = field(default_factory=list)

    @property
    def interface(self) -> str:
        """The name of its interface: the one given, or the one that NetworkManager generates."""
        if self.ifname not in NO_NAME:
            return self.ifname
        if self.kind == "vlan":
            return f"{self.parent}.{self.vlan}"
        return self.id.removeprefix(f"{self.kind}-") if self.kind in ("bond", "bridge") else ""


def build(draft: Draft, profiles: Sequence[Connection]) -> None:
    """Add the bonds of profiles, their ports and their upper devices."""
    for profile in profiles:
        if parent := find(profiles, profile.parent):
            profile.parent = parent.interface
    for profile in profiles:
        if profile.kind == "bond" and INTERFACE.fullmatch(profile.interface):
            _bond(draft, profile)
    for profile in profiles:
        controller = find(profiles, profile.master) if profile.master else None
        kind = controller.kind if controller else profile.port_of
        name = controller.interface if controller else profile.master
        if profile.master and kind == "bridge":
            draft.bridge(name, (profile.interface,), profile.place)
            _mtu(draft, profile)
        elif profile.master and kind in ("bond", ""):
            _port(draft, profile, name, known=bool(controller))
            continue
        else:
            _addressing(draft, profile)
        _upper(draft, profile)


def find(profiles: Iterable[Connection], reference: str) -> Connection | None:
    """Return a profile by its name, interface or uuid."""
    for profile in profiles:
        if reference and reference in (profile.uuid, profile.id, profile.ifname):
            return profile
    return next(
        (profile for profile in profiles if profile.kind and profile.interface == reference), None
    )


def _bond(draft: Draft, profile: Connection) -> None:
    bond = draft.bond(profile.interface, profile.place)
    bond.mark_used(*profile.which)
    for option in profile.options:
        bond.option(option.name, option.raw, option.place, option.spelled)
    default_monitor(bond)


def default_monitor(bond: DraftBond) -> None:
    """Add NetworkManager's default: miimon=100 if no monitor is set."""
    given = {option.name: option.value for option in bond.given}
    if "miimon" not in given and not given.get("arp_interval"):
        text = f"miimon={DEFAULT_MIIMON} {IMPLIED}"
        bond.given.append(Given.read("miimon", DEFAULT_MIIMON, bond.place, bond.format, text))


def _port(draft: Draft, profile: Connection, name: str, *, known: bool) -> None:
    if not known and (UUID.fullmatch(name) or not profile.port_of):
        why = "it is not known for which bond this is"
        hint = "give the profile with that name or uuid as well"
        draft.note_unknown(f"master={profile.master}", why, profile.place, hint)
        return
    bond = draft.referred(name, profile.place)
    # The IP configuration of a port has no effect.
    bond.mark_used(*profile.which, *(method.place for method in profile.methods.values()))
    if profile.ifname not in NO_NAME:
        bond.slave(profile.ifname, profile.place)
        for option in profile.port_options:
            bond.slave_option(
                profile.ifname, option.name, option.raw, option.place, option.spelled
            )
    elif profile.mac:
        spelled = f"mac-address={profile.mac}"
        bond.match("mac", profile.mac, profile.place, spelled, profile.id)
        bond.mark_used(*profile.selects)
    elif profile.pattern:
        spelled = f"interface-name={profile.pattern}"
        bond.match("name", profile.pattern, profile.place, spelled, profile.id)
        bond.mark_used(*profile.selects)
    else:
        why = "it names no interface, so NetworkManager takes any that is free"
        bond.note_unknown(profile.id, why, profile.place, "set interface-name", "warning")


def _addressing(draft: Draft, profile: Connection) -> None:
    if not (name := profile.interface):
        return
    net = draft.net(name)
    for address in profile.addresses:
        net.address(address.raw, "", address.place)
    for gateway in profile.gateways:
        net.gateway(gateway.raw, gateway.place)
    _mtu(draft, profile)
    net.mark_used(
        *(
            method.place
            for method in profile.methods.values()
            if method.raw in CARRIED[method.name]
        )
    )
    net.dhcp4 = net.dhcp4 or profile.method4 in DYNAMIC4
    net.dhcp6 = net.dhcp6 or profile.method6 in DYNAMIC6


def _mtu(draft: Draft, profile: Connection) -> None:
    """Set the MTU, which a port of a bridge has too."""
    if profile.interface and profile.mtu:
        net = draft.net(profile.interface)
        if profile.mtu.raw in ("", "0"):
            net.mark_used(profile.mtu.place)
        else:
            net.set_mtu(profile.mtu.raw, profile.mtu.place)


def _upper(draft: Draft, profile: Connection) -> None:
    draft.mark_used_for(profile.interface, *profile.which)
    if profile.kind == "vlan" and profile.parent:
        draft.vlan(profile.interface, profile.parent, profile.vlan, profile.place)
    elif profile.kind == "bridge":
        draft.bridge(profile.interface, (), profile.place)
