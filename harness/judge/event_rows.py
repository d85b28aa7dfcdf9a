"""The events of a history as rows of a table, in the terms of the field."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.history import Event, History
from harness.judge import (
    distribution_rows,
    fault_texts,
    frames_seen,
    kernel_log_rows,
    measure,
    traffic,
    trafficrows,
)
from harness.judge.rows import CONTEXT, NOISE, VITAL, EventRow, short
from harness.lacpdu import number
from harness.plural import counted
from harness.topology import DUT, TARGET


def rows(history: History) -> Iterator[EventRow]:
    """Yield a row for each event of interest since the baseline; faults of any time."""
    start, stop = history.mark("baseline") or 0, traffic.end_at(history)
    slaves = [s for bond in measure.bonds(history) for s in measure.slaves_of(history, bond)]
    known: dict[tuple[str, str], object] = {}
    for event in history.events:
        make_row = MAKERS.get(event.kind)
        row = make_row(event, slaves, known) if make_row else None
        if row is not None and (start <= event.at <= stop or event.kind == "fault"):
            yield row
    yield from (row for row in kernel_log_rows.rows(history) if start <= row.at <= stop)
    yield from trafficrows.rows(history)
    yield from (row for row in distribution_rows.rows(history) if start <= row.at <= stop)
    for move in frames_seen.fdb_moves(history):
        what = f"{short(move.mac)} moves from {move.before}"
        yield EventRow(move.at, move.switch, what, move.port, "FDB move", CONTEXT)


Known = dict[tuple[str, str], object]


def _fault(event: Event, _slaves: list[str], _known: Known) -> EventRow:
    role = str(event.get("role", "fault"))
    matters = role != "stimulus" or fault_texts.sets_options(event)
    weight = VITAL if matters else CONTEXT
    why = str(event.get("why", ""))
    return EventRow(event.at, role.upper(), fault_texts.text(event), why, role, weight)


def _slave(event: Event, _slaves: list[str], known: Known) -> EventRow | None:
    before, known["slave", event.where] = known.get(("slave", event.where)), event["link"]
    if before in (None, event["link"]):
        return None
    return EventRow(event.at, "dut", f"slave {event.where} link {event['link']}", "", "link state")


def _active(event: Event, _slaves: list[str], known: Known) -> EventRow | None:
    before = known.get(("active", event.where), event)
    known["active", event.where] = event.get("slave")
    if before is event or before == event.get("slave"):
        return None
    what = f"active slave {before or 'none'} -> {event.get('slave') or 'none'}"
    return EventRow(event.at, "dut", what, "", "active slave", VITAL)


def _updown(event: Event, _slaves: list[str], known: Known) -> EventRow | None:
    before, known[event.kind, event.where] = known.get((event.kind, event.where)), event["up"]
    if before in (None, event["up"]):
        return None
    who, _, which = event.where.partition("/")
    words = {"carrier": ("carrier lost", "carrier back"), "admin": ("set down", "set up")}
    return EventRow(event.at, who, words[event.kind][event["up"]], which, event.kind, CONTEXT)


def _mac(event: Event, _slaves: list[str], known: Known) -> EventRow | None:
    before, known["mac", event.where] = known.get(("mac", event.where)), event["mac"]
    if before in (None, event["mac"]):
        return None
    who, _, which = event.where.partition("/")
    return EventRow(event.at, who, f"address becomes {event['mac']}", which, "address", CONTEXT)


def _arp(event: Event, slaves: list[str], _known: Known) -> EventRow | None:
    """Return a row for a frame of the DUT where it enters the fabric, of others at the DUT."""
    port, kind = frames_seen.port_of(event, slaves), event["kind"]
    if not port:
        return None
    what, label, weight = {
        "garp": (
            f"GARP {event['sender_ip']} is-at {short(event['sender_mac'])}",
            "gratuitous ARP",
            CONTEXT,
        ),
        "probe": (f"ARP probe who-has {event['target_ip']}", "ARP probe", NOISE),
        "answer": (
            f"ARP answer {event['sender_ip']} is-at {short(event['sender_mac'])}",
            "ARP answer",
            NOISE,
        ),
        "reply": (f"ARP reply from {event['sender_ip']}", "ARP reply", NOISE),
        "foreign": (f"foreign ARP {event['op']} {event['sender_ip']}", "foreign ARP", NOISE),
    }.get(kind, (f"ARP {event['op']} from {event['sender_ip']}", "other ARP", NOISE))
    return EventRow(event.at, "dut", what, port, label, weight)


def _nd(event: Event, slaves: list[str], _known: Known) -> EventRow | None:
    """Return a row for a message of the DUT where it enters the fabric."""
    place, _, port = event.where.rpartition("/")
    if port not in slaves or place in (DUT, TARGET):
        return None
    what = f"neighbour {event['message']} {event['target_ip']} to {event['to_ip']}"
    return EventRow(event.at, DUT, what, port, "neighbour discovery", NOISE)


def _lacpdu(event: Event, slaves: list[str], _known: Known) -> EventRow | None:
    place, _, port = event.where.rpartition("/")
    if port not in slaves:
        return None
    actor, partner = event["actor"], event["partner"]
    who = "partner's" if place == DUT else "own"
    what = f"{who} LACPDU, state {number(actor['state']):#04x}, of {short(partner['system'])} "
    what += f"{number(partner['state']):#04x}"
    return EventRow(event.at, place, what, port, "LACPDU", NOISE)


def _lacp(event: Event, _slaves: list[str], _known: Known) -> EventRow:
    what = f"LACP of {event.where} {number(event['actor']):#04x}, partner "
    what += f"{number(event['partner']):#04x}, aggregator {event['aggregator']}"
    return EventRow(event.at, DUT, what, "", "LACP state", CONTEXT)


def _aggregator(event: Event, _slaves: list[str], _known: Known) -> EventRow:
    what = f"aggregator {event['aggregator']} with {counted(event['ports'], 'port')} to "
    what += short(event["partner"])
    return EventRow(event.at, DUT, what, event.where, "aggregator", VITAL)


RowMaker = Callable[[Event, list[str], Known], EventRow | None]
MAKERS: dict[str, RowMaker] = {
    "fault": _fault,
    "slave": _slave,
    "active": _active,
    "carrier": _updown,
    "admin": _updown,
    "mac": _mac,
    "arp": _arp,
    "nd": _nd,
    "lacpdu": _lacpdu,
    "lacp": _lacp,
    "aggregator": _aggregator,
}
