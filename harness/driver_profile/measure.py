"""Measure an interface: link, MAC changes, then bonds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.driver_profile import address, bonded, carrier
from harness.driver_profile.facts import LinkQuery, Profile
from harness.driver_profile.ioctl import DriverQuery, combined, open_query
from harness.driver_profile.nic import PATIENCE, ProfiledNic
from harness.errors import KernelRefused
from harness.units import in_ms

DRIVER = Path("/sys/module/bonding")
NO_BONDING = (
    "not measured: this kernel's bonding driver is not loaded, or it has none;"
    " load it with modprobe bonding max_bonds=0"
)
NO_FAR_END = (
    "not measured: needs a far end; give --far-end IFACE (one of this machine at the other end of"
    " the cable, NS:IFACE in another namespace), or --ask to pull the cable yourself"
)


@dataclass(frozen=True, slots=True)
class Environment:
    """The running kernel: its release, its clock, HZ, and the lateness of timers in ns."""

    kernel: str
    clock: str
    hz: int
    jitter: int


@dataclass(slots=True)
class _Results:
    """The measurements so far; `missing` says why one is not there."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def profile(nic: ProfiledNic, around: Environment, repeat: int) -> Profile:
    """Measure an interface; raises HarnessError where it cannot be measured."""
    before, found = nic.look(), _Results()
    with open_query(nic.namespace, nic.name) as query:
        identity = query.identity()
        nic.admin(up=True)
        ready = nic.wait_for_carrier()
        _link(nic, query, found, around, repeat, ready=ready)
        found.values["speed"] = query.speed()
    _addresses(nic, found)
    _bonds(nic, found, ready=ready)
    return Profile(
        interface=nic.name,
        mac=before.mac,
        kernel=around.kernel,
        clock=around.clock,
        hz=around.hz,
        identity=replace(identity, kind=before.kind),
        missing=found.missing,
        **found.values,
    )


def _link(
    nic: ProfiledNic,
    query: DriverQuery,
    found: _Results,
    around: Environment,
    repeat: int,
    *,
    ready: bool,
) -> None:
    """Read the link in each state that can be produced."""
    ways: dict[str, Callable[[], LinkQuery]] = {
        "mii": query.mii,
        "ethtool_link": query.ethtool_link,
    }
    answers: dict[str, dict[bool, LinkQuery]] = {name: {} for name in ways}

    def ask(on: bool) -> None:  # noqa: FBT001
        for name, way in ways.items():
            answers[name][on] = way()

    ask(True)
    if nic.far is None:
        found.missing["carrier"] = NO_FAR_END
    elif not ready:
        found.missing["carrier"] = f"not measured: {nic.name} had no carrier at the start"
    else:
        found.values["carrier"] = carrier.measure(nic, repeat, around.jitter, ask)
    found.values |= {name: combined(given) for name, given in answers.items()}


def _addresses(nic: ProfiledNic, found: _Results) -> None:
    nic.say(f"{nic.name}: change of the MAC")
    found.values["mac_up"] = address.change(nic, up=True)
    found.values["mac_down"] = address.change(nic, up=False)
    if nic.far is None:
        found.missing["frames"] = NO_FAR_END.replace("not measured", "frames not sent")


def _bonds(nic: ProfiledNic, found: _Results, *, ready: bool) -> None:
    if not ready:
        within = in_ms(PATIENCE)
        found.missing["bonds"] = f"not measured: {nic.name} has no carrier (waited {within})"
        return
    if not DRIVER.exists():  # creating a bond would load it, with a bond0 in the init namespace
        found.missing["bonds"] = NO_BONDING
        return
    try:
        with bonded.with_partner(nic) as pair:
            found.values["trials"] = tuple(bonded.trials(pair))
            found.values["survivals"] = tuple(bonded.survivals(pair))
    except KernelRefused as refused:
        found.missing["bonds"] = (
            f"not measured: {refused.message}; this kernel needs the drivers bonding and veth"
        )
