"""How a bond distributed frames over its slaves: flows, learning packets, membership reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from harness.history import Event, History
from harness.judge import traffic
from harness.judge.frames_seen import others
from harness.judge.measure import slaves_of


class SentFrame(NamedTuple):
    """A frame that left a bond: when (ns), by which slave, from which MAC; `group` of a report."""

    at: int
    port: str
    mac: str
    tagged: bool
    group: str = ""


class Turn(NamedTuple):
    """Frames that left in a row by the same slave: which, and how many."""

    port: str
    frames: int


def carried_by(history: History, bond: str) -> list[tuple[str, ...]]:
    """Return for each frame of a flow sent since the disturbance the slaves by which it left.

    They are in the order in which the frames were sent; one that left by no slave has ().
    """
    found: dict[int, list[str]] = {}
    start = traffic.disturb_at(history)
    for event in history.select("fault", action="send_flows"):
        if event.at >= start:
            found |= {event["first"] + n: [] for n in range(event["count"])}
    for event in leaving(history, bond, "flow"):
        if event["number"] in found:
            found[event["number"]].append(event.where.rpartition("/")[2])
    return [tuple(ports) for _, ports in sorted(found.items())]


def shares(history: History, bond: str) -> dict[str, int]:
    """Return how many frames of flows left by each slave."""
    counted = Counter(port for ports in carried_by(history, bond) for port in ports)
    return {slave: counted[slave] for slave in slaves_of(history, bond)}


def turns(history: History, bond: str) -> list[Turn]:
    """Return the frames of flows as turns; a frame that left by several slaves is no turn."""
    links = [ports[0] for ports in carried_by(history, bond) if len(ports) == 1]
    return [Turn(port, len(list(frames))) for port, frames in groupby(links)]


def sent(history: History, bond: str, kind: str) -> list[SentFrame]:
    """Return the `learning`, `igmp` or `mld` frames that left a bond since the disturbance."""
    start, found = traffic.disturb_at(history), []
    for event in leaving(history, bond, kind):
        if event.at >= start:
            port, group = event.where.rpartition("/")[2], str(event.get("group", ""))
            found.append(SentFrame(event.at, port, event["src"], event["tagged"], group))
    return found


def leaving(history: History, bond: str, kind: str) -> Iterator[Event]:
    """Yield the frames of a kind that entered the fabric by the cables of a bond's slaves."""
    slaves, elsewhere = slaves_of(history, bond), {"dut", *others(history)}
    for event in history.select(kind):
        place, _, port = event.where.rpartition("/")
        if port in slaves and place not in elsewhere:
            yield event
