"""Whether a bond is up, by the last known states of its interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.history import Event
from harness.record.subject import Subject
from harness.rtnl.link_states import LinkStates
from harness.topology import DUT, BondPlan


def active_slave(states: LinkStates, bond: str) -> str | None:
    """Return the active slave of a bond, None without one."""
    active = states.now_is("active", bond)
    return active["slave"] if active else None


def problems(states: LinkStates, bond: BondPlan, *, has_active: bool) -> Iterator[str]:
    """Yield the reasons why a bond is not up, as text; `has_active` is a property of its mode."""
    carrier = states.now_is("carrier", f"{DUT}/{bond.name}")
    if not (carrier and carrier["up"]):
        yield f"{bond.name} has no carrier"
    if has_active and not active_slave(states, bond.name):
        yield f"{bond.name} has no active slave"
    for slave in bond.slaves:
        state = states.now_is("slave", slave)
        if state is None or state["link"] != "up":
            yield f"slave {slave} is {state['link'] if state else 'not enslaved'}"
        elif states.awaits_linkwatch(slave):
            yield f"the kernel has not processed the carrier of {slave} yet (linkwatch)"


def neighbours_forgotten(events: Iterable[Event], subject: Subject, since: int) -> bool:
    """Return whether an end of the path lost its neighbour entries and was up again after `since`.

    `since` is a time in ns. The kernel removes the entries of an interface that is set down, and
    of one that loses its carrier (neigh_carrier_down, net/core/neighbour.c): a bond's, or that of
    a machine that was dead.
    """
    bonds = {f"{DUT}/{bond.name}" for bond in subject.bonds}
    return any(
        event.at > since
        and (
            (event.kind == "carrier" and event.where in bonds and event["up"])
            or (event.kind == "fault" and event["action"] == "revive")
        )
        for event in events
    )
