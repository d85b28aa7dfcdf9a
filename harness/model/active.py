"""Which slave is the active one, by the link states.

MODE-AB-1, MODE-AB-2, PRIMARY-1, PRESEL-1, PRESEL-3, PRESEL-4, PRIO-1, PRIO-3, PRIO-7;
bond_select_active_slave, bond_find_best_slave.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import whole
from harness.bonding.options import TLB_MODES
from harness.model.inputs import namings
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms

PRIMARY_CLAIMS = {"better": "PRESEL-3", "failure": "PRESEL-4"}  # by primary_reselect


def _moves(view: BondHistory) -> Iterator[tuple[int, str | None, str]]:
    """Yield each change of the active slave: when (ns), the one before, the new one.

    The kernel may notify of the end of one shortly before the next.
    """
    before = view.active.at(view.start)
    gone = view.start
    for at, old, new in view.active.changes(view.start, view.end):
        if new is None:
            before, gone = old, at
            continue
        was = old if old is not None else (before if at - gone <= view.active_late else None)
        yield at, was, new


def is_up(view: BondHistory) -> Iterator[Refusal]:
    """Refuse an active slave that is down, or was down when it became active (ACTIVE-2)."""
    around = view.active_late
    for at, _, new in _moves(view):
        states = view.links[new].within(at - around, at + around)
        if "up" not in states and None not in states:  # None: it is released at this moment
            found = view.links[new].at(at)
            seen, allowed = f"{new} became active while {found}", "a slave that is down cannot be"
            yield Refusal("active-is-up", "ACTIVE-2", at, view.bond, seen, allowed)
    for stay in view.active.stays(view.start, view.end):
        if stay.value is None:
            continue
        for part in view.links[stay.value].stays(stay.start, stay.stop):
            if part.value == "down" and part.length > around and _another(view, stay, part):
                seen = f"{stay.value} is active for {in_ms(part.length)} although it is down"
                allowed = "documented: another slave becomes active if the active one fails"
                yield Refusal("failover", "MODE-AB-2", part.start, view.bond, seen, allowed)


def _another(view: BondHistory, stay: Stay[str | None], part: Stay[str | None]) -> bool:
    """Tell whether another slave could be active while this one is down.

    Without any, active-backup reports at once that there is none; the load balancing modes do so
    with the bond's carrier, which may be up to a second late (linkwatch).
    """
    if view.mode not in TLB_MODES:
        return True
    others = [one for one in view.slaves if one != stay.value]
    return any(view.usable(one, part.start, part.stop) for one in others)


def is_there(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond without an active slave although one is up (MODE-AB-1)."""
    for stay in view.calm(view.active):
        if stay.value is not None:
            continue
        for slave in view.slaves:
            for part in view.links[slave].stays(stay.start, stay.stop):
                usable = all(view.carriers[slave].within(part.start, part.stop))
                if part.value == "up" and usable and part.length > view.active_late:
                    seen = f"no slave is active for {in_ms(part.length)} although {slave} is up"
                    allowed = "documented: one slave is active"
                    yield Refusal(
                        "active-there", "MODE-AB-1", part.start, view.bond, seen, allowed
                    )


