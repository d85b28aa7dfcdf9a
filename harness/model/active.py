"""Which slave is the active one, by the link states.

MODE-AB-1, MODE-AB-2, PRIMARY-1, PRESEL-1, PRESEL-3, PRESEL-4, PRIO-7; bond_select_active_slave,
bond_find_best_slave.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding.options import TLB_MODES
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms


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
        if old is None or not view.quiet(_last_active(view, new, at) - around, at + around):
            continue  # PRESEL-6, PRIMARY-8: a primary that is new, or was set, is made active
        if _last_active(view, new, at) == view.start and view.options.at(at)["primary"] == new:
            continue  # PRIMARY-8: a primary enslaved before the recording that waited for updelay
        if not view.usable(old, at - around, at + around):
            continue
        options = view.options.at(at)
        if _prio_is_used(view):
            view.silent("reselection", view.bond, "a slave's prio was set")
            continue
        if options["primary"] == new and options["primary_reselect"] == "always":
            continue
        claim = {"better": "PRESEL-3", "failure": "PRESEL-4"}.get(
            str(options["primary_reselect"]) if options["primary"] == new else "", "MODE-AB-2"
        )
        seen, allowed = f"{new} became active while {old} was up", f"documented: {old} is kept"
        yield Refusal("reselection", claim, at, view.bond, seen, allowed)


def primary_is_used(view: BondHistory) -> Iterator[Refusal]:
    """Refuse another active slave while the primary is up under `always` (PRIMARY-1)."""
    for part in view.calm(view.active):
        options = view.options.at(part.start)
        primary = str(options["primary"])
        if primary not in view.slaves or options["primary_reselect"] != "always":
            continue
        if part.value in (None, primary):
            continue
        if part.start - view.since_stir(part.start) <= view.active_late:
            continue  # perhaps set by active_slave: kept until something changes (ACTIVE-9)
        for stay in view.links[primary].stays(part.start, part.stop):
            if stay.value == "up" and stay.length > view.active_late:
                seen = f"{part.value} is active for {in_ms(stay.length)} while the primary is up"
                allowed = f"documented: {primary} is used whenever it is available"
                yield Refusal("primary", "PRIMARY-1", stay.start, view.bond, seen, allowed)


def next_in_line(view: BondHistory) -> Iterator[Refusal]:
    """Refuse the wrong successor of a slave that failed: the primary, else the first of the list.

    PRESEL-4, PRIO-7: bond_find_best_slave.
    """
    for at, old, new in _moves(view):
        around = view.active_late
        if old is None or _prio_is_used(view) or not view.quiet(at - around, at + around):
            continue
        if "up" in view.links[old].within(at + around, at + around):
            continue
        up = [s for s in view.slaves if set(view.links[s].within(at - around, at)) == {"up"}]
        # The kernel does not notify of a slave whose failure it has just detected.
        up = [s for s in up if all(view.carriers[s].within(at - around, at + around))]
        up = [s for s in up if s != old and view.links[s].at(at + around) == "up"]
        primary = str(view.options.at(at)["primary"])
        right = primary if primary in up else next(iter(_in_order(view, up)), new)
        if new != right and new in up:
            claim = "PRESEL-4" if right == primary else "PRIO-7"
            seen, allowed = f"{new} became active after {old}", f"{right} comes first"
            yield Refusal("successor", claim, at, view.bond, seen, allowed)


def _last_active(view: BondHistory, slave: str, at: int) -> int:
    """Return when (ns) a slave was last active before a time, else the recording's start."""
    stays = view.active.stays(view.start, at - view.active_late)
    return max((stay.stop for stay in stays if stay.value == slave), default=view.start)


def _in_order(view: BondHistory, up: list[str]) -> list[str]:
    """Return slaves in the order of the list; none where it was changed."""
    moved = any(None in view.links[s].within(view.start, view.end) for s in view.slaves)
    return [] if moved else up


def _prio_is_used(view: BondHistory) -> bool:
    changes = (e for s in view.slaves for e in view.history.select("fault", s, action="set"))
    return any("prio" in e.get("options", "") for e in changes)


RULES = (is_up, is_there, moves_for_a_reason, primary_is_used, next_in_line)
