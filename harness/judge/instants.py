"""Single events of the timeline: frames at the slaves, addresses in switches, the kernel's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from harness.bonding import log
from harness.history import Event, History
from harness.judge import frames_seen, measure, scene, traffic
from harness.judge.scene import State, States
from harness.log import kernlog
from harness.ndisc import ALL_NODES
from harness.topology import DUT

FRAMES = {
    "garp": "gratuitous ARP",
    "probe": "ARP probe",
    "reply": "reply to an ARP probe",
    "answer": "ARP answer",
    "foreign": "foreign ARP",
    "other": "other ARP",
    "una": "unsolicited neighbour advertisement",
    "ns": "neighbour solicitation of the DUT",
    "na": "neighbour advertisement of the DUT",
    "na in": "neighbour advertisement to the DUT",
    "lacpdu": "LACPDU of the DUT",
    "lacpdu in": "LACPDU of the partner",
    "flow": "frame of a flow",
    "learning": "learning packet",
    "report": "IGMP or MLD report of the DUT",
    "query": "IGMP or MLD query",
}
LINES = {
    "kernel report": "report of the kernel",
    "bonding": "line of bonding",
    "line": "other line of the log",
}


class Instant(NamedTuple):
    """An event that has no duration; `kind` is a key of FRAMES or LINES."""

    at: int
    kind: str
    event: Event


class Instants(NamedTuple):
    """Events of one lane, in order of time."""

    name: str
    instants: Sequence[Instant]


def frames(history: History) -> Iterator[Instants]:
    """Yield the frames at each slave since the baseline by protocol, each frame once."""
    found: dict[str, list[Instant]] = {slave: [] for slave in _slaves(history)}
    for event in _shown(history, "arp"):
        port = frames_seen.port_of(event, found)
        if port:
            kind = str(event["kind"])
            found[port].append(Instant(event.at, kind if kind in FRAMES else "other", event))
    yield from (
        Instants(f"{slave} ARP", instants) for slave, instants in found.items() if instants
    )
    yield from _at_slaves(history, "nd", "ND", _nd)
    yield from _at_slaves(history, "lacpdu", "LACP", _lacpdu)
    yield from _at_slaves(history, "igmp", "IGMP", _membership)
    yield from _at_slaves(history, "mld", "MLD", _membership)
    yield from _at_slaves(history, "learning", "learning", _sent)
    yield from _at_slaves(history, "flow", "flows", _sent)


def _at_slaves(
    history: History, kind: str, lane: str, sign: Callable[[Event, str], str]
) -> Iterator[Instants]:
    """Yield the DUT's frames of a kind where they enter the fabric, and others' at the DUT.

    `sign` returns the key of FRAMES for a frame and the place of its capture, "" for none.
    """
    found: dict[str, list[Instant]] = {slave: [] for slave in _slaves(history)}
    elsewhere = frames_seen.others(history)
    for event in _shown(history, kind):
        place, _, port = event.where.rpartition("/")
        if port in found and place not in elsewhere and (key := sign(event, place)):
            found[port].append(Instant(event.at, key, event))
    yield from (
        Instants(f"{slave} {lane}", instants) for slave, instants in found.items() if instants
    )


def _lacpdu(_event: Event, place: str) -> str:
    return "lacpdu in" if place == DUT else "lacpdu"


def _membership(event: Event, place: str) -> str:
    """Return the key of a message of IGMP or MLD, "" for others' reports."""
    if place == DUT:
        return "" if event["group"] else "query"
    return "report" if event["group"] else ""


def _sent(event: Event, place: str) -> str:
    return "" if place == DUT else event.kind


def _nd(event: Event, place: str) -> str:
    """Return the key of a message of neighbour discovery, "" for others' solicitations."""
    if event["message"] == "advertisement":
        announced = not event["solicited"] and event["to_ip"] == ALL_NODES
        return "na in" if place == DUT else "una" if announced else "na"
    return "" if place == DUT else "ns"


def aggregators(history: History) -> Iterator[States]:
    """Yield the active aggregator of each bond that has LACP."""
    for bond in measure.bonds(history):
        found = scene.states(history, f"{bond} aggregator", "aggregator", bond, "aggregator")
        if found.states:
            yield found


def lines(history: History) -> Instants:
    """Return the lines of the kernel's log since the baseline."""
    events = list(_shown(history, "log"))
    texts = [str(event["text"]) for event in events]
    reports = {number for found in kernlog.reports(texts) for number in found.at}
    instants = []
    for number, (event, text) in enumerate(zip(events, texts, strict=True)):
        kind = "kernel report" if number in reports else "bonding" if log.parse(text) else "line"
        instants.append(Instant(event.at, kind, event))
    return Instants("kernel log", instants)


def carriers(history: History) -> Iterator[States]:
    """Yield the carrier of each slave, and its administrative state if that changed."""
    for slave in _slaves(history):
        yield scene.states(history, f"{slave} carrier", "carrier", f"dut/{slave}", "up")
        admin = scene.states(history, f"{slave} set", "admin", f"dut/{slave}", "up")
        if len(admin.states) > 1:
            yield admin


def addresses(history: History) -> Iterator[States]:
    """Yield the MAC of each bond and slave that had several."""
    for bond in measure.bonds(history):
        for name in (bond, *measure.slaves_of(history, bond)):
            found = scene.states(history, f"{name} MAC", "mac", f"dut/{name}", "mac")
            if len(found.states) > 1:
                yield found


def tables(history: History) -> Iterator[States]:
    """Yield at which port each switch had each MAC that moved, and the MACs of the bonds."""
    start, stop = traffic.disturb_at(history), traffic.end_at(history)
    own = {about.mac for about in measure.bonds(history).values()}
    found: dict[tuple[str, str], list[State]] = {}
    for event in history.select("fdb"):
        states = found.setdefault((event.where, event["mac"]), [])
        state = State(event.at, event.get("port"), event)
        if event.at <= start:
            states[:] = [state]
        elif event.at <= stop and (not states or states[-1].value != state.value):
            states.append(state)
    for (switch, mac), states in found.items():
        if len(states) > 1 or (mac in own and states):
            yield States(f"{switch} {mac}", "port", states)


def _slaves(history: History) -> list[str]:
    return [name for bond in measure.bonds(history) for name in measure.slaves_of(history, bond)]


def _shown(history: History, kind: str) -> Iterator[Event]:
    start, stop = history.mark("baseline") or 0, traffic.end_at(history)
    return (event for event in history.select(kind) if start <= event.at <= stop)
