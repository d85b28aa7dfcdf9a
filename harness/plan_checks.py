"""What contradicts itself in the plan of a topology."""

from __future__ import annotations

from dataclasses import dataclass

from harness.drivers import CARRIER_LAG, VETH
from harness.errors import ScenarioError
from harness.frames import MAC
from harness.plans import DEFAULT_PATH, DUT, LinkPlan, TopologyPlan

NAME_MAX = 15  # IFNAMSIZ - 1


@dataclass(frozen=True, slots=True)
class PlanChecks:
    """The checks of one plan."""

    plan: TopologyPlan

    def check(self) -> None:
        """Raise ScenarioError for a plan that contradicts itself."""
        nodes = [machine.name for machine in self.plan.machines]
        nodes += [switch.name for switch in self.plan.switches]
        nodes += [bridge.name for bridge in self.plan.bridges]
        links = [link.name for link in self.plan.links]
        bonds = [bond.name for bond in self.plan.bonds]
        # A machine and its only link may share a name; two of a kind may not.
        for names in (nodes, links, bonds):
            for name in names:
                if not 0 < len(name) <= NAME_MAX:
                    self._reject(f'"{name}" has not between 1 and {NAME_MAX} characters')
            if doubles := {name for name in names if names.count(name) > 1}:
                self._reject(f"the name {', '.join(sorted(doubles))} is used twice")
        if DUT not in {machine.name for machine in self.plan.machines}:
            self._reject(f"it has no machine {DUT}")
        self._check_links()
        self._check_bonds()
        self._check_bridges()
        self._check_channels()
        for vlan in self.plan.vlans:
            if vlan.bond not in bonds:
                self._reject(f"{vlan.name}: no bond of dut is called {vlan.bond}")

    def _check_links(self) -> None:
        switches = {switch.name for switch in self.plan.switches}
        switches |= {bridge.name for bridge in self.plan.bridges}
        nodes = switches | {machine.name for machine in self.plan.machines}
        for link in self.plan.links:
            ends = {link.a, link.b}
            if missing := sorted(ends - nodes):
                where = ", ".join(missing)
                self._reject(f'link "{link.name}" ends at {where}, which does not exist')
            if not ends & switches:
                self._reject(f'link "{link.name}" has no switch at either end')
            if len(ends) == 1:
                self._reject(f'link "{link.name}" has both ends at {link.a}')
            self._check_nic(link, at_machine=not ends <= switches)
        for machine in self.plan.machines:
            if machine.address is not None and not self.plan.links_of(machine.name):
                self._reject(f"{machine.name} has an address but no link")

    def _check_nic(self, link: LinkPlan, *, at_machine: bool) -> None:
        if link.nic not in CARRIER_LAG and not link.exists:
            known = ", ".join(CARRIER_LAG)
            self._reject(f'link "{link.name}" has a NIC "{link.nic}" (known: {known})')
        if link.mac is not None and not MAC.fullmatch(link.mac):
            self._reject(
                f'link "{link.name}" has the MAC "{link.mac}", expected aa:bb:cc:dd:ee:ff'
            )
        if not at_machine and (link.nic != VETH or link.mac is not None):
            self._reject(f'link "{link.name}" has a NIC, but ends at no machine')

    def _check_bonds(self) -> None:
        taken: set[str] = set()
        mine = {link.name for link in self.plan.links_of(DUT)}
        for bond in self.plan.bonds:
            if bond.name in mine:
                self._reject(f"a bond and a link of dut are both called {bond.name}")
            if wrong := set(bond.slaves) - mine:
                self._reject(f"{bond.name}: no link of dut is called {', '.join(sorted(wrong))}")
            if twice := {slave for slave in bond.slaves if bond.slaves.count(slave) > 1}:
                self._reject(f"{bond.name} has the slave {', '.join(sorted(twice))} twice")
            if shared := set(bond.slaves) & taken:
                self._reject(f"{', '.join(sorted(shared))} is a slave of two bonds")
            taken |= set(bond.slaves)

    def _check_bridges(self) -> None:
        inside = {bridge.name for bridge in self.plan.bridges}
        outside = {DUT, *(switch.name for switch in self.plan.switches)}
        bonds = [bridge.bond for bridge in self.plan.bridges]
        for bridge in self.plan.bridges:
            if bridge.bond not in {bond.name for bond in self.plan.bonds}:
                self._reject(f"{bridge.name}: no bond of dut is called {bridge.bond}")
            if bonds.count(bridge.bond) > 1:
                self._reject(f"{bridge.bond} is a port of two bridges")
            if self.plan.bond(bridge.bond).address:
                self._reject(f"{bridge.bond} has an address and is a port of {bridge.name}")
        for link in self.plan.links:
            if {link.a, link.b} & inside and {link.a, link.b} & outside:
                self._reject(f'link "{link.name}" is from a bridge, but not to a guest')
        for machine in self.plan.path if self.plan.path != DEFAULT_PATH else ():
            self.plan.reach(machine)

    def _check_channels(self) -> None:
        channels = [channel.name for switch in self.plan.switches for channel in switch.channels]
        others = {switch.name for switch in self.plan.switches}
        others |= {bond.name for bond in self.plan.bonds}
        for switch in self.plan.switches:
            ports = {link.name for link in self.plan.links_of(switch.name)}
            taken: list[str] = []
            if switch.channels and switch.filters_macs:
                self._reject(f"{switch.name} filters MACs and has channels")
            for channel in switch.channels:
                taken += channel.links
                if not channel.links:
                    self._reject(f"channel {channel.name} has no port")
                if wrong := sorted(set(channel.links) - ports):
                    self._reject(f"{switch.name} has no port {', '.join(wrong)} for a channel")
            if twice := sorted({link for link in taken if taken.count(link) > 1}):
                self._reject(f"{switch.name}: {', '.join(twice)} is in a channel twice")
        for name in channels:
            if name in others or channels.count(name) > 1:
                self._reject(f"the name {name} of a channel is used twice")
            if not 0 < len(name) <= NAME_MAX:
                self._reject(f'"{name}" has not between 1 and {NAME_MAX} characters')

    def _reject(self, why: str) -> None:
        raise ScenarioError(
            f"topology {self.plan.name} is not possible: {why}",
            hint=f"correct the plan of {self.plan.name}",
        )
