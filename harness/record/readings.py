"""What the DUT's kernel tells about a bond at this moment, by each of its interfaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.bonding import OPTIONS, Setting
from harness.bonding.texts import Proc, of_sysfs
from harness.lab import Network
from harness.record import bond_maker
from harness.record.files import read
from harness.rtnl import bonds, messages, statistics
from harness.suggest import suggesting
from harness.topology import DUT, BondPlan, NamedPart


@dataclass(frozen=True, slots=True)
class Readings:
    """The present state of a bond as `netlink`, `sysfs` and `proc` show it: values by name.

    Each access reads it anew. Settings of `netlink` and `sysfs` can be compared with each other;
    those of `proc` are the driver's own text.
    """

    network: Network
    plan: BondPlan
    note_read: Callable[[], None]

    if not TYPE_CHECKING:
        __getattr__ = suggesting("bond.now")

    @property
    def netlink(self) -> Mapping[str, Setting]:
        """The options, IFLA_BOND_* of an RTM_NEWLINK (bond_fill_info, bond_netlink.c)."""
        self.note_read()
        return bond_maker.read_back(self.network, self.plan)

    @property
    def sysfs(self) -> Mapping[str, Setting]:
        """The options that have a file in /sys/class/net/<bond>/bonding (bond_sysfs.c)."""
        texts = {name: self.file(name) for name in OPTIONS}
        return {name: of_sysfs(name, text) for name, text in texts.items() if text is not None}

    @property
    def proc(self) -> Proc:
        """The lines of /proc/net/bonding/<bond> (bond_procfs.c)."""
        self.note_read()
        text = read(self.network.host(DUT), f"/proc/net/bonding/{self.plan.name}")
        return Proc.parse(text or "")

    def file(self, name: str) -> str | None:
        """Return the text of a file of the bond in sysfs without its line end, None for no file.

        `name` is relative to /sys/class/net/<bond>/bonding.
        """
        return self._text(f"/sys/class/net/{self.plan.name}/bonding/{name}")

    def slave(self, link: NamedPart) -> Mapping[str, str | int]:
        """Return what netlink shows of a slave, by attribute without IFLA_BOND_SLAVE_, {} if none.

        `state` and `mii_status` are the driver's words, others numbers or text
        (bond_fill_slave_info, bond_netlink.c).
        """
        return self.slaves(link)[0]

    def slaves(self, *links: NamedPart) -> list[Mapping[str, str | int]]:
        """Return the same of several slaves, from one dump, so at one moment."""
        self.note_read()
        shown = messages.dump_links(self.network.host(DUT))
        return [bonds.slave_of(shown, self.network.ifindex(DUT, link.name)) for link in links]

    def lacp_counters(self, link: NamedPart | None = None) -> Mapping[str, int]:
        """Return the counters of LACP of a slave, by default of the bond; {} outside of 802.3ad.

        `lacpdu_rx`, `marker_resp_tx` ... as in BOND_3AD_STAT_* (bond_3ad_stats_fill).
        """
        self.note_read()
        name = link.name if link else self.plan.name
        request = statistics.all_counters()
        replies = self.network.host(DUT).dump(request, statistics.RTM_NEWSTATS)
        return statistics.lacp_counters(replies, self.network.ifindex(DUT, name))

    def slave_file(self, link: NamedPart, name: str) -> str | None:
        """Return the text of a slave's file in sysfs, None for no file (bond_sysfs_slave.c)."""
        return self._text(f"/sys/class/net/{link.name}/bonding_slave/{name}")

    def _text(self, path: str) -> str | None:
        self.note_read()
        text = read(self.network.host(DUT), path)
        return None if text is None else text.rstrip("\n ")
