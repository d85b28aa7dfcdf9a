"""The gratuitous ARPs of a failover: how many, from which slave, how soon.

GARP-1, GARP-2, GARP-3, GARP-4, GARP-10, MODE-AB-6, PND-1; bond_should_notify_peers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.bonding import whole
from harness.judge.frames_seen import port_of
from harness.model.inputs import SOUND
from harness.model.refusal import Refusal
from harness.model.view import BondHistory
from harness.units import in_ms


def _sent(view: BondHistory) -> list[tuple[int, str]]:
    """Return when (ns) and by which slave the bond's address was announced."""
    found = []
    for event in view.history.select("arp", kind="garp", sender_ip=view.about.address):
        port = port_of(event, view.slaves)
        if port and not event.where.startswith("dut/"):
            found.append((event.at, port))
    return found


def _judgeable(view: BondHistory) -> bool:
    """Return whether all GARPs for the bond's address are the bond's own.

    If a bridge above it has the address, it is not announced (GARP-11). If it was added to a
    machine, others may send GARPs for it.
    """
    names = {f"dut/{name}" for name in (view.bond, *view.slaves)}
    bonds = {f"dut/{bond}" for bond in view.history.about.bonds}
    bonds |= {f"dut/{s}" for bond in view.history.about.bonds.values() for s in bond.slaves}
    above = {e.where for e in view.history.part("admin") if e.where.startswith("dut/")}
    return bool(view.about.address) and not above - names - bonds and not view.history.about.added


def announcements(view: BondHistory) -> Iterator[Refusal]:
    """Refuse too few, too many, late or unfounded announcements."""
    if not _judgeable(view):
        view.silent("announcements", view.bond, "its address is not its own, or others have it")
        return
    sent = _sent(view)
    moves = [change for change in view.active.changes(view.start, view.end) if change[2]]
    for number, (at, old, new) in enumerate(moves):
        then = moves[number + 1][0] if number + 1 < len(moves) else view.end
        dark = False in view.bond_carrier.within(at - view.tolerance, at)
        outage = dark or (old is None and at - _left(view, at) > view.tolerance)
        yield from _of_move(view, sent, (at, str(new), outage), then)
    yield from _unfounded(view, sent, [at for at, _, _ in moves])


def _left(view: BondHistory, at: int) -> int:
    """Return since when (ns) there was no active slave before a time."""
    none = [stay for stay in view.active.stays(0, at) if stay.value is None]
    return none[-1].start if none else at


def _of_move(
    view: BondHistory, sent: list[tuple[int, str]], move: tuple[int, str, bool], then: int
) -> Iterator[Refusal]:
    at, new, outage = move
    wanted = view.number("num_grat_arp", at)
    due = at + whole(view.times(at).notifications()) + view.tolerance
    mine = [when for when, port in sent if port == new and at - view.tolerance <= when <= due]
    calm = view.quiet(at - view.tolerance, due) and due < then
    if (
        not calm
        or set(view.paths[new].within(at - view.tolerance, due)) != {SOUND}
        or not _bond_is_up(view, at)
    ):
        view.silent("announcements", new, "disturbed before the last one was due")
        return
    rule = "announcements-after-outage" if outage else "announcements"
    claim = "GARP-10" if outage else "GARP-1" if wanted else "GARP-4"
    if len(mine) != wanted:
        seen = f"{len(mine)} announcements after {new} became active"
        yield Refusal(rule, claim, at, view.bond, seen, f"documented {wanted}")
        return
    if mine and not outage and mine[0] - at > view.tolerance:
        seen = f"the first announcement came {in_ms(mine[0] - at)} after {new} became active"
        yield Refusal("announcement-late", "GARP-2", at, view.bond, seen, "documented at once")
    yield from _spacing(view, mine)


def _spacing(view: BondHistory, sent: list[int]) -> Iterator[Refusal]:
    """Refuse announcements (ns) that are not one peer_notif_delay apart.

    GARP-3, PND-1. A first gap that is too short has a rule of its own: it is known.
    """
    for number, (before, at) in enumerate(pairwise(sent)):
        gap, every = at - before, view.times(before).peer_notif_delay
        short = gap < every.ns - every.early - view.tolerance
        if short or gap > whole(every) + view.tolerance:
            rule = "announcement-first-gap" if short and not number else "announcement-spacing"
            claim = "PND-1" if view.number("peer_notif_delay", before) else "GARP-3"
            seen = f"announcement {number + 2} came {in_ms(gap)} after the one before"
            yield Refusal(rule, claim, at, view.bond, seen, f"documented {every}")


def _bond_is_up(view: BondHistory, at: int) -> bool:
    return not any(
        event["action"] == "admin_down" and event.at <= at
        for event in view.history.select("fault", view.bond)
    )


def _unfounded(
    view: BondHistory, sent: list[tuple[int, str]], moves: list[int]
) -> Iterator[Refusal]:
    """Refuse announcements that no change of the active slave explains (MODE-AB-6)."""
    for when, port in sent:
        if when < view.start or when > view.end or view.stirs:
            continue
        reach = whole(view.times(when).notifications()) + 2 * view.tolerance
        # A bond that is new announces its first slave.
        explained = any(at - view.tolerance <= when <= at + reach for at in moves)
        if when > view.start + reach and not explained:
            seen = f"{port} announced the bond's address"
            allowed = "no slave has become active"
            yield Refusal("announcement-unfounded", "MODE-AB-6", when, view.bond, seen, allowed)


RULES = (announcements,)
