"""The MII monitor: when a slave is declared down and up, by its carrier.

MIIMON-1, MIIMON-3, DOWNDELAY-1, DOWNDELAY-5, UPDELAY-1, UPDELAY-4, DELAY-3; bond_miimon_inspect.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import whole
from harness.bonding.options import TLB_MODES
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms


def watches(view: BondHistory, start: int, stop: int) -> bool:
    """Return whether the MII monitor alone ran from `start` to `stop`."""
    return False not in view.bond_up.within(start, stop) and all(
        one["miimon"] and not one["arp_interval"] for one in view.options.within(start, stop)
    )


def changes_in_time(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that is not declared down, or up, in the time that its carrier allows."""
    for slave in view.slaves:
        for stay in view.calm(view.carriers[slave]):
            if not watches(view, stay.start, stay.stop):
                view.silent("detection", slave, "the MII monitor is off")
                continue
            times = view.times(stay.start)
            window = times.carrier_back() if stay.value else times.carrier_loss()
            due = stay.start + whole(window.latest) + view.tolerance
            wanted = "up" if stay.value else "down"
            wrong = next(
                (one for one in view.links[slave].within(due, stay.stop) if one != wanted), wanted
            )
            if due < stay.stop and wrong not in (wanted, None) and _is_slave(view, slave, stay):
                claim = _claim(view, stay)
                text = "carrier is back" if stay.value else "carrier is lost"
                late = in_ms(stay.stop - stay.start)
                yield Refusal(
                    "recovery" if stay.value else "detection",
                    claim,
                    stay.start,
                    slave,
                    f"{text} for {late} and its link state is {wrong}",
                    f"documented {wanted} after at most {window.latest}",
                )


def _is_slave(view: BondHistory, slave: str, stay: Stay[bool]) -> bool:
    """Return whether bonding has it all the time: one that is released has no link state."""
    return None not in view.links[slave].within(stay.start, stay.stop)


def _claim(view: BondHistory, stay: Stay[bool]) -> str:
    delay = "updelay" if stay.value else "downdelay"
    if view.number(delay, stay.start):
        return "UPDELAY-1" if stay.value else "DOWNDELAY-1"
    return "MIIMON-3" if stay.value else "MIIMON-1"


def changes_for_a_reason(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that is declared down or up without, or too soon after, its carrier."""
    for slave in view.slaves:
        for at, before, link in view.links[slave].changes(view.start, view.end):
            if link not in ("up", "down") or before is None:
                continue
            yield from _reason(view, slave, at, link == "up")


def _reason(view: BondHistory, slave: str, at: int, up: bool) -> Iterator[Refusal]:  # noqa: FBT001
    since = _held(view, slave, at, up)
    if since is None:
        if view.quiet(at - view.tolerance, at) and watches(view, at, at):
            claim = "MIIMON-3" if up else "MIIMON-1"
            seen = f"declared {'up' if up else 'down'}"
            allowed = f"its carrier was {'lost' if up else 'there'}"
            yield Refusal("link-state", claim, at, slave, seen, allowed)
        return
    begun = since == view.start or since == view.since_stir(since)
    if begun or not view.quiet(since, at) or not watches(view, since, at):
        return
    times = view.times(since)
    earliest = (times.carrier_back() if up else times.carrier_loss()).earliest
    shorter = _repeated(view, slave, since, at) * whole(times.miimon)
    if at - since >= earliest.ns - earliest.early - view.tolerance - shorter:
        return
    if _undelayed(view, slave, at, up):
        return
    claim = "UPDELAY-1" if up else "DOWNDELAY-1"
    outage = up and view.mode in TLB_MODES and _was_alone(view, slave, since, at)
    rule = "delay-after-outage" if outage else "delay"
    seen = f"declared {'up' if up else 'down'} {in_ms(at - since)} after its carrier changed"
    yield Refusal(rule, claim, at, slave, seen, f"documented at least {earliest}")


def _repeated(view: BondHistory, slave: str, since: int, at: int) -> int:
    """Return how many inspections of a delay may have been repeated a jiffy later, in 802.3ad.

    That is done where the RTNL lock is taken, as by the change of another slave, and each counts
    (DOWNDELAY-8; bond_mii_monitor).
    """
    if view.mode != "802.3ad":
        return 0
    others = _others(view, slave)
    return sum(len(list(view.carriers[other].changes(since, at))) for other in others)


def _others(view: BondHistory, slave: str) -> list[str]:
    return [other for other in view.slaves if other != slave]


def _undelayed(view: BondHistory, slave: str, at: int, up: bool) -> bool:  # noqa: FBT001
    """Return whether a change need not wait for updelay or downdelay.

    DELAY-3, DELAY-5: no other slave is up, or the last one failed now. DOWNDELAY-5, UPDELAY-4:
    it had not been declared down, or not up.
    """
    before = view.links[slave].at(at - 1)
    if not up:
        return before == "back"
    return before == "fail" or not _others_usable(view, slave, at)


def _was_alone(view: BondHistory, slave: str, since: int, at: int) -> bool:
    """Return whether no other slave was usable since a time, as far as the kernel's table knows.

    One that is needed during its updelay is up at once (bond_change_active_slave), which does not
    renew the table (bond->usable_slaves; difference 68).
    """
    if not _others_usable(view, slave, since):
        return True
    others = _others(view, slave)
    came = (
        when
        for other in others
        for when, _, link in view.links[other].changes(since, at)
        if link == "up"
    )
    around = view.tolerance
    return any(not any(view.usable(o, when - around, when) for o in others) for when in came)


def _others_usable(view: BondHistory, slave: str, at: int) -> bool:
    """Return whether another slave was in use around a time in ns."""
    around = view.tolerance
    return any(view.in_use(one, at - around, at + around) for one in _others(view, slave))


def _held(view: BondHistory, slave: str, at: int, value: bool) -> int | None:  # noqa: FBT001
    """Return since when (ns) a slave's carrier had a value until a time; None if it had not.

    The monitor may miss an interruption shorter than an inspection.
    """
    since: int | None = None
    unseen = whole(view.times(at).miimon) if watches(view, at, at) else 0
    around = view.tolerance
    for stay in view.carriers[slave].stays(view.start, at + around):
        if stay.value == value:
            since = stay.start if since is None else since
            continue
        over = stay.stop < at and stay.length > unseen + around
        if over or stay.start <= at - around <= at <= stay.stop:
            since = None
    return since


def first_link_at_once(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond without any slave up although one of them has carrier (DELAY-3, DELAY-4)."""
    for slave in view.slaves:
        for stay in view.calm(view.carriers[slave]):
            if not stay.value or not watches(view, stay.start, stay.stop):
                continue
            if not _is_slave(view, slave, stay):
                continue
            limit = whole(view.times(stay.start).carrier_back(alone=True).latest) + view.tolerance
            dark = stay.start
            for at in (*view.link_changes(stay.start, stay.stop), stay.stop):
                if at - dark > limit and not view.any_up(dark, at - 1):
                    seen = f"no slave is up for {in_ms(at - dark)} although it has carrier"
                    allowed = f"documented at most {in_ms(limit - view.tolerance)}"
                    yield Refusal("first-link", "DELAY-3", dark, slave, seen, allowed)
                dark = at


RULES = (changes_in_time, changes_for_a_reason, first_link_at_once)
