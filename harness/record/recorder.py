"""Record all that happens while a fault is on: one thread, one clock, nothing judged.

The kernel's notifications, its log, the frames of three namespaces and the numbered probes all end
as events of one history.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

from harness import frames
from harness.history import Event
from harness.labs.netns import netlink
from harness.labs.netns.build import guest_ends
from harness.labs.netns.built import FABRIC, FIRST_PORT, Built
from harness.labs.netns.ring import Frame, Tap, arp_and_icmp
from harness.labs.netns.watchers import (
    RTMGRP_LINK,
    RTMGRP_NEIGH,
    KernelLog,
    LinkStates,
    NetlinkMonitor,
    fdb_events,
)
from harness.record.loop import Loop, now
from harness.record.probes import Stream, Tracker, prepare, read_echo
from harness.topology import DUT, BondPlan

FIRST_INTERFACE = 2  # behind the loopback


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a recording is about: bonds, which of them have an active slave, and how it is probed.

    `interval` is the time between two probes of a direction in ns; `directions` are out and in,
    along the `path` from its first machine to its second. `address` is a second one of the first.
    """

    bonds: tuple[BondPlan, ...]
    have_active: frozenset[str]
    interval: int
    path: tuple[str, str]
    directions: tuple[str, ...] = ("out", "in")
    address: str = ""


