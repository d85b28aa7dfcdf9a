"""The switches, their ports and channels, and the interface indexes of all.

Switches count from 2, channels from 16 and ports from 32, so nothing has to be looked up. Captures
leave out what is below the ports: a frame would be seen again at its port's channel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.errors import ScenarioError
from harness.lab import Port
from harness.rtnl import messages, shaping
from harness.rtnl.messages import Request
from harness.topology import LinkPlan, Topology, mac_of

FIRST_SWITCH, FIRST_CHANNEL, FIRST_PORT, FIRST_IFB = 2, 16, 32, 200


@dataclass(frozen=True, slots=True)
class Switches:
    """The switches of a topology; `ports` is keyed by (switch, link).

    `channels` are the interface indexes of all channels by name.
    """

    topology: Topology
    ports: dict[tuple[str, str], Port] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, topology: Topology) -> Switches:
        """Return a topology's switches with their ports numbered in the order of its links."""
        names = {switch.name for switch in topology.switches}
        ends = [(node, link.name) for link in topology.links for node in (link.a, link.b)]
        keys = [(node, link) for node, link in ends if node in names]
        channels = [channel.name for switch in topology.switches for channel in switch.channels]
        return cls(
            topology,
            {key: Port(*key, FIRST_PORT + n) for n, key in enumerate(keys)},
            {name: FIRST_CHANNEL + n for n, name in enumerate(channels)},
        )

    def index(self, switch: str) -> int:
        """Return the interface index of a switch's bridge."""
        return FIRST_SWITCH + [switch.name for switch in self.topology.switches].index(switch)

    def of_switch(self, switch: str) -> list[Port]:
        """Return the ports of a switch."""
        return [port for port in self.ports.values() if port.switch == switch]

    def bridged(self) -> set[int]:
        """Return the interface indexes of the ports of all switches' bridges.

        A channel is one; its own ports are none.
        """
        alone = {port.index for port in self.ports.values() if not self._in_channel(port)}
        return alone | set(self.channels.values())

    def master(self, port: Port) -> int:
        """Return the bridge that a port joins, 0 for one that a channel takes."""
        return 0 if self._in_channel(port) else self.index(port.switch)

    def _in_channel(self, port: Port) -> bool:
        plan = next(switch for switch in self.topology.switches if switch.name == port.switch)
        return any(port.link in channel.links for channel in plan.channels)

    def far_port(self, link: LinkPlan) -> Port:
        """Return the end of a link that is farther from the DUT, or else its only switch end."""
        port = self.ports.get((link.b, link.name)) or self.ports.get((link.a, link.name))
        if port is None:
            raise ScenarioError(
                f"link {link.name} leads to a guest within the dut and has no switch port",
                hint="disturb a cable of the dut, or stop the guest itself",
            )
        return port

    def point(self, link: str, way: str) -> tuple[int, str]:
        """Return the port and its side where all frames of one direction pass."""
        wire = self.topology.link(link)
        far = self.ports.get((wire.b, wire.name))
        if far is not None:
            return far.index, "ingress" if way == "out" else "egress"
        near = self.ports[wire.a, wire.name]
        return near.index, "egress" if way == "out" else "ingress"

    def bridges(self) -> list[Request]:
        """Return the requests that make the switches."""
        requests = []
        for switch in self.topology.switches:
            index, what = self.index(switch.name), f"switch {switch.name}"
            mac = fabric_mac(index)
            made = messages.new_link(what, index, switch.name, plain_bridge(), address=mac)
            requests += [made, messages.set_link(what, index, up=True)]
        return requests

    def mac_filters(self) -> list[Request]:
        """Return the filters of switches that know each port's MAC: last rule, other unicast."""
        requests = []
        for switch in self.topology.switches:
            for port in self.of_switch(switch.name) if switch.filters_macs else ():
                machine = self.topology.leads_to(port.switch, port.link)
                if machine is not None:
                    requests += [
                        shaping.clsact(port.index),
                        shaping.pass_mac(port.index, mac_of(self.topology, machine, port.link)),
                        shaping.pass_groups(port.index),
                        shaping.drop_all(port.index, "egress", shaping.OTHER_MAC),
                    ]
        return requests


def plain_bridge() -> dict[str, object]:
    """Return the IFLA_LINKINFO of a bridge without IGMP snooping and spanning tree."""
    settings = [("IFLA_BR_MCAST_SNOOPING", 0), ("IFLA_BR_STP_STATE", 0)]
    return messages.kind_of("bridge", settings)


def port_name(port: Port) -> str:
    """Return a port's name, as shown to users: two ports of one link have different ones."""
    return f"p{port.index}.{port.link}"[:15]


def fabric_mac(index: int) -> str:
    """Return the MAC of a device in the fabric, the same in every run; no frame has it."""
    return f"02:00:00:ff:00:{index:02x}"
