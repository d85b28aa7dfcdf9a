"""The bond's own carrier, by the link states of its slaves.

MODE-AB-1, FAQ-6, MINLINK-1; bond_set_carrier, bond_3ad_set_carrier.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.bonding import whole
from harness.bonding.wheel import SECOND
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms


def carrier_of_bond(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond whose carrier is not that of its slaves.

    Notifications of a bond's carrier may be batched for a second (linkwatch). In 802.3ad the ports
    must have joined the aggregator again, and `min_links` of them are needed.
    """
    if view.mode == "802.3ad" and not view.has_partner:
        view.silent("bond-carrier", view.bond, "not all ports had joined one partner")
        return
    for stay in view.calm(view.bond_carrier):
        late = SECOND + view.tolerance
        if view.mode == "802.3ad" and not stay.value:
            late += whole(view.times(stay.start).lacp_join().latest)
        for part in _unchanged(view, stay):
            if part.length <= late:
                continue
            needed = view.links_needed(part.start)
            sound, possible = _up(view, part), _possibly_up(view, part)
            if (stay.value and possible < needed) or (not stay.value and sound >= needed):
                word = "carrier" if stay.value else "no carrier"
                seen = f"the bond has {word} for {in_ms(part.length)} with {possible} slaves up"
                claim = CLAIMS.get(view.mode, "FAQ-6")
                allowed = f"{needed} are needed"
                yield Refusal("bond-carrier", claim, part.start, view.bond, seen, allowed)


CLAIMS = {"active-backup": "MODE-AB-1", "802.3ad": "MINLINK-1"}


def _unchanged(view: BondHistory, stay: Stay[bool]) -> Iterator[Stay[bool]]:
    """Yield the parts of a stay in which no link state changes."""
    cuts = sorted({stay.start, *view.link_changes(stay.start, stay.stop), stay.stop})
    for start, stop in pairwise(cuts):
        yield Stay(start, stop, stay.value)


def _up(view: BondHistory, part: Stay[bool]) -> int:
    """Return how many slaves are up all the time and, in 802.3ad, reach their partner."""
    lacp = view.mode == "802.3ad"
    return sum(
        view.links[slave].at(part.start) == "up"
        and (not lacp or view.all_sound(slave, part.start, part.stop - 1))
        for slave in view.slaves
    )


def _possibly_up(view: BondHistory, part: Stay[bool]) -> int:
    """Return how many slaves are up or in a delay."""
    return sum(view.links[slave].at(part.start) not in ("down", None) for slave in view.slaves)


RULES = (carrier_of_bond,)
