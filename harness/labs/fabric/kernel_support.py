"""What this kernel supports of what the fabric needs: tried in a separate namespace."""

from __future__ import annotations

from contextlib import closing

from harness.bonding import BondOptions
from harness.errors import KernelRefused
from harness.labs.netns.control import Control
from harness.labs.netns.namespace import Namespace
from harness.rtnl import bonds, messages, shaping
from harness.rtnl.messages import Request
from harness.topology import Topology

DEVICE = 2


def has_classifiers() -> bool:
    """Return whether tc classifiers can drop frames at a device."""
    return _takes(
        messages.new_link("a device", DEVICE, "trial", messages.kind_of("bridge")),
        shaping.clsact(DEVICE),
        shaping.drop_all(DEVICE, "ingress", shaping.LOSE),
        shaping.drop_garp(DEVICE, "192.0.2.1"),
    )


def lacks_channels(topology: Topology) -> str:
    """Return what this kernel lacks for the channels of a topology's switches, "" for nothing."""
    wanted = any(switch.channels for switch in topology.switches)
    if not wanted or _takes(bonds.new_bond("trial", DEVICE, BondOptions.of(), {})):
        return ""
    return "channels: the tester's kernel has no bonding"


def _takes(*requests: Request) -> bool:
    with closing(Namespace("the fabric's trial")) as place, closing(Control(place)) as control:
        try:
            control.send(*requests)
        except KernelRefused:
            return False
    return True
