"""Faults and stimuli of a machine other than the DUT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import frames, ndisc
from harness.record.addresses import AddressedInterface
from harness.record.cable import Cable
from harness.record.command_runner import CommandRunner
from harness.record.journal import Effect, FaultContext
from harness.record.machine_actions import MachineActions
from harness.record.sending import Pace, RecordedSender
from harness.rtnl import messages
from harness.suggest import suggesting
from harness.topology import MachinePlan, NamedPart
from harness.units import Span, ms, timed

ADDRESS = re.compile(r"\d+(\.\d+){3}")


@dataclass(frozen=True, slots=True)
class Machine(MachineActions):
    """A machine other than the DUT: an ARP target, a neighbour."""

    plan: MachinePlan
    context: FaultContext

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a machine")

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.plan.name

    @property
    def address(self) -> str:
        """The machine's IPv4 address."""
        return str(self.plan.address)

    @property
    def cable(self) -> Cable:
        """The machine's cable to its switch."""
        return Cable(self.context.topology.links_of(self.name)[0].name, self.context)

    def die(self) -> Effect:
        """Stop the machine from answering: its interface is set down, its cable stays plugged."""
        link = self.cable.name
        self.context.apply(
            self.name, "die", "fault", lambda: self.context.admin(self.name, link, up=False)
        )
        return Effect(self.revive)

    def revive(self) -> None:
        """Let the machine answer again: its interface is set up."""
        link = self.cable.name
        self.context.apply(
            self.name, "revive", "repair", lambda: self.context.admin(self.name, link, up=True)
        )

    def change_mac(self, mac: str) -> Effect:
        """Change the machine's MAC, as when a spare replaces it; no gratuitous ARP is sent."""
        link = self.cable.name

        def change(to: str) -> None:
            number = self.context.network.ifindex(self.name, link)
            request = messages.set_link(f"MAC of {self.name}", number, address=to)
            self.context.network.host(self.name).send(request)

        self.context.apply(self.name, "change_mac", "fault", lambda: change(mac), mac=mac)
        own = self.cable.mac
        return Effect(
            lambda: self.context.apply(
                self.name, "change_mac", "repair", lambda: change(own), mac=own
            )
        )

    @timed
    def arping(self, target: str, *, every: Span = 50 * ms) -> Effect:
        """Broadcast ARP requests for another machine's address, as a neighbour's ARP monitor does.

        `target` is a machine's name, or an IPv4 address such as a service's.
        """
        frame = frames.arp_request(self.cable.mac, self.address, self._address(target))
        return self._sender().repeat("arping", frame, Pace(every), target=target)

    def ask_as(self, clients: Sequence[str], target: str) -> None:
        """Broadcast one ARP request for an address as each of several clients behind this machine.

        `clients` are their IPv4 addresses; their MACs are 02:0c and the four octets of those.
        """
        for client in clients:
            mac = ":".join(("02", "0c", *(f"{int(part):02x}" for part in client.split("."))))
            frame = frames.arp_request(mac, client, self._address(target))
            self._sender().repeat("ask_as", frame, address=client, target=target)

    @timed
    def arp_replies(self, to: str, *, mac: str, every: Span = 50 * ms) -> Effect:
        """Send ARP replies to the bond's address and MAC, from a host that is no ARP target."""
        frame = frames.arp_reply(self.cable.mac, self.address, mac, to)
        return self._sender().repeat("arp_replies", frame, Pace(every), to=to)

    @timed
    def advertises(self, address: str, to: str, *, mac: str, every: Span = 50 * ms) -> Effect:
        """Send advertisements of an IPv6 address to the bond's, from a host that is no target."""
        frame = ndisc.advertisement(self.cable.mac, address, mac, to)
        return self._sender().repeat("advertises", frame, Pace(every), address=address, to=to)

    @timed
    def noise(self, *, every: Span = 50 * ms, ipv6: bool = False) -> Effect:
        """Broadcast frames that are not ARP: an unused Ethertype, or empty IPv6 multicast."""
        frame = frames.ipv6_noise(self.cable.mac) if ipv6 else frames.noise(self.cable.mac)
        return self._sender().repeat("noise", frame, Pace(every), ipv6=ipv6)

    def garp_as(self, mac: str, address: str) -> None:
        """Send one gratuitous ARP with a foreign MAC: the switch moves that MAC to this port."""
        frame = frames.gratuitous_arp(mac, address)
        self._sender().repeat("garp", frame, address=address, mac=mac)

    def _sender(self, by: NamedPart | None = None) -> RecordedSender:
        return RecordedSender(self.context, self.name, self._link(by))

    def _runner(self) -> CommandRunner:
        return CommandRunner(self.context, self.name)

    def _holder(self, by: NamedPart | None = None) -> AddressedInterface:
        return AddressedInterface(self.context, self.name, self._link(by), self.name)

    def _link(self, by: NamedPart | None) -> str:
        """Return one of the machine's links; raises ScenarioError for one of another machine."""
        links = [link.name for link in self.context.topology.links_of(self.name)]
        if by is not None and by.name not in links:
            raise self.context.topology.missing(f"cable of {self.name}", by.name, links)
        return by.name if by is not None else links[0]

    def _address(self, machine: str) -> str:
        if ADDRESS.fullmatch(machine):
            return machine
        for other in self.context.topology.machines:
            if other.name == machine and other.address is not None:
                return other.address
        has = [other.name for other in self.context.topology.machines if other.address]
        raise self.context.topology.missing("machine", machine, has)
