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
                yield Refusal("traffic", "HA-2", frame.sent, view.bond, f"{seen} change", told)
                return


def _serves(view: BondHistory, start: int, stop: int) -> bool:
    """Tell whether the bond can serve: its monitor sees what happens, and all paths are sound."""
    options = view.options.at(start)
    monitored = bool(options["miimon"] or options["arp_interval"])
    return monitored and all(view.all_sound(one, start, stop) for one in view.slaves)


RULES = (carries,)
