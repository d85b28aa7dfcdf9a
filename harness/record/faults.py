"""Verbs on nouns: what can be done to a link, a switch or a machine, written into the history.

Every verb takes effect at once and lasts until its opposite, or until the topology goes. What it
returns can stand in a `with`: then it ends with the block.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness import frames
from harness.errors import ScenarioError
from harness.lab import Way
from harness.loop import now
from harness.record.addresses import Interface
from harness.record.host import Host
from harness.record.journal import Journal, Lasting, Role, Site
from harness.record.sending import Pace, Sender
from harness.record.shell import Shell
from harness.record.switches import Addresses, SwitchNoun
from harness.rtnl import messages
from harness.suggest import suggesting
from harness.topology import DUT, Machine, Named
from harness.units import Span, ms, timed

Direction = Literal["out", "in", "both"]
SIDES: tuple[Way, ...] = ("out", "in")
EVERYTHING = 100  # per cent
ADDRESS = re.compile(r"\d+(\.\d+){3}")

__all__ = [
    "Addresses",
    "Cable",
    "Direction",
    "Journal",
    "Lasting",
    "MachineNoun",
    "Role",
    "Site",
    "SwitchNoun",
]


@dataclass(frozen=True, slots=True)
class Cable:
    """A link; `out` is the direction away from the DUT, `in` the direction towards it."""

    name: str
    site: Site

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a cable")

    @property
    def mac(self) -> str:
        """The MAC that the machine's NIC at this cable was made with."""
        link = self.site.topology.link(self.name)
        machines = {machine.name for machine in self.site.topology.machines}
        machine = link.a if link.a in machines else link.b
        return self.site.network.mac(machine, self.name)

    def cut(self) -> Lasting:
        """Pull the cable at its far end: the near end loses its carrier."""
        self._do("cut", "fault", lambda: self.site.fabric.carrier(self.name, on=False))
        return Lasting(self.heal)

    def heal(self) -> None:
        """Put the cable back; a switch that holds new ports back lets this one wait."""
        self._do("heal", "repair", lambda: self.site.fabric.carrier(self.name, on=True))

    @timed
    def flap(self, *, down: Span, times: int = 1, up: Span | None = None) -> None:
        """Pull and put back the cable `times` times: `down` without, then `up` with carrier."""
        for nth in range(times):
            if nth:
                self.site.journal.pause(up or down)
            self.cut()
            self.site.journal.pause(down)
            self.heal()

    def lose(self, direction: Direction = "both", *, percent: float = EVERYTHING) -> Lasting:
        """Lose frames silently: the carrier stays up."""
        if not 0 < percent <= EVERYTHING:
            raise ScenarioError(
                f"link {self.name} cannot lose {percent} % of its frames",
                hint="percent lies above 0 and reaches 100",
            )
        shape, sides = self.site.fabric.shape, _sides(self.name, direction)

        def do(share: float) -> None:
            for side in sides:
                seed = self.site.lots.draw(self.name, side)
                shape(self.name, side, percent=share, seed=seed)

        self._do("lose", "fault", lambda: do(percent), direction=direction, percent=percent)
        return Lasting(lambda: self._do("deliver", "repair", lambda: do(0), direction=direction))

    @timed
    def delay(self, by: Span, direction: Direction = "both") -> Lasting:
        """Deliver every frame later."""
        if by.ns <= 0:
            raise ScenarioError(
                f"link {self.name} cannot delay frames by {by}", hint="give more than 0 ms"
            )
        shape, sides = self.site.fabric.shape, _sides(self.name, direction)

        def do(delay_ns: int) -> None:
            for side in sides:
                shape(self.name, side, delay=delay_ns)

        self._do("delay", "fault", lambda: do(by.ns), direction=direction, by_ms=by.ns / ms.ns)
        return Lasting(lambda: self._do("undelay", "repair", lambda: do(0), direction=direction))

    def deliver(self, direction: Direction = "both") -> None:
        """End loss and delay."""
        sides = _sides(self.name, direction)

        def do() -> None:
            for side in sides:
                self.site.fabric.shape(self.name, side, percent=0)
                self.site.fabric.shape(self.name, side, delay=0)

        self._do("deliver", "repair", do, direction=direction)

    def admin_down(self) -> Lasting:
        """Set the DUT's interface at this cable administratively down."""
        self._do("admin_down", "fault", lambda: self.site.admin(DUT, self.name, up=False))
        return Lasting(self.admin_up)

    def admin_up(self) -> None:
        """Set the DUT's interface at this cable administratively up."""
        self._do("admin_up", "repair", lambda: self.site.admin(DUT, self.name, up=True))

    @timed
    def heal_late(self, forwarding_after: Span) -> None:
        """Put the cable back into a port that shows carrier at once but forwards only later.

        That is a switch port in the listening and learning states (bonding.rst 13.1).
        """
        until = now() + forwarding_after.ns

        def do() -> None:
            self.site.held[self.name] = until
            self.site.fabric.gate(self.name, open=False)
            self.site.fabric.carrier(self.name, on=True)

        def forward(at: int) -> None:
            if self.site.held.get(self.name, 0) <= at:  # no later repair made it wait again
                self._do("forward", "repair", lambda: self.site.fabric.gate(self.name, open=True))

        self._do("heal_late", "repair", do, forwarding_after_ms=forwarding_after.ns / ms.ns)
        self.site.journal.expect(until)
        self.site.loop.at(until, forward)

    def mute_garp(self, address: str) -> Lasting:
        """Let the switch drop gratuitous ARP for an address that comes in by this cable."""

        def switch(*, on: bool) -> None:
            self.site.fabric.gate(self.name, open=not on, announcing=address)

        self._do("mute_garp", "stimulus", lambda: switch(on=True), address=address)
        return Lasting(
            lambda: self._do("unmute_garp", "stimulus", lambda: switch(on=False), address=address)
        )

    def _do(self, action: str, role: Role, do: Callable[[], None], **what: object) -> None:
        self.site.did(self.name, action, role, do, **what)


@dataclass(frozen=True, slots=True)
class MachineNoun(Host):
    """A machine that is not the DUT: a target, a neighbour."""

    plan: Machine
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


def _sides(link: str, direction: Direction) -> tuple[Way, ...]:
    if direction not in (*SIDES, "both"):
        raise ScenarioError(
            f'link {link} has no direction "{direction}" (has: {", ".join(SIDES)}, both)',
            hint="out leads away from the dut",
        )
    return SIDES if direction == "both" else (direction,)
