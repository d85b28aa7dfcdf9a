"""Traffic: a bond with a sound slave passes every frame once all reactions are over (HA-2).

No frame arrives twice where there is an active slave (DUP-1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from harness.bonding import horizon
from harness.bonding.wheel import SECOND
from harness.judge import traffic
from harness.model.refusal import Refusal
from harness.model.view import BondHistory
from harness.units import MS, Span, in_ms

# A bond that regains carrier has flushed its neighbours, and the kernel repeats an ARP request
# after a second; linkwatch may batch its carrier for another.
RESOLUTION = 5 * SECOND // 2
CLAIMS = {"active-backup": "HA-2", "broadcast": "MODE-BC-2"}


def carries(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a frame that is lost although nothing has happened for the longest reaction."""
    if view.mode == "802.3ad" and not view.has_partner:
        view.silent("traffic", view.bond, "not all ports had joined one partner")
        return
    faults = sorted(event.at for event in view.history.part("fault"))
    lag = Span(view.about.lag)
    for direction in traffic.STREAMS:
        for frame in traffic.samples(view.history, direction):
            if frame.arrived is not None or frame.sent >= view.end or frame.sent < view.start:
                continue
            options = view.options.at(frame.sent)
            reach = horizon(options, len(view.slaves), view.hz, lag) + RESOLUTION
            place = bisect_right(faults, frame.sent + view.tolerance)
            last = faults[place - 1] if place else view.start
            if frame.sent - last <= reach:
                continue
            if _serves(view, last, frame.sent):
                seen = f"a frame ({direction}) is lost {in_ms(frame.sent - last)} after the last"
                allowed = f"documented: nothing is lost after {in_ms(reach)}"
                rule, claim = _rule(view, frame.sent, direction)
                yield Refusal(rule, claim, frame.sent, view.bond, f"{seen} change", allowed)
                return


def _rule(view: BondHistory, at: int, direction: str) -> tuple[str, str]:
    """Return the name of the rule, and its claim.

    A bond in balance-tlb whose MAC was set is received at the active slave as before
    (MODE-TLB-4), and learning packets tell switches where that is (LP-1). Clients in balance-alb
    know MACs of slaves (MODE-ALB-1).
    """
    if view.mode == "balance-tlb" and view.wanted_mac.at(at) != view.wanted_mac.at(view.start):
        return "traffic-after-mac", "MODE-TLB-4"
    if view.mode == "balance-tlb" and direction == "in" and _untaught(view, at):
        return "traffic-untaught", "LP-1"
    if view.mode == "balance-alb" and direction == "in" and _active_left(view, at):
        return "traffic-after-release", "MODE-ALB-1"
    return "traffic", CLAIMS.get(view.mode, "HA-1")


def _untaught(view: BondHistory, at: int) -> bool:
    """Return whether a frame sent at a time arrived where a switch was not told otherwise.

    That is at a slave other than the active one, with tlb_dynamic_lb=0: no learning packets but
    those of a change of the active slave (TLBDYN-7).
    """
    place = _discarded(view, at)
    elsewhere = place in view.slaves and place != view.active.at(at)
    return elsewhere and view.options.at(at)["tlb_dynamic_lb"] == "off"


def _active_left(view: BondHistory, at: int) -> bool:
    """Return whether a frame sent at a time reached the bond, whose active slave was released."""
    released = view.history.select("fault", action="release")
    left = any(one.at <= at and view.active.at(one.at - 1) == one.where for one in released)
    return left and _discarded(view, at) == view.bond


def _discarded(view: BondHistory, at: int) -> str | None:
    """Return the interface at which a lost frame to the bond, sent at a time, arrived."""
    frames = view.history.select("probe", "in")
    return next((one.get("discarded") for one in frames if one.at == at), None)


def _serves(view: BondHistory, start: int, stop: int) -> bool:
    """Return whether the bond can carry traffic: some paths are sound, others have no carrier.

    It must have a monitor. A slave that was released does not count.
    """
    options = view.options.at(start)
    if not (options["miimon"] or options["arp_interval"]):
        return False
    begun = min(start + view.tolerance, stop)  # when a slave is released, or enslaved
    members = [s for s in view.slaves if set(view.links[s].within(begun, stop)) != {None}]
    sound = [slave for slave in members if view.all_sound(slave, start, stop)]
    others = [slave for slave in members if slave not in sound]
    return len(sound) >= view.links_needed(stop) and all(
        set(view.carriers[slave].within(start, stop)) == {False} for slave in others
    )


def arrives_once(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a frame that arrives more than once in a mode with an active slave (DUP-1).

    In balance-alb inactive slaves deliver unicast (ASA-5), as a NIC drops what is not for its own
    MAC. A veth does not: there what a switch floods arrives again.
    """
    if not view.has_active or len(view.history.about.bonds) > 1 or view.mode == "balance-alb":
        return
    for probe in view.history.part("probe"):
        stop = min(probe.at + RESOLUTION, view.end)  # it may wait until its address is resolved
        options = view.options.within(probe.at, stop)
        asked_for = any(one["all_slaves_active"] != "off" for one in options)
        if not probe["copies"] or probe.at < view.start or asked_for:
            continue
        if not any(view.odd_network.within(view.start, stop)):
            seen = f"a frame or its reply arrived again, {probe['copies']} times in all"
            allowed = "documented: what backups receive is dropped"
            rule = "duplicate-of-tried" if _joined(view, probe.at, stop) else "duplicate"
            yield Refusal(rule, "DUP-1", probe.at, view.bond, seen, allowed)
            return


def _joined(view: BondHistory, start: int, stop: int) -> bool:
    """Return whether a slave joined a bond without an active one, whose ARP monitor tries others.

    The next inspection ends that: one arp_interval later.
    """
    interval = round(view.number("arp_interval", start) * MS)
    begin = start - interval - view.tolerance
    joined = view.history.select("fault", action="enslave")
    return bool(interval) and any(
        begin <= one.at <= stop and view.active.at(one.at - 1) is None for one in joined
    )


RULES = (carries, arrives_once)
