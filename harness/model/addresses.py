"""The MACs of bond and slaves, by mode and fail_over_mac.

FOM-NONE-1, FOM-NONE-3, FOM-ACTIVE-1, FOM-FOLLOW-1, FOM-FOLLOW-2, MAC-1, MAC-2;
bond_do_fail_over_mac, bond_enslave.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.bonding.options import TLB_MODES
from harness.model.refusal import Refusal
from harness.model.view import BondHistory

SHARED = "documented: each slave has another one"
BY_HAND = {"set_mac", "rename", "run"}


def macs(view: BondHistory) -> Iterator[Refusal]:
    """Refuse MACs that the policy does not allow, at each time when they are steady."""
    touched = [e for e in view.history.part("fault") if e["action"] in BY_HAND]
    if touched:
        view.silent("mac", view.bond, f"{touched[0]['action']} changes MACs")
        return
    policy = str(view.options.at(view.start)["fail_over_mac"])
    if view.mode != "active-backup":  # fail_over_mac has no effect (FOM-6)
        policy = "unique" if view.mode in TLB_MODES else "same"
    judge = JUDGES[policy]
    for start in _steady(view):
        if any(_is_empty(view, at) for at in view.stirs if at <= start):
            view.silent("mac", view.bond, "a bond that had no slaves may have any MAC (MAC-3)")
            return
        members = [slave for slave in view.slaves if view.links[slave].at(start) is not None]
        found = {name: view.macs[name].at(start) for name in (view.bond, *members)}
        problem = judge(view, found, view.active.at(start))
        if problem:
            claim, where, allowed = problem
            seen = f"the MAC of {where} is {found[where]}"
            rule = "mac-shared" if allowed == SHARED and _replaced(view) else f"mac-{policy}"
            yield Refusal(rule, claim, start, where, seen, allowed)
            return


def _is_empty(view: BondHistory, at: int) -> bool:
    return all(view.links[slave].at(at) is None for slave in view.slaves)


def _replaced(view: BondHistory) -> bool:
    """Return whether a slave was released and enslaved again."""
    return any(event["action"] == "enslave" for event in view.history.part("fault"))


def _steady(view: BondHistory) -> Iterator[int]:
    """Yield the begin (ns) of each time without a change that is longer than the tolerance."""
    changes = {at for mac in view.macs.values() for at, _ in mac.steps}
    changes |= {at for at, _ in view.active.steps}
    changes |= {at for link in view.links.values() for at, _ in link.steps}
    changes |= set(view.stirs)
    edges = [view.start, *sorted(at for at in changes if view.start < at < view.end), view.end]
    for start, stop in pairwise(edges):
        if stop - start > view.active_late:
            yield start


Macs = dict[str, str | None]
Problem = tuple[str, str, str] | None


def _slaves(view: BondHistory, found: Macs) -> list[str]:
    return [name for name in found if name != view.bond]


def _none(view: BondHistory, found: Macs, _: str | None) -> Problem:
    first = view.macs[view.bond].at(view.start)
    if found[view.bond] != first:
        return "FOM-NONE-3", view.bond, f"documented: it stays {first}"
    other = next((s for s in _slaves(view, found) if found[s] != first), None)
    return ("FOM-NONE-1", other, f"documented: that of the bond, {first}") if other else None


def _same(view: BondHistory, found: Macs, active: str | None) -> Problem:
    problem = _none(view, found, active)
    return problem and ("MAC-2" if problem[1] == view.bond else "MAC-1", *problem[1:])


def _unique(view: BondHistory, found: Macs, active: str | None) -> Problem:
    if problem := _active_has_the_bonds(view, found, active, ("MAC-2", "MODE-ALB-7")):
        return problem
    if view.mode == "balance-tlb":  # the kernel does not report all that it sets (dev_addr_set)
        return None
    twice = _twice(view, found)
    return ("FLAG-2", twice, "documented: each slave's is unique") if twice else None


def _active(view: BondHistory, found: Macs, active: str | None) -> Problem:
    for slave in _slaves(view, found):
        if found[slave] != (own := view.macs[slave].at(view.start)):
            return "FOM-ACTIVE-1", slave, f"documented: it keeps its own, {own}"
    if active in found and found[view.bond] != found[active]:
        return "FOM-ACTIVE-1", view.bond, f"documented: that of the active slave, {found[active]}"
    return None


def _follow(view: BondHistory, found: Macs, active: str | None) -> Problem:
    if problem := _active_has_the_bonds(view, found, active, ("FOM-FOLLOW-1", "FOM-FOLLOW-2")):
        return problem
    twice = _twice(view, found)
    return ("FOM-FOLLOW-2", twice, SHARED) if twice else None


def _active_has_the_bonds(
    view: BondHistory, found: Macs, active: str | None, claims: tuple[str, str]
) -> Problem:
    """Return a bond's MAC that has changed, or an active slave with another: by these claims."""
    first = view.macs[view.bond].at(view.start)
    if found[view.bond] != first:
        return claims[0], view.bond, f"documented: it stays {first}"
    if active in found and found[active] != first:
        return claims[1], active, f"documented: the active slave has the bond's, {first}"
    return None


def _twice(view: BondHistory, found: Macs) -> str | None:
    """Return a slave whose MAC another one has too, None for none."""
    slaves = _slaves(view, found)
    own = [found[slave] for slave in slaves]
    return next((slave for slave in slaves if own.count(found[slave]) > 1), None)


JUDGES = {
    "none": _none,
    "active": _active,
    "follow": _follow,
    "same": _same,
    "unique": _unique,
}
RULES = (macs,)