class Recorder:
    """The sources of one recording, open from `start` to `close`."""

    def __init__(self, built: Built, loop: Loop, subject: Subject) -> None:
        """Prepare a recording of the bonds of a topology that runs."""
        self._built = built
        self._loop = loop
        self._subject = subject
        self._bond_of = {slave: bond.name for bond in subject.bonds for slave in bond.slaves}
        # What a bridge in the DUT is there for has not arrived before it is through the bridge.
        self._below = {(DUT, bridge.bond) for bridge in built.topology.bridges}
        self._below |= {(DUT, name) for name, _, _ in guest_ends(built)}
        self._interval = subject.interval
        self._open = ExitStack()
        self._noted: list[Event] = []
        self._arps: list[tuple[int, str, bytes]] = []
        self._dut_names = {
            index: link for (machine, link), index in built.ends.items() if machine == DUT
        }
        for plan in built.topology.bonds:
            self._dut_names[built.bond_index(plan.name)] = plan.name
        for bridge in built.topology.bridges:
            self._dut_names[built.bridge_index(bridge.name)] = bridge.name
        self.states = LinkStates(self._dut_names, DUT)
        self.dropped = 0
        self._tracker: Tracker | None = None
        self._stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Open all sources and note the state things are in; raises LabError."""
        try:
            self._open_sources()
        except BaseException:
            self._open.close()
            raise

    def _open_sources(self) -> None:
        spaces = self._built.namespaces
        self._links = NetlinkMonitor(spaces[DUT], RTMGRP_LINK)
        self._fdb = NetlinkMonitor(spaces[FABRIC], RTMGRP_NEIGH)
        self._log = KernelLog()
        self._taps = [
            Tap(spaces[FABRIC], arp_and_icmp(FIRST_PORT)),
            *(Tap(spaces[name], arp_and_icmp(FIRST_INTERFACE)) for name in self._tapped()),
        ]
        for source in (self._links, self._fdb, self._log):
            self._open.callback(source.close)
            self._open.callback(source.attach(self._loop))
        for tap in self._taps:
            self._open.callback(tap.close)
        self._places = self._place_names()
        self.mark("recording")
        self._note_links(self._built.controls[DUT].links())
        self.streams = self._make_streams()

    def start_probing(self) -> None:
        """Begin to send probes, on a bond that can carry them.

        Sooner, the first ARP request would be lost and the kernel waits a second to repeat it.
        """
        self._tracker = Tracker(self.streams, self._subject.path[0])
        self._stop = self._loop.every(self._interval, self._tick)

    def mark(self, name: str) -> None:
        """Write a mark into the history."""
        self.note(Event(now(), "mark", "", {"name": name}))

    def note(self, event: Event) -> None:
        """Add an event of ours."""
        self._noted.append(event)

    def in_order(self) -> bool:
        """Tell whether each bond has carrier, holds its slaves up and has chosen among them."""
        self._take_links()
        return not self.unwell()

    def healthy(self) -> bool:
        """Tell whether probes are answered both ways over bonds that are in order."""
        return self.steady() and self.in_order()

    def steady(self) -> bool:
        """Tell whether probes are answered both ways."""
        # Half an interval off the grid that probes are sent on: no probe is on the edge.
        grace = now() - 5 * self._interval // 2
        return all(stream.steady(grace) for stream in self.streams.values())

    def unwell(self) -> list[str]:
        """Return what is not in order with the bonds, in words."""
        return [what for bond in self._subject.bonds for what in self._ailments(bond)]

    def _ailments(self, bond: BondPlan) -> Iterator[str]:
        carrier = self.states.now_is("carrier", f"{DUT}/{bond.name}")
        if not (carrier and carrier["up"]):
            yield f"{bond.name} has no carrier"
        active = self.states.now_is("active", bond.name)
        if bond.name in self._subject.have_active and not (active and active["slave"]):
            yield f"{bond.name} has no active slave"
        for slave in bond.slaves:
            state = self.states.now_is("slave", slave)
            if state is None or state["link"] != "up":
                yield f"slave {slave} is {state['link'] if state else 'not enslaved'}"

    def came_back(self, since: int) -> bool:
        """Tell whether a bond got its carrier back since a time, in ns."""
        self._take_links()
        bonds = {f"{DUT}/{bond.name}" for bond in self._subject.bonds}
        return any(
            event.kind == "carrier" and event.where in bonds and event["up"] and event.at > since
            for event in self._noted
        )

    @property
    def judgements(self) -> int:
        """How often so far a slave was found amiss, or another one became the active slave."""
        return sum(
            event.kind == "active" or (event.kind == "slave" and event["link"] != "up")
            for event in self._noted
        )

    @property
    def reads_log(self) -> bool:
        """Whether the kernel's log may be read."""
        return self._log.readable

    def stop_probing(self) -> None:
        """Send no more probes; answers on their way are still seen."""
        self._stop()

    def close(self) -> None:
        """Close all sources; what they saw stays."""
        if self._tracker is not None:
            self._stop()
            self._drain()
        self._take_links()
        self.dropped = sum(tap.dropped() for tap in self._taps)
        self.dropped += self._links.lost + self._fdb.lost
        self._open.close()

    def events(self, addresses: list[str], targets: list[str]) -> Iterator[Event]:
        """Yield all that was recorded, in no order; ARP is told by the bonds' addresses."""
        ports = {port.index: (port.switch, port.link) for port in self._built.ports.values()}
        yield from self._noted
        yield from fdb_events(self._fdb.take(), ports)
        yield from self._log.events(DUT)
        yield from chain.from_iterable(s.events() for s in self.streams.values())
        for at, place, data in self._arps:
            arp = frames.read_arp(data)
            if arp is None:
                continue
            kind = frames.kind_of(arp, addresses, targets)
            yield Event(at, "arp", place, _arp_data(arp, kind))

    def _tick(self, at: int) -> None:
        for stream in self.streams.values():
            stream.send(at)
        self._drain()

    def _drain(self) -> None:
        for tap in self._taps:
            places, elsewhere = self._places[tap.where], (tap.where, "")
            for frame in tap.frames():
                self._sort(tap.where, places.get(frame.index, elsewhere), frame)

    def _sort(self, where: str, place: tuple[str, str], frame: Frame) -> None:
        """Give a frame to the probes' tracker, or keep it when it is ARP at a named place."""
        node, link = place
        if frame.data[12:14] == b"\x08\x06":
            if link:
                self._arps.append((frame.at, f"{node}/{link}", frame.data))
            return
        tracker, echo = self._tracker, read_echo(frame.data)
        if tracker is None or echo is None:
            return
        bond = self._bond_of.get(link)
        if where == FABRIC:
            tracker.sent(echo, frame.at, link, bond)
        elif bond is not None and where == DUT:
            tracker.entered(echo, link, bond)
        else:
            tracker.rose(echo, link)
            if where not in self._subject.path or place in self._below:
                return
            if frame.accepted and self._is_for(where, frame):
                tracker.arrived(echo, where, frame.at)
            else:
                tracker.strayed(echo, where, link)

    def _is_for(self, machine: str, frame: Frame) -> bool:
        """Tell whether the IPv4 packet of a frame is for a machine, by addresses that move."""
        address = socket.inet_ntoa(frame.data[30:34]) if self._built.added else ""
        moves = address in self._built.added
        return not moves or self._built.holder(address, frame.at) == machine

    def _tapped(self) -> list[str]:
        """Return the machines whose frames are seen: the DUT and the ends of the path."""
        return [DUT, *(name for name in self._subject.path if name != DUT)]

    def _place_names(self) -> Mapping[str, dict[int, tuple[str, str]]]:
        ports = {p.index: (p.switch, p.link) for p in self._built.ports.values()}
        dut = {index: (DUT, name) for index, name in self._dut_names.items()}
        places = {FABRIC: ports, DUT: dut}
        for (machine, link), index in self._built.ends.items():
            if machine in self._subject.path and machine != DUT:
                places.setdefault(machine, {})[index] = (machine, link)
        return places

    def _make_streams(self) -> dict[str, Stream]:
        topology, (first, second) = self._built.topology, self._subject.path
        near = self._subject.address or topology.reach(first)
        ends = {"out": (first, topology.reach(second)), "in": (second, near)}
        streams = {}
        for direction in self._subject.directions:
            machine, address = ends[direction]
            sock = self._built.namespaces[machine].socket(
                socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP
            )
            self._open.callback(sock.close)
            streams[direction] = Stream(direction, prepare(sock), address)
        return streams

    def _note_links(self, links: list[object]) -> None:
        at = now()
        for link in links:
            self._noted += self.states.changes(at, link)

    def _take_links(self) -> None:
        for at, kind, message in self._links.take():
            if kind == netlink.RTM_NEWLINK:
                self._noted += self.states.changes(at, netlink.decode_link(message))
            elif kind == netlink.RTM_DELLINK:
                self._noted += self.states.gone(at, netlink.decode_link(message))


def _arp_data(arp: frames.Arp, kind: str) -> dict[str, str]:
    return {
        "op": arp.op,
        "kind": kind,
        "src": arp.src,
        "dst": arp.dst,
        "sender_mac": arp.sender_mac,
        "sender_ip": arp.sender_ip,
        "target_ip": arp.target_ip,
    }
