"""What the DUT's kernel shows of its bonds before and after the block of a recording.

It is read as it is, a netlink dump and a file for each bond: 0.4 ms in virtual time. It is decoded
only for a failure. To read all files in sysfs takes 7 ms, so they are read when a scenario has
failed, while its topology is still there: they have the state of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.bonding import OPTIONS
from harness.errors import HarnessError, KernelRefused
from harness.lab import Host, Network
from harness.loop import now
from harness.record.files import read
from harness.rtnl import bonds, messages
from harness.topology import DUT, BondPlan

# bond_sysfs.c and bond_sysfs_slave.c; a kernel has those that it knows.
BOND_FILES = (
    *OPTIONS,
    *("slaves", "mii_status", "ad_aggregator", "ad_num_ports"),
    *("ad_actor_key", "ad_partner_key", "ad_partner_mac"),
)
SLAVE_FILES = (
    *("state", "mii_status", "link_failure_count", "perm_hwaddr", "queue_id"),
    *("ad_aggregator_id", "ad_actor_oper_port_state", "ad_partner_oper_port_state"),
)


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
    at_failure: dict[str, Any] | None = None

    @classmethod
    def of(cls, network: Network, plans: Iterable[BondPlan]) -> BondStates:
        """Return the states of some bonds, of which none is read yet."""
        plans = tuple(plans)
        names = dict.fromkeys(name for plan in plans for name in (plan.name, *plan.slaves))
        return cls(network, plans, {name: network.ifindex(DUT, name) for name in names})

    def read(self) -> Snapshot:
        """Read the present state; raises HarnessError if the DUT is lost."""
        host = self.network.host(DUT)
        links = messages.dump_links(host)
        texts = {plan.name: read(host, f"/proc/net/bonding/{plan.name}") for plan in self.plans}
        return Snapshot(now(), tuple(links), {name: text or "" for name, text in texts.items()})

    def plain(self, start: int, *, at_failure: bool = False) -> dict[str, Any]:
        """Return both states as JSON values; times are in ns since `start`.

        With `at_failure` sysfs is read now, and is part of them from then on.
        """
        if at_failure and self.at_failure is None:
            self.at_failure = {"at": now() - start, "sysfs": self._files()}
        both = {
            name: {
                "at": snapshot.at - start,
                "proc": {bond: text.splitlines() for bond, text in snapshot.procs.items()},
                "netlink": bonds.states_of(snapshot.links, self.numbers),
            }
            for name, snapshot in (("before", self.before), ("after", self.after))
            if snapshot is not None
        }
        return both | ({"failure": self.at_failure} if both and self.at_failure else {})

    def _files(self) -> dict[str, dict[str, str]]:
        """Return the texts of the files in sysfs of each bond and slave that still exists."""
        found: dict[str, dict[str, str]] = {}
        with suppress(HarnessError, OSError):  # a DUT that is lost has no files
            host = self.network.host(DUT)
            for plan in self.plans:
                found[plan.name] = _texts(host, f"{plan.name}/bonding", BOND_FILES)
                for name in plan.slaves:
                    found[name] = _texts(host, f"{name}/bonding_slave", SLAVE_FILES)
        return {name: texts for name, texts in found.items() if texts}


def _texts(host: Host, place: str, names: Iterable[str]) -> dict[str, str]:
    """Return the texts of files in a directory of /sys/class/net, of those that exist."""
    texts: dict[str, str] = {}
    for name in names:
        with suppress(KernelRefused):  # some are write-only, or hide LACP's values
            text = read(host, f"/sys/class/net/{place}/{name}")
            texts |= {} if text is None else {name: text.strip()}
    return texts
