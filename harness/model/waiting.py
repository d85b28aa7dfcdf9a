"""Slaves that wait for updelay: those that are new, and those that replace the last active one.

UPDELAY-5, DELAY-5; bond_enslave, bond_find_best_slave.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import whole
from harness.model.mii import watches
from harness.model.refusal import Refusal
from harness.model.view import BondHistory
from harness.units import in_ms


def new_slaves_wait(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that is up as soon as it is enslaved, next to another one (UPDELAY-5)."""
    for slave in view.slaves:
        for event in view.history.select("fault", slave, action="enslave"):
            at = event.at + int(event.get("took", 0)) + view.tolerance
            delay = view.times(event.at).updelay
            until = event.at + delay.ns - delay.early - view.tolerance
            if until <= at or not view.quiet(event.at + 1, until):
                continue
            if view.links[slave].at(event.at - 1) is not None:
                continue  # it was a slave already: nothing was done
            others = [other for other in view.slaves if other != slave]
            if not watches(view, event.at, until) or not any(
                view.in_use(other, event.at, until) for other in others
            ):
                continue
            if "up" in view.links[slave].within(at, until):
                seen = f"up less than {in_ms(until - event.at)} after it was enslaved"
                allowed = f"documented after {delay}"
                yield Refusal("new-slave", "UPDELAY-5", event.at, slave, seen, allowed)


def a_waiting_slave_replaces_the_last(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond without an active slave, or the wrong one, where others wait (DELAY-5)."""
    for at, old, new in view.active.changes(view.start, view.end):
        if old is None or not watches(view, at, at):
            continue
        inspected = whole(view.times(at).miimon) + view.tolerance
        if not view.quiet(at - inspected, at + view.tolerance):
            continue
        if view.links[old].at(at + view.tolerance) == "up":
            continue  # its link has not failed: a slave that is preferred has come up
        since = {slave: _waits_since(view, slave, at) for slave in view.slaves if slave != old}
        waiting = {slave: when for slave, when in since.items() if when and at - when > inspected}
        if new is None:
            later = [slave for slave in view.active.within(at, at + view.tolerance) if slave]
            if waiting and not later:
                seen = f"no slave is active although {min(waiting)} waits for updelay"
                allowed = "documented: it is used at once"
                yield Refusal("last-link", "DELAY-5", at, view.bond, seen, allowed)
        elif new in waiting:
            first = min(waiting, key=lambda slave: waiting[slave])
            if waiting[new] - waiting[first] > inspected:
                seen = f"{new} became active, which waited for less time than {first}"
                allowed = "documented: the one that waited longest"
                yield Refusal("waited-longest", "DELAY-5", at, view.bond, seen, allowed)


def _waits_since(view: BondHistory, slave: str, at: int) -> int:
    """Return since when (ns) a slave that is not up has had carrier, 0 where it has none or is."""
    before = at - view.tolerance
    if view.links[slave].at(before) not in ("down", "back"):
        return 0
    stays = list(view.carriers[slave].stays(view.start, at + view.tolerance))
    return stays[-1].start if stays and stays[-1].value else 0
