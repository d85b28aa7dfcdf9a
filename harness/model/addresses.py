"""The MACs of bond and slaves, by fail_over_mac.

FOM-NONE-1, FOM-NONE-3, FOM-ACTIVE-1, FOM-FOLLOW-1, FOM-FOLLOW-2; bond_do_fail_over_mac.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.model.refusal import Refusal
from harness.model.view import BondHistory

BY_HAND = {"set_mac", "enslave", "release", "rename", "run"}


def macs(view: BondHistory) -> Iterator[Refusal]:
    """Refuse MACs that the policy does not allow, whenever they have been steady."""
    touched = [e for e in view.history.part("fault") if e["action"] in BY_HAND]
    if touched:
        view.silent("mac", view.bond, f"{touched[0]['action']} changes MACs")
        return
    policy = str(view.options.at(view.start)["fail_over_mac"])
    judge = {"none": _none, "active": _active, "follow": _follow}[policy]
    for start in _steady(view):
        found = {name: mac.at(start) for name, mac in view.macs.items()}
        problem = judge(view, found, view.active.at(start))
        if problem:
            claim, where, told = problem
            seen = f"the MAC of {where} is {found[where]}"
            yield Refusal(f"mac-{policy}", claim, start, where, seen, told)
            return


def _steady(view: BondHistory) -> Iterator[int]:
    """Yield since when (ns) MACs and active slave were the same, for longer than the error."""
    changes = {at for mac in view.macs.values() for at, _ in mac.steps}
    changes |= {at for at, _ in view.active.steps}
    edges = [view.start, *sorted(at for at in changes if view.start < at < view.end), view.end]
    for start, stop in pairwise(edges):
        if stop - start > view.tolerance:
            yield start


Macs = dict[str, str | None]
Problem = tuple[str, str, str] | None


def _none(view: BondHistory, found: Macs, _: str | None) -> Problem:
    first = view.macs[view.bond].at(view.start)
    if found[view.bond] != first:
        return "FOM-NONE-3", view.bond, f"documented: it stays {first}"
    other = next((s for s in view.slaves if found[s] != first), None)
    return ("FOM-NONE-1", other, f"documented: that of the bond, {first}") if other else None


def _active(view: BondHistory, found: Macs, active: str | None) -> Problem:
    for slave in view.slaves:
        if found[slave] != (own := view.macs[slave].at(view.start)):
            return "FOM-ACTIVE-1", slave, f"documented: it keeps its own, {own}"
    if active is not None and found[view.bond] != found[active]:
        return "FOM-ACTIVE-1", view.bond, f"documented: that of the active slave, {found[active]}"
    return None


def _follow(view: BondHistory, found: Macs, active: str | None) -> Problem:
    first = view.macs[view.bond].at(view.start)
    if found[view.bond] != first:
        return "FOM-FOLLOW-1", view.bond, f"documented: it stays {first}"
    if active is not None and found[active] != first:
        return "FOM-FOLLOW-2", active, f"documented: the active slave has the bond's, {first}"
    own = [found[slave] for slave in view.slaves]
    twice = next((s for s in view.slaves if own.count(found[s]) > 1), None)
    return ("FOM-FOLLOW-2", twice, "documented: each slave has another one") if twice else None


RULES = (macs,)
