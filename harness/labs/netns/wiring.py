"""The verbs by which faults reach a built topology: carrier, loss, delay, filters, tables.

Every verb states a whole condition ("this link loses everything outwards"), so doing it twice or
undoing it twice is harmless.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.errors import ScenarioError
from harness.labs.netns import netlink, shaping
from harness.labs.netns.built import FABRIC, FIRST_IFB, Built, Port, fabric_mac
from harness.labs.netns.netlink import Request
from harness.record.loop import now
from harness.topology import Link

SIDES = ("out", "in")
AF_PACKET_ANY = 0
EVERYTHING = 100  # per cent
ALONE = 32  # the prefix of an address that brings no network, as keepalived adds it
PORT_SIDES = ("ingress", "egress")


class Shape(NamedTuple):
    """What one direction of a link does to its frames: how many per cent it loses, the delay."""

    percent: float = 0
    delay_ns: int = 0


@dataclass(slots=True)
class Wiring:
    """A built topology and what has been done to it so far."""

    built: Built
    _filtered: set[int] = field(default_factory=set)
    _dropped: set[tuple[str, str]] = field(default_factory=set)
    _shaped: dict[tuple[str, str], Shape] = field(default_factory=dict)
    _held: dict[str, int] = field(default_factory=dict)
    _ifbs: dict[int, int] = field(default_factory=dict)
    _keep: set[str] = field(default_factory=set)
    _down: dict[int, set[str]] = field(default_factory=dict)

    def carrier(self, link: str, *, on: bool, why: str = "cable") -> None:
        """Plug a cable's far end in or out: the near end gains or loses its carrier.

        A switch may have reasons of its own: carrier is back when all of them are gone.
        """
        port = self._far_port(self.built.topology.link(link))
        kept = self._kept(port) if port.switch in self._keep and not on else []
        self.built.send(FABRIC, *kept, self._set_port(port, why, up=on))

    def _set_port(self, port: Port, why: str, *, up: bool) -> Request:
        reasons = self._down.setdefault(port.index, set())
        if up:
            reasons.discard(why)
        else:
            reasons.add(why)
        return netlink.set_link(f"port {port.link}", port.index, up=not reasons)

    def admin(self, machine: str, link: str, *, up: bool) -> None:
        """Set a machine's own interface administratively up or down."""
        index = self.built.ends[machine, link]
        what = f"interface {link} of {machine}"
        self.built.send(machine, netlink.set_link(what, index, up=up))

    def readdress(self, machine: str, link: str, mac: str) -> None:
        """Give a machine's interface another MAC; Linux does not announce it by itself."""
        what = f"MAC of {machine}"
        index = self.built.ends[machine, link]
        self.built.send(machine, netlink.set_link(what, index, address=mac))

    def address(self, machine: str, interface: str, address: str, *, on: bool) -> None:
        """Give an interface another IPv4 address, or take it away; Linux does not announce it."""
        change = netlink.new_address if on else netlink.old_address
        index, what = self.built.interface(machine, interface), f"address {address} of {machine}"
        self.built.send(machine, change(what, index, address, ALONE))
        self.built.added.setdefault(address, []).append((now(), machine if on else ""))

    def lose(self, link: str, direction: str, percent: float) -> None:
        """Lose a share of the frames in one direction, 0 is none; the carrier stays."""
        everything = percent >= EVERYTHING
        _, delay_ns = self._shape_of(link, direction)
        self._shape(link, direction, Shape(0 if everything else percent, delay_ns))
        self._drop(link, direction, on=everything)

    def delay(self, link: str, direction: str, delay_ns: int) -> None:
        """Deliver every frame of one direction later by some ns, 0 is at once."""
        percent, _ = self._shape_of(link, direction)
        self._shape(link, direction, Shape(percent, delay_ns))

    def _shape_of(self, link: str, direction: str) -> Shape:
        return self._shaped.get((link, direction), Shape())

    def _drop(self, link: str, direction: str, *, on: bool) -> None:
        if ((link, direction) in self._dropped) == on:
            return
        index, side = self._point(link, direction)
        if on:
            drop = shaping.drop_all(index, side, shaping.LOSE)
            self.built.send(FABRIC, *self._filters(index), drop)
            self._dropped.add((link, direction))
        else:
            self.built.send(FABRIC, shaping.undo(index, side, shaping.LOSE))
            self._dropped.discard((link, direction))

    def _shape(self, link: str, direction: str, shape: Shape) -> None:
        before = self._shape_of(link, direction)
        if shape == before:
            return
        index, side = self._point(link, direction)
        # What enters a port can only be shaped on its way out of an ifb device.
        device = index if side == "egress" else self._ifb(index)
        if shape == Shape():
            requests = [shaping.no_netem(device)]
            if device != index:
                requests.insert(0, shaping.undo(index, side, shaping.SHAPE))
        else:
            requests = [shaping.netem(device, loss_percent=shape.percent, delay_ns=shape.delay_ns)]
            if device != index and before == Shape():
                requests += [*self._filters(index), shaping.redirect(index, device)]
        self.built.send(FABRIC, *requests)
        self._shaped[link, direction] = shape

    def hold(self, link: str, until: int) -> None:
        """Let a switch port neither send nor receive until a time, though its carrier is up."""
        if link not in self._held:
            index = self._far_port(self.built.topology.link(link)).index
            drops = [shaping.drop_all(index, side, shaping.HOLD) for side in PORT_SIDES]
            self.built.send(FABRIC, *self._filters(index), *drops)
        self._held[link] = until

    def held(self, link: str, at: int) -> bool:
        """Tell whether a port is to be held at a time."""
        return self._held.get(link, 0) > at

    def forward(self, link: str) -> None:
        """Let a held port forward."""
        if self._held.pop(link, None) is None:
            return
        index = self._far_port(self.built.topology.link(link)).index
        undo = [shaping.undo(index, side, shaping.HOLD) for side in PORT_SIDES]
        self.built.send(FABRIC, *undo)

    def mute_garp(self, link: str, address: str, *, on: bool) -> None:
        """Drop gratuitous ARP for an address where it enters the switch, or let it pass again."""
        index = self._far_port(self.built.topology.link(link)).index
        if on:
            requests = [*self._filters(index), shaping.drop_garp(index, address)]
        else:
            requests = [shaping.undo(index, "ingress", shaping.MUTE, shaping.ARP)]
        self.built.send(FABRIC, *requests)

    def power(self, switch: str, *, on: bool) -> None:
        """Switch all ports of a switch off or on: its neighbours lose or gain carrier."""
        ports = [port for port in self.built.ports.values() if port.switch == switch]
        self.built.send(FABRIC, *(self._set_port(port, "power", up=on) for port in ports))

    def flush(self, switch: str) -> None:
        """Let a switch forget all addresses it has learned."""
        info = netlink.kind_of("bridge", [("IFLA_BR_FDB_FLUSH", None)])
        index = self.built.switch_index(switch)
        self.built.send(FABRIC, netlink.set_link(f"FDB of {switch}", index, linkinfo=info))

    def keep(self, switch: str) -> None:
        """Let a switch keep what it has learned at a port when that is unplugged."""
        self._keep.add(switch)

    def _kept(self, port: Port) -> list[Request]:
        what, index = f"FDB of port {port.link}", port.index
        learned = self.built.controls[FABRIC].learned(index)
        return [netlink.kept_entry(what, index, mac) for mac in learned]

    def pin(self, switch: str, link: str, mac: str, *, on: bool) -> None:
        """Bind an address to a port for good, or free it."""
        port = self.built.ports[switch, link]
        self.built.send(FABRIC, netlink.fdb_entry(f"{mac} at {link}", port.index, mac, pinned=on))

    def sender(self, machine: str, link: str) -> socket.socket:
        """Return a socket that sends whole frames out of a machine's interface."""
        sock = self.built.namespaces[machine].socket(
            socket.AF_PACKET, socket.SOCK_RAW, AF_PACKET_ANY
        )
        with self.built.namespaces[machine].inside():
            sock.bind((link, AF_PACKET_ANY))
        sock.setblocking(False)
        self.built.undo.callback(sock.close)
        return sock

    def _filters(self, index: int) -> list[Request]:
        """Return what lets a port have filters, the first time it gets one."""
        switches = {s.name for s in self.built.topology.switches if s.filters_macs}
        has = {
            port.index
            for port in self.built.ports.values()
            if port.switch in switches and self._machine_port(port)
        }
        if index in self._filtered | has:
            return []
        self._filtered.add(index)
        return [shaping.clsact(index)]

    def _machine_port(self, port: Port) -> bool:
        return any(link == port.link for _, link in self.built.ends)

    def _far_port(self, link: Link) -> Port:
        """Return the end of a link that is farther from the DUT, or else its only switch end."""
        port = self.built.ports.get((link.b, link.name)) or self.built.ports.get(
            (link.a, link.name)
        )
        if port is None:
            raise ScenarioError(
                f"link {link.name} leads to a guest within the dut and has no switch port",
                hint="disturb a cable of the dut, or let the guest itself die",
            )
        return port

    def _point(self, link: str, direction: str) -> tuple[int, str]:
        """Return the port and its side where all frames of one direction pass."""
        wire = self.built.topology.link(link)
        far = self.built.ports.get((wire.b, wire.name))
        if far is not None:
            return far.index, "ingress" if direction == "out" else "egress"
        near = self.built.ports[wire.a, wire.name]
        return near.index, "egress" if direction == "out" else "ingress"

    def _ifb(self, index: int) -> int:
        """Return the ifb device that belongs to a port, made when first asked for."""
        if index not in self._ifbs:
            number = FIRST_IFB + len(self._ifbs)
            what = f"shaper of port {index}"
            self.built.send(
                FABRIC,
                netlink.new_link(
                    what,
                    number,
                    f"ifb{number}",
                    netlink.kind_of("ifb"),
                    address=fabric_mac(number),
                ),
                netlink.set_link(what, number, up=True),
            )
            self._ifbs[index] = number
        return self._ifbs[index]
