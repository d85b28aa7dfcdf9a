"""How long bonds must be recorded: until they are stable, and until "never" can be concluded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.bonding.horizon import horizon, judgement, settle
from harness.bonding.wheel import period
from harness.errors import NotTestable
from harness.loop import SECOND
from harness.record.bond import Bond
from harness.units import MS

MONITORS = ("miimon", "arp_interval")  # in ms
PATIENCE = 30 * SECOND  # in real time, in which a scenario may take six times that


def longest_settle(bonds: Iterable[Bond]) -> int:
    """Return the time in ns until all of these bonds are stable."""
    return max(settle(bond.options, len(bond.plan.slaves), bond.hz, bond.lag) for bond in bonds)


def longest_judgement(bonds: Iterable[Bond]) -> int:
    """Return the time in ns until the monitors of all bonds have judged each of their slaves."""
    return max(judgement(bond.options, bond.hz, bond.lag) for bond in bonds)


def longest_inspection(bonds: Iterable[Bond]) -> int:
    """Return the longest interval in ns of a monitor of these bonds, 0 without any."""
    return max(_inspections(bonds), default=0)


def shortest_inspection(bonds: Iterable[Bond]) -> int:
    """Return the shortest interval in ns of a monitor of these bonds, 0 without any."""
    return min(filter(None, _inspections(bonds)), default=0)


def _inspections(bonds: Iterable[Bond]) -> Iterator[int]:
    values = (bond.options[name] for bond in bonds for name in MONITORS)
    return (value * MS for value in values if isinstance(value, int))


def longest_arp_round(bonds: Iterable[Bond]) -> int:
    """Return the longest time in ns between two rounds of an ARP monitor, 0 without any."""
    known = ((bond.options["arp_interval"], bond.hz) for bond in bonds)
    rounds = (period(value * MS, hz) for value, hz in known if isinstance(value, int))
    return max(rounds, default=0)


def longest_horizon(bonds: Iterable[Bond]) -> int:
    """Return the longest time in ns for which a change may still have consequences.

    All options that were in force during the recording count: a change of options does not cancel
    what the previous ones started.
    """
    return max(
        horizon(options, len(bond.plan.slaves), bond.hz, bond.lag)
        for bond in bonds
        for options in bond.in_force
    )


def check_duration(bonds: Iterable[Bond]) -> None:
    """Raise NotTestable if these bonds would take minutes in real time."""
    known = list(bonds)
    takes = longest_settle(known) + longest_judgement(known) + longest_horizon(known)
    if takes > PATIENCE:
        raise NotTestable(
            f"the bonds have to be watched for {takes // SECOND} s with these options: "
            "choose a kernel with virtual time, --kernel virtual@7.2",
            hint="`harness kernels build virtual@7.2` builds it",
        )
