"""The inputs of a bond as signals: carriers, paths, changes of the bond.

A carrier follows from the schedule where a cable was cut or an interface set down. If anything
else takes it away (a switch without power, a shut port), the kernel's notification counts.
"""

from __future__ import annotations

from harness.bonding.wheel import SECOND
from harness.history import Event, History
from harness.model.signals import Signal

SOUND, DEAF, ODD = "sound", "deaf", "odd"
CABLE = {"cut": False, "heal": True, "heal_late": True}
ADMIN = {"admin_down": False, "admin_up": True}
LINK = {**CABLE, **ADMIN}
LOSSES = {"lose", "deliver", "delay", "undelay", "forward", "mute_garp", "unmute_garp"}
MEMBERSHIP = {"release", "enslave"}
SELECTING = {"primary", "primary_reselect"}
STIRS = {"set", "write", "enslave", "release", "rename", "set_mac", "run", "set_locktime"}


def _faults(history: History) -> list[Event]:
    return [event for event in history.part("fault") if event.get("phase") != "end"]


def carriers(history: History, slave: str) -> Signal[bool]:
    """Return whether a slave's interface is up and has carrier."""
    begun = history.mark("recording") or 0
    first = {
        kind: next((e["up"] for e in history.select(kind, f"dut/{slave}")), True)
        for kind in ("carrier", "admin")
    }
    cable, admin = bool(first["carrier"]), bool(first["admin"])
    changes = [(begun, cable and admin)]
    done = {e.at: e for e in history.select("fault", slave) if e["action"] in LINK}
    notified = [e for e in history.select("carrier", f"dut/{slave}") if e.at > begun]
    for event in sorted([*done.values(), *notified], key=lambda event: event.at):
        if event.at < begun:
            continue
        if event.kind == "fault":
            cable = CABLE.get(event["action"], cable)
            admin = ADMIN.get(event["action"], admin)
        elif event["up"] != (cable and admin) and not _explained(event, done, notified):
            cable = event["up"]  # neither a cut nor a heal: something else changed it
        changes.append((event.at, cable and admin))
    return Signal.of(changes[0][1], changes[1:])


def _explained(event: Event, done: dict[int, Event], notified: list[Event]) -> bool:
    """Return whether a report of a carrier may be the delayed one of an action, up to a second."""
    before = max((report.at for report in notified if report.at < event.at), default=0)
    return any(
        max(before, event.at - SECOND) <= at <= event.at and LINK[action["action"]] == event["up"]
        for at, action in done.items()
    )


def paths(history: History, slave: str, carrier: Signal[bool]) -> Signal[str]:
    """Return whether a slave's cable passes all frames, none, or some of them.

    None means none inwards: the slave hears nothing, whether or not its own frames arrive.
    """
    lossy = SOUND
    changes: list[tuple[int, bool | str, str]] = [(at, up, "carrier") for at, up in carrier.steps]
    for event in history.select("fault", slave):
        action = event["action"]
        if action == "lose":
            inwards = event.get("direction") in ("both", "in")
            whole = inwards and event.get("percent", 100) == 100
            changes.append((event.at, DEAF if whole else ODD, "loss"))
        elif action == "deliver":
            changes.append((event.at, SOUND if event.get("direction") == "both" else ODD, "loss"))
        elif action not in {*LINK, *MEMBERSHIP, "set"} or action == "heal_late":
            changes.append((event.at, ODD, "loss"))
    has, found = carrier.steps[0][1], []
    for at, value, kind in sorted(changes, key=lambda change: change[0]):
        if kind == "carrier":
            has = bool(value)
        else:
            lossy = str(value)
        found.append((at, lossy if has else DEAF))
    return Signal.of(found[0][1], found[1:])


def stirs(history: History, bond: str, slaves: tuple[str, ...]) -> list[int]:
    """Return when the bond itself was changed: options, slaves, names, MACs, set down or up."""
    return sorted(
        event.at
        for event in _faults(history)
        if event["action"] in STIRS
        or (event.where == bond and event["action"] in ADMIN)
        or (event.where in slaves and event["action"] not in {*LINK, *LOSSES})
    )


def asked(event: Event) -> dict[str, str]:
    """Return the options that an event asked for, as written."""
    words = str(event.get("options", "")).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def selections(history: History, bond: str) -> list[int]:
    """Return when (ns) something made the bond select its active slave (PRIMARY-4, PRESEL-7).

    bond_option_primary_set, bond_option_primary_reselect_set, bond_enslave.
    """
    return [
        event.at
        for event in _faults(history)
        if (event.where == bond and SELECTING & asked(event).keys()) or enslaves(event, bond)
    ]


def enslaves(event: Event, bond: str) -> bool:
    """Return whether a fault event makes a link a slave of a bond."""
    return bool(event["action"] == "enslave" and event.get("bond") == bond)


def namings(history: History, bond: str, slave: str) -> list[tuple[int, str]]:
    """Return when (ns) a slave was named as primary ("set"), or enslaved ("enslave")."""
    return [
        (event.at, "set" if event.where == bond else "enslave")
        for event in _faults(history)
        if (event.where == bond and asked(event).get("primary") == slave)
        or (event.where == slave and enslaves(event, bond))
    ]


def choices(history: History, bond: str) -> list[int]:
    """Return when (ns) the active slave of a bond was set by hand, or may have been."""
    return [
        event.at
        for event in _faults(history)
        if event["action"] in ("write", "run")
        or (event.where == bond and "active_slave" in asked(event))
    ]


def priorities(history: History, slave: str) -> Signal[int]:
    """Return a slave's prio: 0 until it is set, and 0 again after a release (PRIO-4)."""
    changes = []
    for event in _faults(history):
        if event.where != slave:
            continue
        if event["action"] == "release":
            changes.append((event.at, 0))
        elif event["action"] == "set" and "prio" in (given := asked(event)):
            changes.append((event.at, int(given["prio"])))
    return Signal.of(0, changes)


def macs_by_hand(history: History, bond: str) -> list[tuple[int, str]]:
    """Return each MAC that was set on a bond, and when (ns)."""
    events = history.select("fault", bond, action="set_mac")
    return [(event.at, str(event["mac"])) for event in events]


def network_oddities(history: History, bond: str, slaves: tuple[str, ...]) -> Signal[bool]:
    """Return whether anything beyond the slaves' cables is disturbed or was added to the network.

    A fault there ends with its repair; what was sent or set there otherwise is taken to remain.
    """
    open_faults: set[str] = set()
    forever = bool(history.about.added)
    changes = []
    for event in _faults(history):
        if event.where in (bond, *slaves):
            continue
        if event["role"] == "fault":
            open_faults.add(event.where)
        elif event["role"] == "repair":
            open_faults.discard(event.where)
        elif event.where != "dut":
            forever = True
        changes.append((event.at, forever or bool(open_faults)))
    return Signal.of(bool(history.about.added), changes)