def moves_for_a_reason(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a change of the active slave without a reason while the old is up (MODE-AB-2)."""
    for at, old, new in _moves(view):
        around = view.active_late
        if old is None or not view.quiet(at - around, at + around):
            continue
        options, last = view.options.at(at), _last_active(view, new, at)
        is_primary = options["primary"] == new
        due = _due(view, new, at) if is_primary else ""
        if due != "set":
            if not view.quiet(last - around, at):
                continue  # PRESEL-6, PRIMARY-8: a primary that is new, or was set, is made active
            if is_primary and last == view.start:
                continue  # PRIMARY-8: one enslaved before the recording that waited for updelay
        if not view.usable(old, at - around, at + around):
            continue
        if due == "enslave":
            view.silent("reselection", view.bond, "a primary enslaved while down takes over once")
            continue
        preferred = is_primary or _outranks(view, new, old, at)
        if preferred and options["primary_reselect"] == "always":
            continue
        claim = "PRIO-3" if preferred else "MODE-AB-2"
        if is_primary:
            claim = PRIMARY_CLAIMS.get(str(options["primary_reselect"]), claim)
        seen, allowed = f"{new} became active while {old} was up", f"documented: {old} is kept"
        rule = "reselection-due" if due else "reselection"
        yield Refusal(rule, claim, at, view.bond, seen, allowed)


def primary_is_used(view: BondHistory) -> Iterator[Refusal]:
    """Refuse another active slave while the primary is up under `always` (PRIMARY-1)."""
    for part in view.calm(view.active):
        options = view.options.at(part.start)
        primary = str(options["primary"])
        if primary not in view.slaves or options["primary_reselect"] != "always":
            continue
        if part.value in (None, primary):
            continue
        if view.chosen(part.start):
            continue
        for stay in available(view, primary, part):
            if stay.length > view.active_late:
                seen = f"{part.value} is active for {in_ms(stay.length)} while the primary is up"
                allowed = f"documented: {primary} is used whenever it is available"
                yield Refusal("primary", "PRIMARY-1", stay.start, view.bond, seen, allowed)


def next_in_line(view: BondHistory) -> Iterator[Refusal]:
    """Refuse the wrong successor of a slave that failed.

    The primary comes first (PRESEL-4), else the slave with the highest prio (PRIO-1), among equals
    the first of the list (PRIO-7); bond_find_best_slave.
    """
    for at, old, new in _moves(view):
        around = view.active_late
        if old is None or not view.quiet(at - around, at + around):
            continue
        if "up" in view.links[old].within(at + around, at + around):
            continue
        up = [s for s in view.slaves if set(view.links[s].within(at - around, at)) == {"up"}]
        # The kernel does not notify of a slave whose failure it has just detected.
        up = [s for s in up if all(view.carriers[s].within(at - around, at + around))]
        up = [s for s in up if s != old and view.links[s].at(at + around) == "up"]
        primary = str(view.options.at(at)["primary"])
        highest = _highest(view, up, at)
        right = [primary] if primary in up else highest
        if not _was_reordered(view):
            right = right[:1]
        if new in up and new not in right:
            claim = "PRESEL-4" if primary in up else "PRIO-7" if new in highest else "PRIO-1"
            seen, allowed = f"{new} became active after {old}", f"{right[0]} comes first"
            yield Refusal("successor", claim, at, view.bond, seen, allowed)


def a_higher_prio_is_used(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that comes up with a higher prio and is not used under `always` (PRIO-3).

    One that was up before is used if something makes the bond select (PRIO-6, PRESEL-7): a prio
    that is set beside a primary does not.
    """
    for part in view.calm(view.active):
        active = part.value
        if active is None or view.options.at(part.start)["primary_reselect"] != "always":
            continue
        for slave in view.slaves:
            if not _outranks(view, slave, active, part.start):
                continue
            for stay in available(view, slave, part):
                came = stay.start > part.start or _selects(view, part.start)
                if came and stay.length > view.active_late and not _primary_up(view, stay.start):
                    seen = f"{active} is active for {in_ms(stay.length)} while {slave} is up"
                    allowed = "documented: the one with the higher prio is used"
                    yield Refusal("prio", "PRIO-3", stay.start, view.bond, seen, allowed)


def available(view: BondHistory, slave: str, part: Stay[str | None]) -> Iterator[Stay[str | None]]:
    """Yield when a slave was up and had carrier, within a stay.

    The kernel does not notify of a slave without carrier before downdelay is over, nor of its
    recovery before that, which the next inspection sees (DOWNDELAY-5).
    """
    for stay in view.links[slave].stays(part.start, part.stop):
        for carrier in view.carriers[slave].stays(stay.start, stay.stop):
            since = carrier.start
            if since > stay.start:
                since += whole(view.times(since).miimon)
            if stay.value == "up" and carrier.value and since < carrier.stop:
                yield Stay(since, carrier.stop, stay.value)


def _due(view: BondHistory, primary: str, at: int) -> str:
    """Return what made a primary take over whatever primary_reselect says, "" for nothing.

    "enslave" (PRESEL-6) or "set" (PRIMARY-8) while it was down: bond->force_primary is kept until
    a selection finds it up. One that is needed during its updelay is made active, and up, without
    that (bond_find_best_slave, bond_change_active_slave): it is due still.
    """
    for when, action in reversed(namings(view.history, view.bond, primary)):
        if when <= at and view.links[primary].at(when) != "up":
            stays = view.links[primary].stays(when, at + view.active_late)
            up = next((stay.start for stay in stays if stay.value == "up"), when)
            first = up >= at - view.active_late
            return action if first or view.options.at(at)["updelay"] else ""
    return ""


def _selects(view: BondHistory, at: int) -> bool:
    """Return whether a change of the bond at a time (ns) made it select its active slave."""
    without_primary = not view.options.at(at)["primary"]
    set_prio = any(at == when for prio in view.prios.values() for when, _ in prio.steps[1:])
    return at in view.selections or (set_prio and without_primary)


def _last_active(view: BondHistory, slave: str, at: int) -> int:
    """Return when (ns) a slave was last active before a time, else the recording's start."""
    stays = view.active.stays(view.start, at - view.active_late)
    return max((stay.stop for stay in stays if stay.value == slave), default=view.start)


def _was_reordered(view: BondHistory) -> bool:
    """Return whether a slave left the list: it is the last one when it returns."""
    return any(None in view.links[s].within(view.start, view.end) for s in view.slaves)


def _highest(view: BondHistory, slaves: list[str], at: int) -> list[str]:
    """Return those of some slaves that have the highest prio at a time in ns."""
    prios = {slave: view.prios[slave].at(at) for slave in slaves}
    return [slave for slave in slaves if prios[slave] == max(prios.values())]


def _outranks(view: BondHistory, slave: str, other: str, at: int) -> bool:
    """Return whether a slave has a higher prio than another one, and no primary is up (PRIO-2)."""
    higher = view.prios[slave].at(at) > view.prios[other].at(at)
    return higher and not _primary_up(view, at)


def _primary_up(view: BondHistory, at: int) -> bool:
    """Return whether the primary was up around a time in ns."""
    primary, around = str(view.options.at(at)["primary"]), view.active_late
    known = primary in view.slaves
    return known and "up" in view.links[primary].within(at - around, at + around)


RULES = (
    is_up,
    is_there,
    moves_for_a_reason,
    primary_is_used,
    next_in_line,
    a_higher_prio_is_used,
)
