"""How a bond distributed frames over its slaves: flows, learning packets, membership reports."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import NamedTuple

from harness.history import History
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
    """Frames that left one after the other by the same slave: which, and how many."""

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
    for event in history.select("flow"):
        place, _, port = event.where.rpartition("/")
        if event["number"] in found and _leaves(history, bond, place, port):
            found[event["number"]].append(port)
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
    """Return the `learning` or `igmp` frames that left a bond since the disturbance."""
    start, found = traffic.disturb_at(history), []
    for event in history.select(kind):
        place, _, port = event.where.rpartition("/")
        if event.at >= start and _leaves(history, bond, place, port):
            group = str(event.get("group", ""))
            found.append(SentFrame(event.at, port, event["src"], event["tagged"], group))
    return found


def _leaves(history: History, bond: str, place: str, port: str) -> bool:
    """Tell whether a frame seen at a place entered the fabric by a slave's cable."""
    return port in slaves_of(history, bond) and place not in {"dut", *others(history)}
