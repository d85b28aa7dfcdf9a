"""What namespaces and veth cannot show on some kernels: it is said before anything is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness import claims
from harness.bonding import BondOptions
from harness.errors import NotTestable

ARP_MONITOR = "ARPINT-12"


def demand_testable(bonds: Iterable[BondOptions], facts: Mapping[str, Any]) -> None:
    """Raise NotTestable where a bond's monitor cannot work in this lab on the kernel of `facts`.

    The ARP monitor of old kernels judges what a slave sent by dev_trans_start, which veth never
    updates (bond_loadbalance_arp_mon and bond_ab_arp_inspect of 5.10): its slaves flap for ever.
    """
    release = str(facts.get("kernel", ""))
    if not any(bond["arp_interval"] for bond in bonds) or not release:
        return
    if claims.promised_on(claims.find(ARP_MONITOR), release):
        raise NotTestable(
            f"the ARP monitor of {release} does not work over veth ({ARP_MONITOR})",
            hint="slaves that are no veth (hardware, QEMU's NICs) can show it",
        )
