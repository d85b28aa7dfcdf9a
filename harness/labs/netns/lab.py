"""The lab of this kernel's own network namespaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.labs.netns.build import build
from harness.labs.netns.namespace import NO_IPV6
from harness.labs.netns.network import NetnsNetwork
from harness.labs.netns.usb import adapters
from harness.labs.rtl8150.vhci import MODULES
from harness.loop import Loop
from harness.topology import Topology

VLANS = Path("/proc/net/vlan")  # exists once the kernel has 802.1Q (vlan_proc_init)


@dataclass(frozen=True, slots=True)
class NetnsLab:
    """Builds topologies in namespaces; `load` loads kernel modules by their names."""

    load: Callable[..., None] = lambda *_: None
    name: str = "netns"

    def lacks(self, topology: Topology) -> str:
        """Return which part of a topology cannot be built here, "" for none."""
        if topology.ipv6:
            self.load("ipv6")
            if not Path(NO_IPV6).exists():
                return "IPv6: this kernel has none"
        if not topology.vlans:
            return ""
        self.load("8021q")
        return "" if VLANS.exists() else "VLANs: this kernel has no 8021q"

    def facts(self) -> Mapping[str, Any]:
        """Return nothing: the DUT's kernel is the tester's."""
        return {}

    def build(self, topology: Topology, loop: Loop) -> NetnsNetwork:
        """Build a topology without its bonds; raises LabError, NotTestable, leaving nothing."""
        if adapters(topology):
            self.load(*MODULES)
        return build(topology, loop)

    def close(self) -> None:
        """Do nothing: this lab keeps no resources."""
