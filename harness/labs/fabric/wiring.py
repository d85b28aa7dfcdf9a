"""Faults of the switches: carrier, power, loss and delay, forwarding, FDB.

Each method sets a complete condition ("this link drops all frames outwards"): calls may repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from harness.lab import ALL_FRAMES, Host, Pin, Port, PortGuard, Shape, TableChange, Way
from harness.labs.fabric.port_events import PortEvents
from harness.labs.fabric.switches import FIRST_IFB, Switches, fabric_mac
from harness.rtnl import messages, shaping
from harness.rtnl.messages import Request
from harness.units import MS, Span

PORT_SIDES = ("ingress", "egress")
LinkWay = tuple[str, Way]


class SetCarrier(Protocol):
    """Sets or removes a NIC's carrier."""

    def __call__(self, link: str, *, up: bool) -> None:
        """Do it."""


def by_wire(link: str, *, up: bool) -> None:
    """Do nothing: the carrier of a NIC follows that of the port at which its cable ends."""


def bridge_setting(change: Literal["flush"] | Span) -> tuple[str, object]:
    """Return the request for settings of a bridge; times are in 1/100 s (USER_HZ)."""
    if isinstance(change, Span):
        return "IFLA_BR_AGEING_TIME", change.ns // (10 * MS)
    return "IFLA_BR_FDB_FLUSH", None


