"""Link states and the active slave; the kernel does not notify of every change."""

from __future__ import annotations

from harness.history import Event, History
from harness.model.inputs import MEMBERSHIP
from harness.model.signals import Signal


def links(history: History, bond: str, slave: str) -> Signal[str | None]:
    """Return bonding's judgement of a slave: up, fail, down, back; None while it is no slave.

    The kernel does not notify of the release of a slave, nor of its state when it is enslaved
    with the same state again.
    """
    notified = list(history.select("slave", slave))
    moved = [e for e in history.select("fault", slave) if e["action"] in MEMBERSHIP]
    moved = [event for event in moved if event.get("bond") == bond]
    out, last, changes = False, None, []
    for event in sorted([*notified, *moved], key=_done_at):
        if event.kind == "slave":
            last = event["link"] if event["bond"] == bond else None
        else:
            out = event["action"] == "release"
        changes.append((_known_at(event), None if out else last))
    return Signal.of(changes[0][1] if changes else None, changes)


def _done_at(event: Event) -> int:
    """Return the time (ns) of a notification, or the end of a request."""
    return event.at + int(event.get("took", 0))


def _known_at(event: Event) -> int:
    return event.at if event.get("action") == "release" else _done_at(event)


def active_slaves(history: History, bond: str) -> Signal[str | None]:
    """Return the active slave, None for none.

    A bond that lost its carrier before its active slave does not notify of the latter, nor when it
    has the same one again; but the slave's own notification has its state, backup or active: in
    active-backup, for in other modes all slaves are called active.
    """
    notified = list(history.select("active", bond))
    about = history.about.bonds[bond]
    slaves = about.slaves if about.options.get("mode") == "active-backup" else ()
    states = [event for slave in slaves for event in history.select("slave", slave)]
    active, changes = notified[0]["slave"] if notified else None, []
    for event in sorted([*notified, *states], key=lambda event: event.at):
        if event.kind == "active":
            active = event["slave"]
        elif event.where == active and (event["link"], event.get("state")) == ("down", "backup"):
            active = None
        elif active is None and (event["link"], event.get("state")) == ("up", "active"):
            active = event.where
        changes.append((event.at, active))
    return Signal.of(notified[0]["slave"] if notified else None, changes)
