"""What a bond's mode needs of its switches: those of the fabric form no channels."""

from __future__ import annotations

from harness.bonding import BondOptions
from harness.topology import BondPlan, Topology

# Modes whose slaves' ports must be one channel of their switch (bonding.rst, 5. Switch
# Configuration).
CHANNEL_MODES = ("balance-rr", "balance-xor", "broadcast")


def lacking(topology: Topology, plan: BondPlan, options: BondOptions) -> str:
    """Return what the traffic of a bond's mode needs of its switches, "" for nothing.

    A switch without a channel takes the slaves' ports for different machines: it learns one MAC
    at port after port, and floods back what a slave has sent. Slaves whose switches are not
    connected share no switch and need no channel.
    """
    shared = next((ends for ends in _together(topology, plan) if len(ends) > 1), None)
    if options.mode == "802.3ad":
        return f"mode 802.3ad of {plan.name} needs a partner that speaks LACP: no switch does"
    if options.mode in CHANNEL_MODES and shared:
        return (
            f"mode {options.mode} of {plan.name} needs the ports of {', '.join(shared)} to be one "
            "channel: no switch has channels"
        )
    return ""


def _together(topology: Topology, plan: BondPlan) -> list[list[str]]:
    """Return a bond's slaves, those together whose switches are the same or connected."""
    switches = {switch.name for switch in topology.switches}
    group = {name: name for name in switches}
    for link in topology.links:
        if {link.a, link.b} <= switches:
            kept, gone = group[link.a], group[link.b]
            group = {name: kept if one == gone else one for name, one in group.items()}
    found: dict[str, list[str]] = {}
    for slave in plan.slaves:
        link = topology.link(slave)
        for end in {link.a, link.b} & switches:
            found.setdefault(group[end], []).append(slave)
    return list(found.values())
