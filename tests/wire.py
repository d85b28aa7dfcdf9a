"""Networks without bonds, and ears on their wires: what was sent where arrives where, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from socket import AF_PACKET, SOCK_RAW, socket
from typing import Any, TypeVar

from harness import frames
from harness.errors import Inconclusive
from harness.frames import ARP_SIZE
from harness.judge.run import Run
from harness.lab import Seen, Sender
from harness.labs.netns.capture import Tap
from harness.labs.netns.network import NetnsNetwork
from harness.loop import Loop, now
from harness.record.filters import control_and_icmp
from harness.record.net import Net, Stage
from harness.rtnl import messages
from harness.topology import DUT, mac_of
from harness.units import MS

ETH_P_ALL = 3
PATIENCE = 5000 * MS
MOMENT = 10 * MS  # a frame that nobody keeps back is there sooner
AnyNet = TypeVar("AnyNet", bound=Net)
Path = tuple[str, str, str, str]


def network_of(net: Net) -> NetnsNetwork:
    """Return what runs of a topology, with its namespaces."""
    network = net._network
    assert isinstance(network, NetnsNetwork)
    return network


@dataclass(slots=True)
class Wire:
    """A running network whose machines send numbered frames and hear what arrives."""

    net: Net
    loop: Loop
    taps: dict[str, Tap] = field(default_factory=dict)
    _heard: dict[str, list[Seen]] = field(default_factory=dict)
    _senders: dict[tuple[str, str], Sender] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def network(self) -> NetnsNetwork:
        """What runs."""
        return network_of(self.net)

    def links(self, machine: str) -> list[Any]:
        """Return a machine's devices, decoded."""
        return [
            messages.decode_link(one) for one in messages.dump_links(self.network.host(machine))
        ]

    def up(self, machine: str, link: str) -> None:
        """Set a machine's interface up."""
        self.net.dut._context.admin(machine, link, up=True)

    def send(self, machine: str, link: str, frame: bytes) -> int:
        """Send a frame out of a machine; return when, in ns."""
        end = machine, link
        if end not in self._senders:
            self._senders[end] = self.network.host(machine).sender(link)
        at = now()
        self._senders[end].send(frame)
        return at

    def call(self, machine: str, link: str, dst: str = frames.BROADCAST) -> tuple[bytes, int]:
        """Send a frame that was never sent before; return it and when it was sent."""
        number = next(self._numbers)
        sender = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        mac = mac_of(self.network.topology, machine, link)
        frame = frames.arp_reply(mac, sender, mac, "10.255.255.255", dst=dst)
        return frame, self.send(machine, link, frame)

    def heard(self, machine: str, link: str) -> list[Seen]:
        """Return all frames that arrived at a machine by a link so far."""
        heard = self._heard.setdefault(machine, [])
        heard += self.taps[machine].take()
        return [frame for frame in heard if frame.device == self.network.ends[machine, link]]

    def arrived(self, frame: bytes, machine: str, link: str) -> list[int]:
        """Return when a frame arrived at a machine by a link, whether or not it is padded."""
        heard = self.heard(machine, link)
        return [one.at for one in heard if one.data[:ARP_SIZE] == frame[:ARP_SIZE]]

    def passes(self, path: Path, dst: str = frames.BROADCAST, within: int = MOMENT) -> bool:
        """Tell whether a new frame gets from one machine's link to another's within some ns."""
        frame, _ = self.call(path[0], path[1], dst)
        self.loop.pump(now() + within, lambda: bool(self.arrived(frame, *path[2:])))
        return bool(self.arrived(frame, *path[2:]))

    def takes(self, path: Path, times: int = 5, within: int = 100 * MS) -> list[int]:
        """Return how long, in ns, each of some frames was on its way; lost ones are left out."""
        sent = []
        for _ in range(times):
            sent.append(self.call(path[0], path[1]))
            self.rest(2 * MS)
        self.rest(within)
        return [at - begin for frame, begin in sent for at in self.arrived(frame, *path[2:])]

    def count(self, path: Path, times: int) -> int:
        """Return how many of some frames arrive."""
        sent = {self.call(path[0], path[1])[0] for _ in range(times)}
        self.rest(MOMENT)
        return sum(frame.data in sent for frame in self.heard(*path[2:]))

    @contextmanager
    def ear(self, machine: str, link: str) -> Iterator[socket]:
        """Give a socket that hears whatever arrives at a machine by a link from now on."""
        namespace = self.network.spaces[machine]
        with namespace.inside(), socket(AF_PACKET, SOCK_RAW, 0) as sock:
            sock.setblocking(False)
            sock.bind((link, ETH_P_ALL))
            yield sock

    def paths(self) -> list[Path]:
        """Return the ways between the DUT's links and the other machines, there and back."""
        mine = [end for end in self.network.ends if end[0] == DUT]
        others = [end for end in self.network.ends if end[0] != DUT]
        return [way for a in mine for b in others for way in ((*a, *b), (*b, *a))]

    def wait(self, for_: Callable[[], bool]) -> bool:
        """Wait until something is so; tell whether it came to be."""
        limit = now() + PATIENCE
        while not for_() and now() < limit:
            self.rest(5 * MS)
        return for_()

    def rest(self, ns: int) -> None:
        """Let time pass, and the loop's timers run."""
        self.loop.pump(now() + ns)

    def carrier(self, link: str) -> bool:
        """Tell whether the DUT's interface has carrier."""
        index = self.network.ends[DUT, link]
        (found,) = [it for it in self.links(DUT) if it["index"] == index]
        return bool(found.get_attr("IFLA_CARRIER"))


@contextmanager
def listening(net: Net) -> Iterator[Wire]:
    """Listen to all machines of a network."""
    with ExitStack() as undo:
        wire = Wire(net, net._loop)
        for machine, namespace in wire.network.spaces.items():
            wire.taps[machine] = Tap(namespace, control_and_icmp(2))
            undo.callback(wire.taps[machine].close)
        yield wire


@contextmanager
def wired(kind: type[AnyNet], stage: Stage) -> Iterator[tuple[AnyNet, Wire]]:
    """Build a network without a bond: the DUT's interfaces are up and all ports forward."""
    with kind(stage) as net, listening(net) as wire:
        for link in kind.plan.links_of(DUT):
            wire.up(DUT, link.name)
        assert wire.wait(wire.network.ready)
        # Some kernels drop a port's first frame though it forwards already.
        assert wire.wait(lambda: all(wire.passes(path) for path in wire.paths()))
        yield net, wire


def recorded(
    kind: type[AnyNet], stage: Stage, disturb: Callable[[AnyNet], object], **options: Any
) -> Run:
    """Record what is done to a fresh network; again, where a host was late meanwhile."""
    attempts = 3
    while True:
        attempts -= 1
        try:
            with kind(stage) as net:
                net.dut.bond(**options)
                with net.watch() as run:
                    disturb(net)
            assert run.history
        except Inconclusive:
            if not attempts:
                raise
        else:
            return run
