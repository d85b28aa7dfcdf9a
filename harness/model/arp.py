"""The ARP monitor: when a slave is declared down and up, by its path.

ARPMISS-1, ARPMISS-2, ARPMISS-7, ARPMISS-8; bond_ab_arp_inspect, bond_ab_arp_probe. In the modes
without an active slave a slave that hears nothing is down after arp_missed_max rounds (ARPMISS-3,
bond_loadbalance_arp_mon). Whether it stays up depends on where the switch sends the replies, which
the model does not say.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import whole
from harness.bonding.windows import GRACE
from harness.model.inputs import DEAF
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms


def watches(view: BondHistory, start: int, stop: int) -> bool:
    """Return whether the ARP monitor alone ran, with the one target that the topology has."""
    target = (str(view.history.about.target),)
    return all(
        options["arp_interval"]
        and not options["miimon"]
        and tuple(options["arp_ip_target"] or ()) == target  # type: ignore[arg-type]
        for options in view.options.within(start, stop)
    )


def _longest(view: BondHistory, at: int, *, backup: bool) -> int:
    """Return the longest time (ns) until a slave that receives nothing is down: silence or grace.

    A slave that became active at any phase of a round is judged at the first round later than 2.5
    intervals after that (last_link_up in bond_ab_arp_inspect).
    """
    times = view.times(at)
    every = times.arp_interval
    grace = GRACE * every.ns + every.ns // 2 + whole(every)
    limit = max(whole(times.silence(backup=backup).latest), grace)
    if backup:  # a gratuitous ARP between two rounds may be the last frame that counts
        rounds = view.number("arp_missed_max", at) + 1
        limit = max(limit, rounds * every.ns + every.ns // 2 + whole(every))
    return limit + view.tolerance


def deaf_slaves_go_down(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that stays up although nothing passes its cable (ARPMISS-1, ARPMISS-2)."""
    for slave in view.slaves:
        for stay in view.calm(view.paths[slave]):
            if stay.value != DEAF or not watches(view, stay.start, stay.stop):
                continue
            for part in _parts(view, stay, slave):
                role, claim = _role(view, active=part.value)
                limit = _longest(view, part.start, backup=not part.value)
                ups = view.links[slave].within(part.start + limit, part.stop)
                if part.length > limit and "up" in ups:
                    seen = f"the {role} hears nothing for {in_ms(part.length)} and is still up"
                    allowed = f"documented at most {in_ms(limit - view.tolerance)}"
                    yield Refusal("silence", claim, part.start, slave, seen, allowed)


def _role(view: BondHistory, *, active: bool) -> tuple[str, str]:
    """Return what a slave is called, and the claim that says when it is down."""
    if not view.has_active:
        return "slave", "ARPMISS-3"
    return ("active slave", "ARPMISS-1") if active else ("backup", "ARPMISS-2")


def _parts(view: BondHistory, stay: Stay[str], slave: str) -> Iterator[Stay[bool]]:
    """Yield the parts of a stay in which a slave was the active one, and those with another.

    In a mode without an active slave all are judged alike, by arp_missed_max rounds.
    """
    if not view.has_active:
        yield Stay(stay.start, stay.stop, value=True)
        return
    for part in view.active.stays(stay.start, stay.stop):
        if part.value is not None:
            yield Stay(part.start, part.stop, part.value == slave)


