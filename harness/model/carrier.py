"""The bond's own carrier, by the link states of its slaves.

MODE-AB-1, FAQ-6; bond_set_carrier.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding.wheel import SECOND
from harness.model.refusal import Refusal
from harness.model.view import BondHistory
from harness.units import in_ms


def carrier_of_bond(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a bond whose carrier is not that of its slaves.

    Notifications of a bond's carrier may be batched for a second (linkwatch).
    """
    late = SECOND + view.tolerance
    for stay in view.calm(view.bond_carrier):
        after = stay.start + late
        if after >= stay.stop:
            continue
        states = [set(view.links[s].within(after - late, stay.stop)) for s in view.slaves]
        down = all(found <= {"down", None} for found in states)
        up = any(found == {"up"} for found in states)
        if (stay.value and down) or (not stay.value and up):
            seen = f"the bond has {'' if stay.value else 'no '}carrier for {in_ms(stay.length)}"
            allowed = f"{'no slave is' if down else 'a slave is'} up"
            claim = "MODE-AB-1" if view.mode == "active-backup" else "FAQ-6"
            yield Refusal("bond-carrier", claim, stay.start, view.bond, seen, allowed)


RULES = (carrier_of_bond,)
