"""The interface between a recording and a lab.

Requests, notifications and frames are passed as bytes with time stamps; a lab decodes none of
them. A lab that implements these Protocols runs every scenario, except those that `lacks` rejects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from harness.bonding import BondOptions
from harness.loop import Loop
from harness.rtnl.messages import Request
from harness.topology import BondPlan, Topology
from harness.units import Span

FABRIC = "fabric"  # the host in which all switches are

StreamSource = Literal["links", "neighbours", "log"]
Way = Literal["out", "in"]

OTHERHOST = 3  # PACKET_OTHERHOST: a frame for another host's MAC
TAGGED = 0x100  # added to a frame's kind: the kernel has taken a VLAN tag out of it


class Seen(NamedTuple):
    """A notification or frame: time (ns of the tester's clock), device, kind, bytes.

    `kind` is a frame's packet type (packet(7), sll_pkttype), with TAGGED; `device` and `kind` are
    0 for anything but a frame. A notification was sent at most `late` ns before `at` (0: unknown).
    """

    at: int
    device: int
    kind: int
    data: bytes
    late: int = 0


class Sent(NamedTuple):
    """A frame that was sent: time (ns of the tester's clock), number, and errno or 0."""

    at: int
    number: int
    errno: int


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a cable in the fabric: its switch, its link, its interface index."""

    switch: str
    link: str
    index: int


ALL_FRAMES = 100  # per cent


class Shape(NamedTuple):
    """Loss in per cent and delay in ns of one direction of a link."""

    percent: float = 0
    delay: int = 0


class Pin(NamedTuple):
    """A static FDB entry at the port of a link, to be added, or (not `on`) deleted."""

    link: str
    mac: str
    on: bool


TableChange = Literal["flush", "keep"] | Pin | Span  # after which an unused entry is removed


class Clock(NamedTuple):
    """A host's clock: the offset added to its times, and the error of that, in ns.

    `wall` is the offset that the host adds to time stamps of frames, which are wall-clock times.
    """

    offset: int = 0
    error: int = 0
    wall: int = 0


class Stream(Protocol):
    """Notifications or frames of a host, from now on."""

    @property
    def lost(self) -> int:
        """The number of overruns; for frames, the number of lost frames."""

    def take(self) -> list[Seen]:
        """Return what was received since the last call."""

    def close(self) -> None:
        """Stop listening; what was received before can still be taken."""


class Sender(Protocol):
    """Sends frames from one interface of a host, or ICMP messages by its routes."""

    def send(self, frame: bytes) -> None:
        """Send one frame; raises OSError if the kernel refuses it."""

    def repeat(self, every: int, template: bytes, to: str, start: int) -> None:
        """Send numbered copies of an echo request to an address, each `every` ns from a time."""

    def stop(self) -> None:
        """Send no more copies."""

    def sent(self) -> list[Sent]:
        """Return which copies were sent since the last call."""

    def close(self) -> None:
        """Close it."""


class Program(Protocol):
    """A program that was started on a host."""

    def ended(self) -> tuple[int, str, str] | None:
        """Return its exit status, output and error output, None while it runs."""

    def close(self) -> None:
        """Kill it and its children."""


class Shell(Protocol):
    """Files and programs of a host, seen from within its network namespace."""

    def read(self, path: str) -> str:
        """Return a file's text; raises OSError."""

    def write(self, path: str, text: str) -> None:
        """Write to an existing file, such as one in /proc; raises OSError."""

    def start(self, argv: Sequence[str]) -> Program:
        """Start a program; raises OSError if that fails."""


class Host(Protocol):
    """A machine: it executes requests and sends notifications."""

    @property
    def name(self) -> str:
        """The machine's name."""

    @property
    def shell(self) -> Shell:
        """Its files and programs."""

    def send(self, *requests: Request) -> None:
        """Execute rtnetlink requests in order; raises KernelRefused at the first error."""

    def dump(self, request: Request, kind: int) -> list[bytes]:
        """Return the messages of type `kind` that answer a dump request."""

    def listen(self, *sources: StreamSource, then: Callable[[], None] | None = None) -> Stream:
        """Listen to notifications, or to the kernel log; `then` is called on arrival."""

    def tap(self, program: bytes) -> Stream:
        """Capture the received frames that a classic BPF program accepts."""

    def sender(self, link: str = "") -> Sender:
        """Return a sender of frames from an interface, or of ICMP messages without one."""

    def clock(self) -> Clock:
        """Measure its clock."""


class PortGuard(Protocol):
    """Receives events at the ports of switches."""

    def carrier(self, port: Port, *, up: bool) -> None:
        """Handle a port that gains or loses carrier."""

    def address(self, port: Port, mac: str) -> None:
        """Handle a MAC that is seen at a port."""


class Fabric(Protocol):
    """The switches of a network; each call sets a complete condition, so it may be repeated."""

    def carrier(self, link: str, *, on: bool, why: str = "cable") -> None:
        """Plug a cable's far end in or out; carrier returns when all reasons are removed."""

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
        """Drop a share of one direction's frames, or delay them by some ns; the carrier stays up.

        `seed` determines which frames are dropped, since Linux 6.6 (netem).
        """

    def gate(self, link: str, *, open: bool, announcing: str = "") -> None:  # noqa: A002
        """Let a port neither send nor receive, or drop gratuitous ARP for an address."""

    def table(self, switch: str, change: TableChange) -> None:
        """Flush a switch's FDB, keep entries without carrier, age them, or change a static one."""

    def listen(self, guard: PortGuard) -> None:
        """Call a guard at each event of a port, until the network is closed."""


class Adapters(Protocol):
    """The USB adapters of a topology, by their links' names."""

    def plug(self, link: str) -> None:
        """Plug an adapter in; the kernel creates its interface."""

    def unplug(self, link: str) -> None:
        """Pull an adapter out."""

    def fail(self, link: str, **faults: object) -> None:
        """Set the faults of an adapter's chip (harness.labs.rtl8150.device, Faults)."""

    def dropped(self, link: str) -> frozenset[str]:
        """Return the directions in which an adapter's chip drops frames."""

    def mii_refusal(self, link: str) -> str:
        """Return the errno with which the driver refuses the ioctl of `mii-tool`, "" for none."""


class Network(Protocol):
    """A running topology; interfaces, bonds and bridges of a machine are known by name."""

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
        """The USB adapters, None without any."""

    def host(self, machine: str) -> Host:
        """Return a machine of the topology, or the FABRIC, in which all switches are."""

    def ifindex(self, machine: str, name: str) -> int:
        """Return the interface index of a link's end, a bond or a bridge in a machine."""

    def lacks(self, plan: BondPlan, options: BondOptions) -> str:
        """Return what a bond's mode needs of its switches that they cannot, "" for nothing."""

    def untimed(self, plan: BondPlan) -> str:
        """Return the driver of slaves that keep no time of their last frame, "" for none."""

    def ready(self) -> bool:
        """Return whether every port of switches and bridges forwards."""

    def close(self) -> None:
        """Tear everything down."""


class Lab(Protocol):
    """Where topologies are built."""

    @property
    def name(self) -> str:
        """The name for `--lab`."""

    def lacks(self, topology: Topology) -> str:
        """Return the part of a topology that cannot be built here, "" for none."""

    def facts(self) -> Mapping[str, Any]:
        """Return the facts about the DUT's kernel that differ from those of the tester's."""

    def build(self, topology: Topology, loop: Loop) -> Network:
        """Build a topology without its bonds; raises LabError, and then leaves nothing behind."""

    def close(self) -> None:
        """Release the resources of the lab."""
