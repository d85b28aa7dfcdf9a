"""ARP frames of a bond as taps captured them, and addresses that changed their switch port."""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import pairwise
from typing import NamedTuple, Protocol

from harness.history import Event, History
from harness.judge import failover, traffic
from harness.judge.elapsed import elapsed
from harness.judge.measure import bonds, fault_at, last_action, slaves_of
from harness.units import Measured


class SeenFrame(NamedTuple):
    """An ARP frame: when it entered the fabric (ns), through which link, from whom, for whom."""

    at: int
    port: str
    mac: str
    ip: str
    to: str = ""


class TimedFrame(Protocol):
    """A frame of any kind: when it was seen (ns)."""

    @property
    def at(self) -> int:
        """The time."""


class Move(NamedTuple):
    """A switch found an address behind another port than before."""

    at: int
    switch: str
    mac: str
    before: str
    port: str


def garps(history: History, bond: str) -> list[SeenFrame]:
    """Return the gratuitous ARPs that left the bond's slaves since the fault, each once.

    Those for an added address are left out: the kernel repeats each GARP for it.
    """
    start, added = fault_at(history, slaves_of(history, bond)), history.about.added
    return [
        frame
        for frame in _sent(history, bond, "garp")
        if frame.at >= start and frame.ip not in added
    ]


def garps_for(history: History, address: str) -> list[SeenFrame]:
    """Return the gratuitous ARPs for an address since the disturbance, from whichever machine."""
    return _entered(history, address, kind="garp")


def answers(history: History, address: str, *, heard: bool = False) -> list[SeenFrame]:
    """Return the ARP replies for an address since the disturbance.

    They are seen where they enter the fabric, or with `heard` where they reach another machine.
    """
    if not heard:
        return _entered(history, address, kind="answer")
    return _heard(history, address, traffic.disturb_at(history), kind="answer")


def garps_heard(history: History, bond: str) -> list[SeenFrame]:
    """Return the gratuitous ARPs for a bond's address that reached others since the fault.

    Others are the machines at the ends of the path, by default the target.
    """
    start, address = fault_at(history, slaves_of(history, bond)), bonds(history)[bond].address
    return _heard(history, address, start, kind="garp")


def others(history: History) -> set[str]:
    """Return the machines besides the DUT whose frames were seen: the ends of the path."""
    return set(traffic.path(history)) - {"dut"}


def announcement(history: History, bond: str) -> Measured:
    """Return the time from the switchover to the first gratuitous ARP.

    The frame may be captured before the kernel notifies of the switchover: the time is then 0.
    What was sent before the fault, repair or stimulus that led to the switchover announces
    something else.
    """
    _, moved = failover.switched(history, bond)
    asked = None if moved is None else last_action(history, moved)
    sent = [frame.at for frame in garps(history, bond) if asked is not None and frame.at >= asked]
    if moved is None or not sent:
        return elapsed(history, "announcement", fault_at(history, slaves_of(history, bond)), None)
    return elapsed(history, "announcement", min(moved, sent[0]), sent[0])


def arp_probes(history: History, bond: str) -> list[SeenFrame]:
    """Return the probes of the bond's ARP monitor since the disturbance, through any slave.

    Before it, the DUT's own look-up of the target's address may be among them: it is identical.
    """
    start = traffic.disturb_at(history)
    return [frame for frame in _sent(history, bond, "probe") if frame.at >= start]


def spacing(history: History, what: str, frames: Iterable[TimedFrame]) -> list[Measured]:
    """Return the times between one frame and the next."""
    return [elapsed(history, what, a.at, b.at) for a, b in pairwise(frames)]


def fdb_moves(history: History) -> list[Move]:
    """Return when, since the disturbance, a switch found an address behind another port."""
    start, known, moves = traffic.disturb_at(history), dict[tuple[str, str], str](), list[Move]()
    for event in history.select("fdb"):
        key, port = (event.where, event["mac"]), event.get("port")
        before = known.get(key)
        if port is None:  # removed: its last port counts when it is learnt again
            continue
        if before not in (None, port) and event.at >= start:
            moves.append(Move(event.at, *key, str(before), port))
        known[key] = port
    return moves


def port_of(event: Event, slaves: Container[str]) -> str:
    """Return the slave at which an ARP frame is shown, "" where another event shows it.

    A frame of the DUT is shown where it enters the fabric, another's where it reaches the DUT.
    """
    tap, _, port = event.where.rpartition("/")
    if port not in slaves or tap == "target":
        return ""
    sent, kind = tap != "dut", event["kind"]
    owned = sent == (kind in ("garp", "probe", "answer")) or kind == "foreign"
    return port if owned else ""


def _entered(history: History, address: str, *, kind: str) -> list[SeenFrame]:
    """Return frames about an address where they entered the fabric from a machine."""
    start, elsewhere = traffic.disturb_at(history), {"dut", *others(history)}
    slaves = {slave for bond in bonds(history) for slave in slaves_of(history, bond)}
    edges = slaves | set(history.about.edges)
    found = []
    for event in history.select("arp", kind=kind, sender_ip=address):
        owner, _, port = event.where.rpartition("/")
        if event.at >= start and owner not in elsewhere and port in edges:
            found.append(_seen(event))
    return found


def _heard(history: History, address: str, start: int, *, kind: str) -> list[SeenFrame]:
    """Return the frames of a kind for an address that reached another machine since `start`."""
    return [
        _seen(event)
        for event in history.select("arp", kind=kind, sender_ip=address)
        if event.at >= start and event.where.partition("/")[0] in others(history)
    ]


def _sent(history: History, bond: str, kind: str) -> list[SeenFrame]:
    """Return the frames of a kind that entered a switch where a slave's link ends."""
    slaves, elsewhere = slaves_of(history, bond), {"dut", *others(history)}
    found = []
    for event in history.select("arp", kind=kind):
        owner, _, port = event.where.rpartition("/")
        if owner not in elsewhere and port in slaves:
            found.append(_seen(event))
    return found


def _seen(event: Event) -> SeenFrame:
    """Return an ARP event as a frame."""
    whom = event["sender_mac"], event["sender_ip"], event["target_ip"]
    return SeenFrame(event.at, event.where.rpartition("/")[2], *whom)
