"""Traffic: a bond with a sound slave passes every frame once all reactions are over (HA-2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from harness.bonding import horizon
from harness.bonding.wheel import SECOND
from harness.judge import traffic
from harness.model.refusal import Refusal
from harness.model.view import BondHistory
from harness.units import Span, in_ms

# A bond that regains carrier has flushed its neighbours, and the kernel repeats an ARP request
# after a second; linkwatch may batch its carrier for another.
RESOLUTION = 5 * SECOND // 2
CLAIMS = {"active-backup": "HA-2", "broadcast": "MODE-BC-2"}


def carries(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a frame that is lost although nothing has happened for the longest reaction."""
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
                told = f"documented: nothing is lost after {in_ms(reach)}"
                claim = CLAIMS.get(view.mode, "HA-1")
                yield Refusal("traffic", claim, frame.sent, view.bond, f"{seen} change", told)
                return


def _serves(view: BondHistory, start: int, stop: int) -> bool:
    """Tell whether the bond can serve: some paths are sound, all others have no carrier.

    Its monitor must see what happens. A slave that was released counts as none.
    """
    options = view.options.at(start)
    if not (options["miimon"] or options["arp_interval"]):
        return False
    begun = min(start + view.tolerance, stop)  # when a slave is released, or enslaved
    members = [one for one in view.slaves if set(view.links[one].within(begun, stop)) != {None}]
    sound = [one for one in members if view.all_sound(one, start, stop)]
    others = [one for one in members if one not in sound]
    return bool(sound) and all(
        set(view.carriers[one].within(start, stop)) == {False} for one in others
    )


RULES = (carries,)
