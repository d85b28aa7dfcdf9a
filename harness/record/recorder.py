"""Record everything during a fault, in one thread and on one clock; nothing is judged here.

The kernel's notifications, its log, captured frames and numbered probes become events of one
history.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain

from harness.history import ClockAbout, Event
from harness.judge import fault_texts
from harness.lab import FABRIC, TAGGED, Clock, Network, Seen, Stream
from harness.log import kmsg
from harness.loop import Loop, now
from harness.record import bond_health, clocks, places
from harness.record.control_frames import ControlFrames
from harness.record.filters import accepted, control_and_icmp, every_frame
from harness.record.journal import AddedAddresses
from harness.record.pcapng import Capture
from harness.record.probes import ProbeStream, Tracker, read_echo
from harness.record.subject import Subject
from harness.rtnl import messages
from harness.rtnl.link_states import LinkStates, fdb_events
from harness.topology import DUT, links_at

LACP_IS_READ_AT = ("disturb", "end")  # marks


class Recorder:
    """The event sources of one recording, open from `start` to `close`."""

    def __init__(
        self,
        network: Network,
        loop: Loop,
        subject: Subject,
        added: AddedAddresses,
        capture: Capture | None = None,
    ) -> None:
        """Prepare a recording of the bonds of a running topology, with its frames in `capture`."""
        self._capture = capture
        self._network = network
        self._added = added
        self._loop = loop
        self._subject = subject
        self._bond_of = {slave: bond.name for bond in subject.bonds for slave in bond.slaves}
        # A frame for a bridge in the DUT has arrived only after it has passed the bridge.
        topology = network.topology
        bridged = [link for bridge in topology.bridges for link in topology.links_of(bridge.name)]
        self._below = {(DUT, bridge.bond) for bridge in topology.bridges}
        self._below |= {(DUT, link.name) for link in bridged}
        self._interval = subject.interval
        # A channel is a bond of the switches' kernel, which may be the DUT's.
        self._channels = tuple(f"{c.name}: " for s in topology.switches for c in s.channels)
        self._open = ExitStack()
        self._noted: list[Event] = []
        self._control = ControlFrames()
        over = [bond.name for bond in topology.bonds]
        over += [bridge.name for bridge in topology.bridges]
        names = (*links_at(topology, DUT), *over)
        self._dut_names = {network.ifindex(DUT, name): name for name in names}
        self.states = LinkStates(self._dut_names, DUT)
        self.dropped, self._refresh = 0, False
        self._tracker: Tracker | None = None
        self.streams: dict[str, ProbeStream] = {}

    def start(self) -> None:
        """Open all sources and record the initial state; raises LabError."""
        try:
            self._open_sources()
        except BaseException:
            self._open.close()
            if self._capture:
                self._capture.close()
            raise

    def clocks(self) -> dict[str, ClockAbout]:
        """Return the machines' clock offsets; raises Inconclusive if one jumped."""
        return clocks.compared(self._clocks, self._read_clocks(), now() - self._began)

    def _read_clocks(self) -> dict[str, Clock]:
        return clocks.read(self._network, self._tapped())

    def _open_sources(self) -> None:
        self._clocks, self._began = self._read_clocks(), now()
        dut, fabric = self._network.host(DUT), self._network.host(FABRIC)
        then = self._lacp_may_change if self._subject.lacp else None
        self._links = self._closed_at_end(dut.listen("links", then=then))
        self._fdb = self._closed_at_end(fabric.listen("neighbours"))
        self._log = self._closed_at_end(dut.listen("log"))
        self._places = places.named(self._network, self._dut_names, self._tapped())
        # The kernel drops frames of devices with lower indexes than those recorded.
        kept = every_frame if self._capture and self._capture.every_frame else control_and_icmp
        self._taps = {
            place: self._closed_at_end(self._network.host(place).tap(kept(min(numbers))))
            for place, numbers in self._places.items()
        }
        self.mark("recording")
        self._note_links(self._all_links())
        self.streams = self._make_streams()

    def start_probing(self) -> None:
        """Start the probes; the bond must be able to carry them.

        Before, the first ARP request would be lost, and the kernel retries only after a second.
        """
        self._tracker = Tracker(self.streams, self._subject.path[0])
        start = now()
        for stream in self.streams.values():
            stream.start(self._interval, start)
        self._open.callback(self._loop.every(self._interval, lambda _: self.drain(), start))

    def mark(self, name: str) -> None:
        """Add a mark to the history, in the place of an earlier one of this name."""
        if self._subject.lacp and name in LACP_IS_READ_AT:
            self._take_lacp()
        self._noted = [e for e in self._noted if e.kind != "mark" or e["name"] != name]
        self._noted.append(Event(now(), "mark", "", {"name": name}))

    def bonds_up(self) -> bool:
        """Return whether each bond has carrier, slaves up and, by its mode, an active slave."""
        self._take_links()
        return not self.problems()

    def healthy(self) -> bool:
        """Return whether probes are answered both ways and all bonds are up."""
        return self.steady() and self.bonds_up()

    def steady(self) -> bool:
        """Return whether probes are answered both ways."""
        # Half an interval off the grid of probes: no probe lies on the limit.
        grace = now() - 5 * self._interval // 2
        return all(stream.steady(grace) for stream in self.streams.values())

    def answered_since(self, at: int) -> bool:
        """Return whether each probe sent since a time (ns) is answered, but those in flight."""
        grace = now() - 5 * self._interval // 2
        return all(stream.answered(at, grace) for stream in self.streams.values())

    def problems(self) -> list[str]:
        """Return the reasons why the bonds are not up, as text."""
        return [
            what
            for bond in self._subject.bonds
            for what in bond_health.problems(
                self.states, bond, has_active=bond.name in self._subject.have_active
            )
        ]

    def active_slave(self, bond: str) -> str | None:
        """Return the active slave of a bond, None without one."""
        return bond_health.active_slave(self.states, bond)

    def replied_for(self) -> set[str]:
        """Return the addresses for which an ARP reply was captured."""
        return self._control.replied_for()

    def neighbours_forgotten(self, faults: Iterable[Event], since: int) -> bool:
        """Return whether an end of the path lost its neighbour entries after a time in ns."""
        self._take_links()
        return bond_health.neighbours_forgotten([*self._noted, *faults], self._subject, since)

    @property
    def monitor_actions(self) -> int:
        """How often so far a slave left state up, or the active slave changed."""
        return sum(
            event.kind == "active" or (event.kind == "slave" and event["link"] != "up")
            for event in self._noted
        )

    def stop_probing(self) -> None:
        """Stop sending probes; replies in flight are still recorded."""
        for stream in self.streams.values():
            stream.sender.stop()

    def close(self) -> None:
        """Close all sources; recorded events are kept."""
        try:
            with self._open:  # also if a host is lost
                self.stop_probing()
            if self._tracker is not None:
                self.drain()
        finally:
            if self._capture:
                self._capture.close()
        self._take_links()
        self.dropped = self._links.lost + self._fdb.lost
        self.dropped += sum(tap.lost for tap in self._taps.values())

    def _closed_at_end(self, source: Stream) -> Stream:
        self._open.callback(source.close)
        return source

    def events(self, addresses: list[str], targets: list[str]) -> Iterator[Event]:
        """Yield all events, unsorted; `addresses` and `targets` classify ARP frames."""
        ports = {port.index: (port.switch, port.link) for port in self._network.ports}
        yield from self._noted
        yield from fdb_events(messages.notifications(self._fdb.take()), ports)
        yield from self._log_events()
        yield from chain.from_iterable(s.events() for s in self.streams.values())
        yield from self._control.events(addresses, targets)

    def _log_events(self) -> Iterator[Event]:
        for record in self._log.take():
            for text in kmsg.decode(record.data):
                if not text.startswith(self._channels):
                    yield Event(record.at, "log", DUT, {"text": text})

    def _lacp_may_change(self) -> None:
        self._refresh = True

    def _take_lacp(self) -> None:
        """Note the state of LACP: the kernel does not notify of each change."""
        self._take_links()
        if self._subject.lacp:
            self._refresh = False
            self._note_links(self._all_links())

    def drain(self) -> None:
        """Take in what has been sent and captured until now."""
        if self._refresh:
            self._take_lacp()
        for stream in self.streams.values():
            stream.take()
        for where, tap in self._taps.items():
            places, elsewhere = self._places[where], (where, "")
            for frame in tap.take():
                place = places.get(frame.device, elsewhere)
                if self._capture and place[1]:
                    self._capture.frame(frame, "/".join(place))
                self._dispatch(where, place, frame)
        if self._capture:
            self._capture.flush()

    def note_fault(self, event: Event) -> None:
        """Put a fault among the captured frames."""
        if self._capture:
            self._capture.fault(event.at, fault_texts.text(event))

    def _dispatch(self, where: str, place: tuple[str, str], frame: Seen) -> None:
        """Pass a probe to the tracker, or keep a control frame of a known device."""
        tracker, echo = self._tracker, read_echo(frame.data)  # most frames are probes
        if echo is None:
            self._control.keep(frame.at, *place, frame.data, tagged=bool(frame.kind & TAGGED))
            return
        if tracker is None:
            return
        link = place[1]
        bond = self._bond_of.get(link)
        if where == FABRIC:
            tracker.at_port(echo, frame.at, link, bond)
        elif bond is not None and where == DUT:
            tracker.at_slave(echo, link, bond)
        else:
            tracker.at_bond(echo, link)
            if where not in self._subject.path or place in self._below:
                return
            if accepted(frame) and self._is_for(where, frame):
                tracker.accepted(echo, where, frame.at)
            else:
                tracker.discarded(echo, where, link)

    def _is_for(self, machine: str, frame: Seen) -> bool:
        """Return whether a packet is for a machine, considering added addresses."""
        if not self._added.addresses:
            return True
        holder = self._added.holder(socket.inet_ntoa(frame.data[30:34]), frame.at)
        return holder in (None, machine)

    def _tapped(self) -> list[str]:
        """Return the machines whose frames are captured: the DUT and the ends of the path."""
        return list(dict.fromkeys((DUT, *self._subject.path)))

    def _make_streams(self) -> dict[str, ProbeStream]:
        topology, (first, second) = self._network.topology, self._subject.path
        near = self._subject.address or topology.reach(first)
        ends = {"out": (first, topology.reach(second)), "in": (second, near)}
        streams = {}
        for direction in self._subject.directions:
            machine, address = ends[direction]
            sender = self._network.host(machine).sender()
            self._open.callback(sender.close)
            streams[direction] = ProbeStream(direction, machine, sender, address)
        return streams

    def _all_links(self) -> list[bytes]:
        return messages.dump_links(self._network.host(DUT))

    def _note_links(self, links: list[bytes]) -> None:
        at = now()
        for link in links:
            self._noted += self.states.changes(at, messages.decode_state(link))

    def _take_links(self) -> None:
        self._noted += self.states.heard(self._links.take())
