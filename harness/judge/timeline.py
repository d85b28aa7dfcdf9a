"""A history as a table of what happened when, in at most a dozen lines relative to the fault."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.history import Event, History
from harness.judge import logrows, measure, sightings, traffic
from harness.judge.measure import Stretch
from harness.judge.rows import CONTEXT, KEY, NOISE, Row
from harness.units import MS, Span

LINES = 12
MOST = 3  # kinds of events that a line of counts tells apart
BEFORE = 3  # lines that show what the world was like before the fault


class Window(NamedTuple):
    """What the documentation allows for one figure; a side it leaves open is None."""

    what: str
    low: Span | None = None
    high: Span | None = None

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"documented {_bare(self.low.ns)}..{_bare(self.high.ns)}"
        side = "at least" if self.low is not None else "at most"
        return f"documented {side} {_bare((self.low or self.high or Span(0)).ns)}"


def origin(history: History) -> tuple[int, str]:
    """Return the time that the table calls 0 (ns) and what happened then."""
    fault = measure.first_fault(history)
    if fault is None:
        return traffic.disturb_at(history), "the disturbance"
    return fault.at, f"{fault['action']} {fault.where}".replace("_", " ")


def stretches(history: History) -> dict[str, Stretch]:
    """Return where on the clock each figure of the recording lies."""
    found: dict[str, Stretch] = {}
    for bond in measure.bonds(history):
        fault = measure.fault_at(history, measure.slaves_of(history, bond))
        down = measure.detected_at(history, measure.concerned(history, bond), fault)
        of = measure.suffix(history, bond)
        found[f"detection{of}"] = Stretch(fault, down)
        found[f"switchover{of}"] = measure.switched(history, bond)
        for slave in measure.slaves_of(history, bond):
            hit = measure.fault_at(history, [slave])
            lost = measure.detected_at(history, [slave], hit)
            found[f"detection on {slave}"] = Stretch(hit, lost)
        if measure.faults(history, "repair"):
            found[f"reversion{of}"] = measure.reverted(history, bond)
    gaps = traffic.gaps(history)
    for direction, gap in gaps.items():
        found[f"outage {direction}"] = Stretch(gap.start, gap.stop if gap.closed else None)
    if gaps:
        worst = max(gaps, key=lambda name: (not gaps[name].closed, gaps[name].ns))
        found["outage"] = found[f"outage {worst}"]
    return found


def table(history: History, windows: Iterable[Window] = ()) -> str:
    """Return what happened as at most twelve lines; where there was more it is counted."""
    zero, _ = origin(history)
    rows = sorted(_rows(history), key=lambda row: row.at)
    remarks = _remarks(history, tuple(windows))
    lines = [f"{'time (ms)':>11}   {'where':<9} {'what':<34} which"]
    reactions = {event.at for event in measure.faults(history, "reaction")}
    shown = fit(rows, zero, LINES - 1, vital={zero, *remarks, *reactions})
    lines += [_line(part, zero, remarks) for part in shown]
    return "\n".join(line.rstrip() for line in lines)


def fit(
    rows: Sequence[Row], zero: int, room: int, vital: Collection[int] = ()
) -> list[Row | list[Row]]:
    """Return rows, and runs of rows that are only counted, as at most `room` parts.

    What matters least goes first: noise far from anything that matters, other noise, context, and
    at last the middle of what matters; but never what happened at the `vital` times (ns).
    """
    rows = [*[row for row in rows if row.at < zero][-BEFORE:], *(r for r in rows if r.at >= zero)]
    places = {weight: [r.at for r in rows if r.weight == weight] for weight in range(NOISE + 1)}

    def worth(n: int) -> tuple[bool, int, bool, int]:
        row, near = rows[n], any(r.weight == KEY for r in rows[max(0, n - 1) : n + 2])
        peers = places[row.weight]
        from_middle = abs(bisect(peers, row.at) - len(peers) // 2)
        return row.weight == KEY and row.at in vital, -row.weight, near, from_middle

    order = sorted(range(len(rows)), key=worth)
    dropped = 0
    while len(parts := _parts(rows, set(order[dropped:]))) > room:
        dropped += max(1, (len(parts) - room) // 2)  # one that goes takes two lines at most
    return parts


def _parts(rows: Sequence[Row], kept: set[int]) -> list[Row | list[Row]]:
    parts: list[Row | list[Row]] = []
    for n, row in enumerate(rows):
        if n in kept:
            parts.append(row)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _line(part: Row | list[Row], zero: int, remarks: dict[int, str]) -> str:
    if isinstance(part, list):
        counts = Counter(row.label for row in part).most_common()
        told = [f"{n} {_plural(label, n)}" for label, n in counts[:MOST]]
        others = sum(n for _, n in counts[MOST:])
        told += [f"{others} more"] if others else []
        return f"{'...':>11}   {'':<9} ({', '.join(told)})"
    line = f"{_bare(part.at - zero):>11}   {part.who:<9} {part.what:<34} {part.which}"
    remark = remarks.get(part.at, "") if part.weight == KEY else ""
    return f"{line.rstrip():<50}  <- {remark}" if remark else line


def _remarks(history: History, windows: tuple[Window, ...]) -> dict[int, str]:
    """Return what to say beside the moments at which a figure was complete."""
    told: dict[int, str] = {}
    for what, stretch in stretches(history).items():
        allowed = next((str(window) for window in windows if window.what == what), "")
        if stretch.stop is None or (" " in what and not allowed):
            continue
        text = f"{what} {_bare(_length(history, what, stretch))}"
        told[stretch.stop] = "; ".join(
            part for part in (told.get(stretch.stop), text + (allowed and f", {allowed}")) if part
        )
    return told


def _length(history: History, what: str, stretch: Stretch) -> int:
    step = traffic.interval(history) if what.startswith("outage") else 0
    return max(0, (stretch.stop or stretch.start) - stretch.start - step)


def _rows(history: History) -> Iterator[Row]:
    """Yield a row for each event that a reader may want to see."""
    start, stop = history.mark("baseline") or 0, traffic.end_at(history)
    slaves = [s for bond in measure.bonds(history) for s in measure.slaves_of(history, bond)]
    known: dict[tuple[str, str], object] = {}
    for event in history.events:
        tell = TELL.get(event.kind)
        row = tell(event, slaves, known) if tell else None
        if row is not None and start <= event.at <= stop:
            yield row
    yield from (row for row in logrows.rows(history) if start <= row.at <= stop)
    yield from _traffic_rows(history)
    for move in sightings.fdb_moves(history):
        what = f"{short(move.mac)} moves from {move.before}"
        yield Row(move.at, move.switch, what, move.port, "FDB move", CONTEXT)


Known = dict[tuple[str, str], object]


def _fault(event: Event, _slaves: list[str], _known: Known) -> Row:
    role = str(event.get("role", "fault")).upper()
    ended = " ends" if event.get("phase") == "end" else ""
    what = f"{event['action']} {event.where}{ended}".replace("_", " ")
    weight = KEY if role != "STIMULUS" else CONTEXT
    return Row(event.at, role, what, str(event.get("why", "")), role.lower(), weight)


def _slave(event: Event, _slaves: list[str], known: Known) -> Row | None:
    before, known["slave", event.where] = known.get(("slave", event.where)), event["link"]
    if before in (None, event["link"]):
        return None
    return Row(event.at, "dut", f"slave {event.where} link {event['link']}", "", "link state")


def _active(event: Event, _slaves: list[str], known: Known) -> Row | None:
    before = known.get(("active", event.where), event)
    known["active", event.where] = event.get("slave")
    if before is event or before == event.get("slave"):
        return None
    what = f"active slave {before or 'none'} -> {event.get('slave') or 'none'}"
    return Row(event.at, "dut", what, "", "active slave")


def _updown(event: Event, _slaves: list[str], known: Known) -> Row | None:
    before, known[event.kind, event.where] = known.get((event.kind, event.where)), event["up"]
    if before in (None, event["up"]):
        return None
    who, _, which = event.where.partition("/")
    words = {"carrier": ("carrier lost", "carrier back"), "admin": ("set down", "set up")}
    return Row(event.at, who, words[event.kind][event["up"]], which, event.kind, CONTEXT)


def _mac(event: Event, _slaves: list[str], known: Known) -> Row | None:
    before, known["mac", event.where] = known.get(("mac", event.where)), event["mac"]
    if before in (None, event["mac"]):
        return None
    who, _, which = event.where.partition("/")
    return Row(event.at, who, f"address becomes {event['mac']}", which, "address", CONTEXT)


def _arp(event: Event, slaves: list[str], _known: Known) -> Row | None:
    """Return a frame once: where the DUT's enters the fabric, where another's reaches the DUT."""
    tap, _, port = event.where.rpartition("/")
    if port not in slaves or tap == "target":
        return None
    sent = tap != "dut"
    kind = event["kind"]
    if sent != (kind in ("garp", "probe")) and kind != "foreign":
        return None
    what, label, weight = {
        "garp": (
            f"GARP {event['sender_ip']} is-at {short(event['sender_mac'])}",
            "gratuitous ARP",
            CONTEXT,
        ),
        "probe": (f"ARP probe who-has {event['target_ip']}", "ARP probe", NOISE),
        "reply": (f"ARP reply from {event['sender_ip']}", "ARP reply", NOISE),
        "foreign": (f"foreign ARP {event['op']} {event['sender_ip']}", "foreign ARP", NOISE),
    }.get(kind, (f"ARP {event['op']} from {event['sender_ip']}", "other ARP", NOISE))
    return Row(event.at, "dut", what, port, label, weight)


Teller = Callable[[Event, list[str], Known], Row | None]
TELL: dict[str, Teller] = {
    "fault": _fault,
    "slave": _slave,
    "active": _active,
    "carrier": _updown,
    "admin": _updown,
    "mac": _mac,
    "arp": _arp,
}


def _traffic_rows(history: History) -> Iterator[Row]:
    """Yield when traffic came back after the longest silence, if it did."""
    gaps = traffic.gaps(history)
    lost = {name: _lost(history, name, gap) for name, gap in gaps.items()}
    if len(gaps) == 2 and abs(gaps["out"].stop - gaps["in"].stop) <= traffic.interval(history):
        at, closed = max((gap.stop, gap.closed) for gap in gaps.values())
        if closed == all(gap.closed for gap in gaps.values()):
            told = f"{lost['out']} frames out and {lost['in']} in lost"
            yield _heard(at, "path", "both ways", told, closed=closed)
            return
    for name, gap in gaps.items():
        first, second = traffic.path(history)
        who = second if name == "out" else first
        yield _heard(gap.stop, who, name, f"{lost[name]} frames lost", closed=gap.closed)


def _heard(at: int, who: str, way: str, lost: str, *, closed: bool) -> Row:
    what = f"traffic {way} again, {lost}" if closed else f"traffic {way} still dark, {lost}"
    return Row(at, who, what, "", "return of traffic")


def _lost(history: History, direction: str, gap: traffic.Gap) -> int:
    seen = traffic.samples(history, direction)
    return sum(each.arrived is None and gap.start <= each.sent <= gap.stop for each in seen)


def short(mac: str) -> str:
    """Return a hardware address by its first and last byte, which tell a lab's apart."""
    return f"{mac[:3]}..{mac[-3:]}"


def _bare(ns: int) -> str:
    return f"{ns / MS:.1f}"


def _plural(word: str, count: int) -> str:
    return (
        word
        if count == 1
        else {"ARP reply": "ARP replies", "address": "addresses", "stimulus": "stimuli"}.get(
            word, word + "s"
        )
    )
