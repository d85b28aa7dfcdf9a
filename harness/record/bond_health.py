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


def carrier_regained(events: Iterable[Event], subject: Subject, since: int) -> bool:
    """Return whether a bond regained carrier after a time in ns."""
    bonds = {f"{DUT}/{bond.name}" for bond in subject.bonds}
    return any(
        event.kind == "carrier" and event.where in bonds and event["up"] and event.at > since
        for event in events
    )
