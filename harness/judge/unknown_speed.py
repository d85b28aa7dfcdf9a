"""Slaves whose drivers tell no speed or duplex, in modes that do not use a slave without them.

When the carrier of such a slave is back the bond keeps it down (bond_miimon_commit in bond_main.c,
bond_needs_speed_duplex); in 802.3ad its port has no LACP from the start (ad_update_actor_keys in
bond_3ad.c). What follows from that is due to the NIC.
"""

from __future__ import annotations

from harness.errors import NotTestable
from harness.history import History


def distorted(history: History) -> NotTestable | None:
    """Return why a failure is no evidence: a slave was kept down for its NIC's unknown speed."""
    for bond in history.about.bonds.values():
        for name in bond.speedless:
            return NotTestable(
                f"the driver of {name} tells no speed or duplex, without which "
                f"{bond.options['mode']} does not use it",
                hint="use NICs whose driver tells them, as harness driver-profile shows",
            )
    return None
