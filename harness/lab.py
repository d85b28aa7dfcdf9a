"""The seam between a recording and the place where its network runs.

Requests, notifications and frames cross it as bytes with stamps; nothing that crosses it is
decoded by a lab. A lab that offers these Protocols runs every scenario; what it lacks it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from harness.bonding import BondOptions
from harness.loop import Loop
from harness.rtnl.messages import Request
from harness.topology import BondPlan, Topology

FABRIC = "fabric"  # the host in which all switches are

Source = Literal["links", "neighbours", "log"]
Way = Literal["out", "in"]


OTHERHOST = 3  # PACKET_OTHERHOST: a frame for another host's MAC
TAGGED = 0x100  # added to a frame's kind: the kernel has taken a VLAN tag out of it


class Seen(NamedTuple):
    """What a stream saw: when (ns of the tester's clock), at which device, of which kind, what.

    `kind` is a frame's packet type (packet(7), sll_pkttype), with TAGGED; both numbers are 0
    where they say nothing.
    """

    at: int
    device: int
    kind: int
    data: bytes


class Sent(NamedTuple):
    """What a sender sent: when (ns of the tester's clock), its number, the errno or 0."""

    at: int
    number: int
    errno: int


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a cable in the fabric: the switch it belongs to, its link, its device number."""

    switch: str
    link: str
    index: int


ALL_FRAMES = 100  # per cent


class Shape(NamedTuple):
    """What one direction of a link does to its frames: per cent that it loses, delay in ns."""

    percent: float = 0
    delay: int = 0


class Pin(NamedTuple):
    """An address that a switch binds to the port of a link for good, or (not `on`) frees again."""

    link: str
    mac: str
    on: bool


TableChange = Literal["flush", "keep"] | Pin


class Clock(NamedTuple):
    """Where a host's clock stands: what was added to its times, and by how much that may err."""

    offset: int = 0
    error: int = 0


class Stream(Protocol):
    """Notifications or frames of a host, from now on."""

    @property
    def lost(self) -> int:
        """How often something was missed; of frames, how many."""

    def take(self) -> list[Seen]:
        """Return what came since the last call."""

    def close(self) -> None:
        """Take in what is on its way, then listen no more; what came can still be taken."""


class Sender(Protocol):
    """What sends frames out of one interface of a host, or ICMP messages by its routes."""

    def send(self, frame: bytes) -> None:
        """Send one frame; raises OSError as the kernel refuses it."""

    def repeat(self, every: int, template: bytes, to: str, start: int) -> None:
        """Send numbered copies of an echo request to an address, each `every` ns from a time."""

    def stop(self) -> None:
        """Send no more copies."""

    def sent(self) -> list[Sent]:
        """Return which copies were sent since the last call."""

    def close(self) -> None:
        """Close it."""


class Running(Protocol):
    """A program that was started on a host."""

    def ended(self) -> tuple[int, str, str] | None:
        """Return its status, output and errors, None while it runs."""

    def close(self) -> None:
        """Kill what is left of it."""


class Shell(Protocol):
    """Files and programs of a host, seen from within its network namespace."""

    def read(self, path: str) -> str:
        """Return a file's text; raises OSError."""

    def write(self, path: str, text: str) -> None:
        """Write to an existing file, such as one in /proc; raises OSError."""

    def start(self, argv: Sequence[str]) -> Running:
        """Start a program; raises OSError where it cannot be."""


class Host(Protocol):
    """A machine: its kernel takes requests and tells what happens."""

    @property
    def name(self) -> str:
        """The machine's name."""

    @property
    def shell(self) -> Shell:
        """Its files and programs."""

    def send(self, *requests: Request) -> None:
        """Have rtnetlink requests carried out in order; raises KernelRefused at a refusal."""

    def dump(self, request: Request, told: int) -> list[bytes]:
        """Return the messages of type `told` that answer a dump request."""

    def listen(self, *sources: Source, then: Callable[[], None] | None = None) -> Stream:
        """Listen to notifications, or to the kernel's log; `then` is called when some came."""

    def tap(self, program: bytes) -> Stream:
        """Keep the received frames that a classic BPF program picks."""

    def sender(self, link: str = "") -> Sender:
        """Return what sends whole frames out of an interface, or ICMP messages without one."""

    def clock(self) -> Clock:
        """Measure where its clock stands."""


class PortGuard(Protocol):
    """What wants to know what happens at the ports of switches."""

    def carrier(self, port: Port, *, up: bool) -> None:
        """Take note of a port that gains or loses its carrier."""

    def address(self, port: Port, mac: str) -> None:
        """Take note of an address that comes in by a port."""


class Fabric(Protocol):
    """The switches of a network; each verb states a whole condition, so twice is harmless."""

    def carrier(self, link: str, *, on: bool, why: str = "cable") -> None:
        """Plug a cable's far end in or out; carrier is back when all reasons are gone."""

    def power(self, switch: str, *, on: bool) -> None:
        """Switch all ports of a switch off or on."""

    def shape(
        self,
        link: str,
        way: Way,
        *,
        percent: float | None = None,
        delay: int | None = None,
        seed: int = 0,
    ) -> None:
        """Lose a share of one direction's frames, or delay them by some ns; the carrier stays.

        Which frames are lost follows from `seed` where the kernel lets it (netem of Linux 6.6).
        """

    def gate(self, link: str, *, open: bool, announcing: str = "") -> None:  # noqa: A002
        """Let a port neither send nor receive, or not take gratuitous ARP for an address."""

    def table(self, switch: str, change: TableChange) -> None:
        """Let a switch forget what it learned, keep it without carrier, or pin an address."""

    def listen(self, guard: PortGuard) -> None:
        """Have a guard called at what happens at the ports, until the network goes."""


class Adapters(Protocol):
    """The USB adapters of a topology, by their links' names."""

    def plug(self, link: str) -> None:
        """Plug an adapter in; its interface comes when the kernel has found it."""

    def unplug(self, link: str) -> None:
        """Pull an adapter out."""

    def fail(self, link: str, **faults: object) -> None:
        """Let an adapter's chip have faults, or none (harness.labs.rtl8150.device, Faults)."""

    def dropped(self, link: str) -> frozenset[str]:
        """Return the directions in which an adapter's chip drops frames."""

    def mii_refusal(self, link: str) -> str:
        """Return with which errno the driver refuses what `mii-tool` asks, "" for none."""


class Network(Protocol):
    """A topology that runs; interfaces, bonds and bridges of a machine are known by name."""

    @property
    def topology(self) -> Topology:
        """What was built."""

    @property
    def fabric(self) -> Fabric:
        """The switches."""

    @property
    def ports(self) -> Sequence[Port]:
        """The ports of all switches."""

    @property
    def adapters(self) -> Adapters | None:
        """The USB adapters, None where there are none."""

    def host(self, machine: str) -> Host:
        """Return a machine of the topology, or the FABRIC, in which all switches are."""

    def number(self, machine: str, name: str) -> int:
        """Return the device number of a link's end, a bond or a bridge in a machine."""

    def links(self, machine: str) -> Sequence[str]:
        """Return the links that end in a machine."""

    def mac(self, machine: str, link: str) -> str:
        """Return the MAC that a machine's interface was made with."""

    def lacks(self, plan: BondPlan, options: BondOptions) -> str:
        """Return what a bond's mode needs of its switches that they cannot, "" for nothing."""

    def untimed(self, plan: BondPlan) -> str:
        """Return the driver of slaves that keep no time of their last frame, "" for none."""

    def ready(self) -> bool:
        """Tell whether every port of switches and bridges forwards."""

    def close(self) -> None:
        """Take everything down."""


class Lab(Protocol):
    """Where topologies are built."""

    @property
    def name(self) -> str:
        """The name by which it is chosen."""

    def lacks(self, topology: Topology) -> str:
        """Return what of a topology cannot be built here, "" where all of it can."""

    def facts(self) -> Mapping[str, Any]:
        """Return which facts about the DUT's kernel differ from those about the tester's."""

    def build(self, topology: Topology, loop: Loop) -> Network:
        """Build a topology without its bonds; raises LabError, and leaves nothing."""

    def close(self) -> None:
        """Give back what the lab itself holds."""
