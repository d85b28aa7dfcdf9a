"""Slaves whose drivers tell no speed or duplex, in modes that do not use a slave without them.

When the carrier of such a slave is back, the bond keeps the slave down, and its log says so at
each inspection (bond_miimon_commit in bond_main.c, in the modes of bond_needs_speed_duplex). In
802.3ad its port has no LACP from the start (ad_update_actor_keys). What follows from that is
due to the NIC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.errors import NotTestable
from harness.history import Event, History

KEPT_DOWN = re.compile(r"\(slave (\S+)\): failed to get link speed/duplex")


def kept_down(events: Iterable[Event]) -> frozenset[str]:
    """Return the slaves that the log, among some events, says are kept down for their speed."""
    lines = (KEPT_DOWN.search(event["text"]) for event in events if event.kind == "log")
    return frozenset(line[1] for line in lines if line)


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
