"""How long bonds have to be watched: until they are steady, and until "never" may be said."""

from __future__ import annotations

from collections.abc import Iterable

from harness.bonding.horizon import horizon, judgement, settle
from harness.errors import NotTestable
from harness.loop import SECOND
from harness.record.bond import Bond

PATIENCE = 30 * SECOND  # in real time: the time limit of a scenario is twice that


def longest_settle(bonds: Iterable[Bond]) -> int:
    """Return the longest time in ns that one of some bonds takes until it is steady."""
    return max(settle(one.options, len(one.plan.slaves), one.hz, one.lag) for one in bonds)


def longest_judgement(bonds: Iterable[Bond]) -> int:
    """Return the longest time in ns until the monitors of all have judged each of their slaves."""
    return max(judgement(one.options, one.hz, one.lag) for one in bonds)


def longest_horizon(bonds: Iterable[Bond]) -> int:
    """Return the longest time in ns for which a change may go on to have consequences.

    What was set meanwhile does not end what the options before it have begun.
    """
    return max(
        horizon(options, len(one.plan.slaves), one.hz, one.lag)
        for one in bonds
        for options in one.in_force
    )


def demand_patience(bonds: Iterable[Bond]) -> None:
    """Raise NotTestable where time passes as it does and these bonds would take minutes."""
    known = list(bonds)
    takes = longest_settle(known) + longest_judgement(known) + longest_horizon(known)
    if takes > PATIENCE:
        raise NotTestable(
            f"the bonds have to be watched for {takes // SECOND} s with these options: "
            "choose a kernel whose time can be skipped, --kernel virtual@7.2",
            hint="`harness kernels build virtual@7.2` makes one",
        )