@dataclass(slots=True)
class Wiring:
    """The switches of a running topology, and their current faults.

    `follow` is called for each change of a port's carrier that does not reach the NIC by itself.
    """

    switches: Switches
    host: Host
    follow: SetCarrier = by_wire
    _filtered: set[int] = field(default_factory=set)
    _dropped: set[LinkWay] = field(default_factory=set)
    _shaped: dict[LinkWay, Shape] = field(default_factory=dict)
    _seeds: dict[LinkWay, int] = field(default_factory=dict)
    _shut: set[str] = field(default_factory=set)
    _ifbs: dict[int, int] = field(default_factory=dict)
    _keep: set[str] = field(default_factory=set)
    _down: dict[int, set[str]] = field(default_factory=dict)

    def carrier(self, link: str, *, on: bool, why: str = "cable") -> None:
        """Plug a cable's far end in or out: the near end gains or loses carrier.

        A switch may have other reasons: carrier returns when all of them are removed.
        """
        port = self._far(link)
        if port.switch in self._keep and not on:
            self.host.send(*self._kept(port))
        self._set_ports(why, port, up=on)

    def power(self, switch: str, *, on: bool) -> None:
        """Switch all ports of a switch off or on: its neighbours lose or gain carrier."""
        self._set_ports("power", *self.switches.of_switch(switch), up=on)

    def filter_macs(self) -> None:
        """Let the ports of filtering switches deliver unicast only for their NIC's MAC."""
        self.host.send(*self.switches.mac_filters())

    def _set_ports(self, why: str, *ports: Port, up: bool) -> None:
        self.host.send(*(self._set_port(port, why, up=up) for port in ports))
        for port in ports:
            self.follow(port.link, up=not self._down[port.index])

    def _set_port(self, port: Port, why: str, *, up: bool) -> Request:
        reasons = self._down.setdefault(port.index, set())
        if up:
            reasons.discard(why)
        else:
            reasons.add(why)
        return messages.set_link(f"port {port.link}", port.index, up=not reasons)

    def shape(
        self,
        link: str,
        way: Way,
        *,
        percent: float | None = None,
        delay: int | None = None,
        seed: int = 0,
    ) -> None:
        """Drop a share of one direction's frames, or delay them by some ns; 0 is none.

        What is not given is unchanged. The carrier stays up. `seed` determines which are dropped.
        """
        if percent is not None:
            self._seeds[link, way] = seed
        before = self._shaped.get((link, way), Shape())
        everything = percent is not None and percent >= ALL_FRAMES
        lost = 0 if everything else percent
        after = Shape(
            before.percent if lost is None else lost, before.delay if delay is None else delay
        )
        self._reshape(link, way, before, after)
        if percent is not None:
            self._drop(link, way, on=everything)

    def _drop(self, link: str, way: Way, *, on: bool) -> None:
        if ((link, way) in self._dropped) == on:
            return
        index, side = self.switches.point(link, way)
        if on:
            drop = shaping.drop_all(index, side, shaping.LOSE)
            self.host.send(*self._filters(index), drop)
            self._dropped.add((link, way))
        else:
            self.host.send(shaping.undo(index, side, shaping.LOSE))
            self._dropped.discard((link, way))

    def _reshape(self, link: str, way: Way, before: Shape, after: Shape) -> None:
        if after == before:
            return
        index, side = self.switches.point(link, way)
        # netem works on egress only: frames that enter a port are redirected to an ifb device.
        device = index if side == "egress" else self._ifb(index)
        if after == Shape():
            requests = [shaping.no_netem(device)]
            if device != index:
                requests.insert(0, shaping.undo(index, side, shaping.SHAPE))
        else:
            seed = self._seeds.get((link, way), 0)
            requests = [
                shaping.netem(device, loss_percent=after.percent, delay_ns=after.delay, seed=seed)
            ]
            if device != index and before == Shape():
                requests += [*self._filters(index), shaping.redirect(index, device)]
        self.host.send(*requests)
        self._shaped[link, way] = after

    def gate(self, link: str, *, open: bool, announcing: str = "") -> None:  # noqa: A002
        """Let a switch port neither send nor receive while its carrier is up, or open it again.

        With `announcing`, only gratuitous ARP for that address is dropped at the port.
        """
        index = self._far(link).index
        if announcing:
            drops = [shaping.drop_garp(index, announcing)]
            undo = [shaping.undo(index, "ingress", shaping.MUTE, shaping.ARP)]
            self.host.send(*(undo if open else [*self._filters(index), *drops]))
        elif open == (link in self._shut):
            drops = [shaping.drop_all(index, side, shaping.HOLD) for side in PORT_SIDES]
            undo = [shaping.undo(index, side, shaping.HOLD) for side in PORT_SIDES]
            self.host.send(*(undo if open else [*self._filters(index), *drops]))
            (self._shut.discard if open else self._shut.add)(link)

    def table(self, switch: str, change: TableChange) -> None:
        """Flush a switch's FDB, keep entries without carrier, age them, or change a static one."""
        if isinstance(change, Pin):
            port, mac = self.switches.ports[switch, change.link], change.mac
            what = f"{mac} at {change.link}"
            self.host.send(messages.fdb_entry(what, port.index, mac, pinned=change.on))
        elif change == "keep":
            self._keep.add(switch)
        else:
            info = messages.kind_of("bridge", [bridge_setting(change)])
            index = self.switches.index(switch)
            self.host.send(messages.set_link(f"FDB of {switch}", index, linkinfo=info))

    def listen(self, guard: PortGuard) -> None:
        """Call a guard at each event of a port, until the topology is closed."""
        PortEvents(self.switches, self.host, guard)

    def _kept(self, port: Port) -> list[Request]:
        what, index = f"FDB of port {port.link}", port.index
        table = self.host.dump(messages.all_neighbours(), messages.RTM_NEWNEIGH)
        return [messages.kept_entry(what, index, mac) for mac in messages.learned(table, index)]

    def _far(self, link: str) -> Port:
        return self.switches.far_port(self.switches.topology.link(link))

    def _filters(self, index: int) -> list[Request]:
        """Return the request that a port needs before its first filter."""
        filtering = {s.name for s in self.switches.topology.switches if s.filters_macs}
        has = {
            port.index
            for port in self.switches.ports.values()
            if port.switch in filtering and self.switches.topology.leads_to(port.switch, port.link)
        }
        if index in self._filtered | has:
            return []
        self._filtered.add(index)
        return [shaping.clsact(index)]

    def _ifb(self, index: int) -> int:
        """Return the ifb device of a port, created on first use."""
        if index not in self._ifbs:
            number, what = FIRST_IFB + len(self._ifbs), f"shaper of port {index}"
            kind, mac = messages.kind_of("ifb"), fabric_mac(number)
            self.host.send(
                messages.new_link(what, number, f"ifb{number}", kind, address=mac),
                messages.set_link(what, number, up=True),
            )
            self._ifbs[index] = number
        return self._ifbs[index]
