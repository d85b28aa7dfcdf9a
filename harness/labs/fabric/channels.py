"""Channels of switches: made in the fabric, and what a bond's mode needs of them.

A channel is a bond of the fabric's kernel over the ports, and a port of the switch's bridge. Where
the harness speaks LACP the kernel only distributes the traffic.
"""

from __future__ import annotations

from harness.bonding import BondOptions
from harness.labs.fabric.switches import Switches
from harness.rtnl import bonds, messages
from harness.rtnl.messages import Request
from harness.topology import BondPlan, ChannelPlan, Topology

MIIMON = 100  # ms: how often the switch looks at the carrier of a channel's ports
# Modes whose slaves' ports must be one channel of their switch (bonding.rst, 5. Switch
# Configuration).
CHANNEL_MODES = ("balance-rr", "balance-xor", "broadcast")


def lacking(topology: Topology, plan: BondPlan, options: BondOptions) -> str:
    """Return what the traffic of a bond's mode needs of its switches, "" for nothing.

    A switch without a channel takes the slaves' ports for different machines: it learns one MAC
    at port after port, and floods back what a slave has sent. Slaves whose switches are not
    connected share no switch and need no channel.
    """
    joined = {slave: topology.channel_at(slave) for slave in plan.slaves}
    if options.mode == "802.3ad":
        if any(channel and channel.lacp != "nobody" for channel in joined.values()):
            return ""
        return f"mode 802.3ad of {plan.name} needs a partner that speaks LACP: no switch does"
    if options.mode not in CHANNEL_MODES:
        return ""
    for ends in _together(topology, plan):
        channels = [joined[slave] for slave in ends]
        if len(ends) > 1 and (channels[0] is None or channels.count(channels[0]) < len(ends)):
            return (
                f"mode {options.mode} of {plan.name} needs the ports of {', '.join(ends)} to be "
                "one channel: they are not"
            )
    return ""


def requests(switches: Switches) -> list[Request]:
    """Return the requests that make the channels of all switches and let their ports join."""
    return [
        request
        for switch in switches.topology.switches
        for channel in switch.channels
        for request in _channel(switches, switch.name, channel)
    ]


def _channel(switches: Switches, switch: str, channel: ChannelPlan) -> list[Request]:
    index, what = switches.channels[channel.name], f"channel {channel.name}"
    made = bonds.new_bond(channel.name, index, options_of(channel), {})
    ports = [switches.ports[switch, link].index for link in channel.links]
    joining = [messages.set_link(f"port of {what}", port, master=index) for port in ports]
    bridge = switches.index(switch)
    return [made, *joining, messages.set_link(what, index, up=True, master=bridge)]


def options_of(channel: ChannelPlan) -> BondOptions:
    """Return the options of the bond that a channel is; raises ScenarioError for wrong ones."""
    mode = "802.3ad" if channel.lacp == "kernel" else "balance-xor"
    return BondOptions.of(**{"mode": mode, "miimon": MIIMON, **channel.options})


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
