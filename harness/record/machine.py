"""Verbs on a machine that is not the DUT; they last as those on a cable do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import frames
from harness.record.addresses import Interface
from harness.record.cable import Cable
from harness.record.host import Host
from harness.record.journal import Lasting, Site
from harness.record.sending import Pace, Sender
from harness.record.shell import Shell
from harness.rtnl import messages
from harness.suggest import suggesting
from harness.topology import MachinePlan, Named
from harness.units import Span, ms, timed

ADDRESS = re.compile(r"\d+(\.\d+){3}")


@dataclass(frozen=True, slots=True)
class Machine(Host):
    """A machine that is not the DUT: a target, a neighbour."""

    plan: MachinePlan
    site: Site

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
        return Cable(self.site.topology.links_of(self.name)[0].name, self.site)

    def die(self) -> Lasting:
        """Let the machine answer nothing any more: its interface goes down, its cable stays."""
        link = self.cable.name
        self.site.did(
            self.name, "die", "fault", lambda: self.site.admin(self.name, link, up=False)
        )
        return Lasting(self.revive)

    def revive(self) -> None:
        """Let the machine answer again."""
        link = self.cable.name
        self.site.did(
            self.name, "revive", "repair", lambda: self.site.admin(self.name, link, up=True)
        )

    def change_mac(self, mac: str) -> Lasting:
        """Give the machine another MAC, as a spare that takes over does; nothing announces it."""
        link = self.cable.name

        def change(to: str) -> None:
            number = self.site.network.number(self.name, link)
            request = messages.set_link(f"MAC of {self.name}", number, address=to)
            self.site.network.host(self.name).send(request)

        self.site.did(self.name, "change_mac", "fault", lambda: change(mac), mac=mac)
        own = self.cable.mac
        return Lasting(
            lambda: self.site.did(self.name, "change_mac", "repair", lambda: change(own), mac=own)
        )

    @timed
    def arping(self, target: str, *, every: Span = 50 * ms) -> Lasting:
        """Broadcast ARP requests for another machine's address, as a neighbour's monitor does.

        `target` is the machine's name, or an address of its own such as a service's.
        """
        frame = frames.arp_request(self.cable.mac, self.address, self._address(target))
        return self._sender().repeat("arping", frame, Pace(every), target=target)

    @timed
    def arp_replies(self, to: str, *, mac: str, every: Span = 50 * ms) -> Lasting:
        """Send ARP replies that are not from an ARP target to the bond's address and MAC."""
        frame = frames.arp_reply(self.cable.mac, self.address, mac, to)
        return self._sender().repeat("arp_replies", frame, Pace(every), to=to)

    @timed
    def noise(self, *, every: Span = 50 * ms, ipv6: bool = False) -> Lasting:
        """Broadcast frames that are not ARP: of no protocol in use, or empty IPv6 multicast."""
        frame = frames.ipv6_noise(self.cable.mac) if ipv6 else frames.noise(self.cable.mac)
        return self._sender().repeat("noise", frame, Pace(every), ipv6=ipv6)

    def garp_as(self, mac: str, address: str) -> None:
        """Announce an address at a foreign MAC, once: the switch moves that MAC to this port."""
        frame = frames.gratuitous_arp(mac, address)
        self._sender().repeat("garp", frame, address=address, mac=mac)

    def _sender(self, by: Named | None = None) -> Sender:
        return Sender(self.site, self.name, self._link(by))

    def _shell(self) -> Shell:
        return Shell(self.site, self.name)

    def _holder(self, by: Named | None = None) -> Interface:
        return Interface(self.site, self.name, self._link(by), self.name)

    def _link(self, by: Named | None) -> str:
        """Return one of the machine's cables; raises ScenarioError for another's."""
        links = [link.name for link in self.site.topology.links_of(self.name)]
        if by is not None and by.name not in links:
            raise self.site.topology.missing(f"cable of {self.name}", by.name, links)
        return by.name if by is not None else links[0]

    def _address(self, machine: str) -> str:
        if ADDRESS.fullmatch(machine):
            return machine
        for other in self.site.topology.machines:
            if other.name == machine and other.address is not None:
                return other.address
        has = [other.name for other in self.site.topology.machines if other.address]
        raise self.site.topology.missing("machine", machine, has)
