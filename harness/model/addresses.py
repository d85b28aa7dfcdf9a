"""The MACs of bond and slaves, by mode and fail_over_mac.

FOM-NONE-1, FOM-NONE-3, FOM-ACTIVE-1, FOM-ACTIVE-5, FOM-FOLLOW-1, FOM-FOLLOW-2, MAC-1, MAC-2,
MAC-4; bond_do_fail_over_mac, bond_enslave, bond_set_mac_address.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.bonding.options import TLB_MODES
from harness.history import Event
from harness.model.inputs import macs_by_hand
from harness.model.refusal import Refusal
from harness.model.view import BondHistory

# What claims say of the bond's MAC holds for one that was set by hand by another claim.
MAC_BY_HAND = {
    "FOM-NONE-1": "MAC-4",
    "FOM-NONE-3": "MAC-4",
    "MAC-1": "MAC-4",
    "MAC-2": "MAC-4",
    "FOM-FOLLOW-1": "FOM-ACTIVE-5",
}
SHARED = "documented: each slave has another one"
BY_HAND = {"rename", "run"}


def macs(view: BondHistory) -> Iterator[Refusal]:
    """Refuse MACs that the policy does not allow, at each time when they are steady."""
    touched = [e for e in view.history.part("fault") if _by_hand(view, e)]
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
        problem = judge(view, found, view.active.at(start), view.wanted_mac.at(start))
        if problem:
            claim, where, allowed = problem
            if _was_set(view, start):
                claim = MAC_BY_HAND.get(claim, claim)
            seen = f"the MAC of {where} is {found[where]}"
            rule = "mac-shared" if allowed == SHARED and _replaced(view) else f"mac-{policy}"
            yield Refusal(rule, claim, start, where, seen, allowed)
            return


def _by_hand(view: BondHistory, event: Event) -> bool:
    """Return whether an event may change MACs in a way that the rules do not follow."""
    other_bond = event["action"] == "set_mac" and event.where != view.bond
    return event["action"] in BY_HAND or other_bond


def _was_set(view: BondHistory, at: int) -> bool:
    """Return whether a MAC had been set on the bond by hand before a time in ns."""
    return any(when <= at for when, _ in macs_by_hand(view.history, view.bond))


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


def _none(view: BondHistory, found: Macs, _: str | None, first: str | None) -> Problem:
    if found[view.bond] != first:
        return "FOM-NONE-3", view.bond, f"documented: it stays {first}"
    other = next((s for s in _slaves(view, found) if found[s] != first), None)
    return ("FOM-NONE-1", other, f"documented: that of the bond, {first}") if other else None


def _same(view: BondHistory, found: Macs, active: str | None, first: str | None) -> Problem:
    problem = _none(view, found, active, first)
    return problem and ("MAC-2" if problem[1] == view.bond else "MAC-1", *problem[1:])


def _unique(view: BondHistory, found: Macs, active: str | None, first: str | None) -> Problem:
    if problem := _active_has_the_bonds(view, found, active, first, ("MAC-2", "MODE-ALB-7")):
        return problem
    if view.mode == "balance-tlb":  # the kernel does not report all that it sets (dev_addr_set)
        return None
    twice = _twice(view, found)
    return ("FLAG-2", twice, "documented: each slave's is unique") if twice else None


def _active(view: BondHistory, found: Macs, active: str | None, _: str | None) -> Problem:
    for slave in _slaves(view, found):
        if found[slave] != (own := view.macs[slave].at(view.start)):
            return "FOM-ACTIVE-1", slave, f"documented: it keeps its own, {own}"
    if active in found and found[view.bond] != found[active]:
        return "FOM-ACTIVE-1", view.bond, f"documented: that of the active slave, {found[active]}"
    return None


def _follow(view: BondHistory, found: Macs, active: str | None, first: str | None) -> Problem:
    claims = ("FOM-FOLLOW-1", "FOM-FOLLOW-2")
    if problem := _active_has_the_bonds(view, found, active, first, claims):
        return problem
    twice = _twice(view, found)
    return ("FOM-FOLLOW-2", twice, SHARED) if twice else None


def _active_has_the_bonds(
    view: BondHistory,
    found: Macs,
    active: str | None,
    first: str | None,
    claims: tuple[str, str],
) -> Problem:
    """Return a bond's MAC that has changed, or an active slave with another: by these claims."""
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
