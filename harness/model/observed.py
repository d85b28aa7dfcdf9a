"""Link states and the active slave, of which the kernel does not tell all."""

from __future__ import annotations

from harness.history import Event, History
from harness.model.signals import Signal

MEMBERSHIP = ("release", "enslave")


def links(history: History, bond: str, slave: str) -> Signal[str | None]:
    """Return bonding's judgement of a slave: up, fail, down, back; None while it is no slave.

    The kernel's notifications do not tell that a slave was released, nor its state when it is
    enslaved with the same one again.
    """
    told = list(history.select("slave", slave))
    moved = [e for e in history.select("fault", slave) if e["action"] in MEMBERSHIP]
    moved = [event for event in moved if event.get("bond") == bond]
    out, last, changes = False, None, []
    for event in sorted([*told, *moved], key=_done_at):
        if event.kind == "slave":
            last = event["link"] if event["bond"] == bond else None
        else:
            out = event["action"] == "release"
        changes.append((_known_at(event), None if out else last))
    return Signal.of(changes[0][1] if changes else None, changes)


def _done_at(event: Event) -> int:
    """Return when a request was done (ns), or when the kernel told something."""
    return event.at + int(event.get("took", 0))


def _known_at(event: Event) -> int:
    return event.at if event.get("action") == "release" else _done_at(event)


def active_slaves(history: History, bond: str) -> Signal[str | None]:
    """Return the active slave, None for none.

    A bond that has lost its carrier before it loses its active slave does not tell of the latter,
    nor that it has the same one again; but the slave tells that it is a backup, or active.
    """
    told = list(history.select("active", bond))
    slaves = history.about.bonds[bond].slaves
    states = [event for slave in slaves for event in history.select("slave", slave)]
    active, changes = told[0]["slave"] if told else None, []
    for event in sorted([*told, *states], key=lambda one: one.at):
        if event.kind == "active":
            active = event["slave"]
        elif event.where == active and (event["link"], event.get("state")) == ("down", "backup"):
            active = None
        elif active is None and (event["link"], event.get("state")) == ("up", "active"):
            active = event.where
        changes.append((event.at, active))
    return Signal.of(told[0]["slave"] if told else None, changes)
