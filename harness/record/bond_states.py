"""What the DUT's kernel shows of its bonds before and after the block of a recording.

It is read as it is, a netlink dump and a file for each bond: 0.4 ms in virtual time. It is decoded
only for a failure. The files in sysfs are left out: they show the options as netlink does, and to
read them all takes 7 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.lab import Network
from harness.loop import now
from harness.record.files import read
from harness.rtnl import bonds, messages
from harness.topology import DUT, BondPlan


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment: its time (ns), the link messages of the DUT, and /proc/net/bonding by bond."""

    at: int
    links: tuple[bytes, ...]
    procs: dict[str, str]


@dataclass(slots=True)
class BondStates:
    """The state of some bonds before and after the block of a recording, None where not read.

    `numbers` are the interface indexes of the bonds and their slaves, by name.
    """

    network: Network
    plans: tuple[BondPlan, ...]
    numbers: dict[str, int]
    before: Snapshot | None = None
    after: Snapshot | None = None

    @classmethod
    def of(cls, network: Network, plans: Iterable[BondPlan]) -> BondStates:
        """Return the states of some bonds, of which none is read yet."""
        plans = tuple(plans)
        names = dict.fromkeys(name for plan in plans for name in (plan.name, *plan.slaves))
        return cls(network, plans, {name: network.number(DUT, name) for name in names})

    def read(self) -> Snapshot:
        """Read the present state; raises HarnessError if the DUT is lost."""
        host = self.network.host(DUT)
        links = host.dump(messages.all_links(), messages.RTM_NEWLINK)
        texts = {one.name: read(host, f"/proc/net/bonding/{one.name}") for one in self.plans}
        return Snapshot(now(), tuple(links), {name: text or "" for name, text in texts.items()})

    def plain(self, start: int) -> dict[str, Any]:
        """Return both states as JSON values; times are in ns since `start`."""
        return {
            name: {
                "at": snapshot.at - start,
                "proc": {bond: text.splitlines() for bond, text in snapshot.procs.items()},
                "netlink": bonds.states_of(snapshot.links, self.numbers),
            }
            for name, snapshot in (("before", self.before), ("after", self.after))
            if snapshot is not None
        }