def sound_slaves_stay_up(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that is declared down although its path was sound (ARPMISS-1, ARPMISS-2)."""
    for slave in view.slaves:
        for at, _, link in view.links[slave].changes(view.start, view.end):
            if link != "down" or not watches(view, at, at):
                continue
            active = view.active.at(at - view.tolerance)
            if slave == active:
                yield from _too_soon(view, slave, at)
            back = at - _longest(view, at, backup=True)
            if not view.quiet(back, at) or back < view.start:
                continue
            # A backup hears the probes of the active slave; both paths must have been sound.
            others = {other for other in view.active.within(back, at) if other is not None}
            alone = None in view.active.within(back, at - view.tolerance)
            heard = [slave, *others] if slave != active else [slave]
            if not alone and all(view.all_sound(name, back, at) for name in heard):
                claim = "ARPMISS-1" if slave == active else "ARPMISS-2"
                seen = "declared down although its path was sound"
                allowed = f"sound for {in_ms(at - back)}"
                yield Refusal("sound-path", claim, at, slave, seen, allowed)


def _too_soon(view: BondHistory, slave: str, at: int) -> Iterator[Refusal]:
    """Refuse an active slave that is declared down too soon after its path was sound."""
    found = [stay for stay in view.paths[slave].stays(view.start, at) if stay.value == DEAF]
    if not found or found[-1].stop < at or view.active.at(found[-1].start) != slave:
        return
    since = found[-1].start
    window = view.times(since).silence()
    every = whole(view.times(since).arp_interval)
    if not view.all_sound(slave, since - 2 * every, since - 1):
        return  # it was deaf, or judged by less, just before
    if at - since < window.earliest.ns - window.earliest.early - view.tolerance:
        seen = f"declared down {in_ms(at - since)} after its path was cut"
        allowed = f"documented at least {window.earliest}"
        yield Refusal("silence-early", "ARPMISS-1", at, slave, seen, allowed)


def service_returns(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond without an active slave although a path is sound (ARPMISS-7)."""
    for stay in view.calm(view.active):
        if stay.value is not None or not watches(view, stay.start, stay.stop):
            continue
        limit = whole(view.times(stay.start).service_again(len(view.slaves)).latest)
        limit += view.tolerance
        for slave in view.slaves:
            for part in view.paths[slave].stays(stay.start, stay.stop):
                if part.length > limit and view.all_sound(slave, part.start, part.stop - 1):
                    seen = (
                        f"no slave is active for {in_ms(part.length)} although its path is sound"
                    )
                    allowed = f"documented at most {in_ms(limit - view.tolerance)}"
                    yield Refusal("service", "ARPMISS-7", part.start, slave, seen, allowed)


def backups_come_back(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a backup that stays down although it hears the active slave's probes (ARPMISS-8)."""
    for slave in view.slaves:
        for stay in view.calm(view.links[slave]):
            if stay.value != "down" or not watches(view, stay.start, stay.stop):
                continue
            limit = whole(view.times(stay.start).sound_again().latest) + view.tolerance
            for part in view.paths[slave].stays(stay.start, stay.stop):
                if part.length <= limit or not view.all_sound(slave, part.start, part.stop - 1):
                    continue
                for who in view.active.stays(part.start, part.stop):
                    heard = who.value is not None and _sends(view, who, limit)
                    if who.length > limit + _trusted(view, who) and heard:
                        seen = f"down for {in_ms(who.length)} although it hears the active slave"
                        allowed = f"documented at most {in_ms(limit - view.tolerance)}"
                        yield Refusal("backup-back", "ARPMISS-8", who.start, slave, seen, allowed)


def _trusted(view: BondHistory, who: Stay[str | None]) -> int:
    """Return how much longer (ns) a new active slave's probes do not count.

    It must have received a reply in a later jiffy than that in which it became active, and a probe
    after that one counts: two rounds (bond_validate_arp, last_link_up).
    """
    rounds = 2 * whole(view.times(who.start).arp_interval)
    return rounds if who.start - view.since_active(who.start) <= rounds else 0


def _sends(view: BondHistory, who: Stay[str | None], limit: int) -> bool:
    """Return whether the active slave's path was sound, long enough, to the end of a stay."""
    slave = str(who.value)
    return view.all_sound(slave, who.stop - 1 - limit, who.stop - 1)


RULES = (deaf_slaves_go_down, sound_slaves_stay_up, service_returns, backups_come_back)
