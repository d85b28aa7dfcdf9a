"""What a recording shows of LACP: the LACPDUs of a bond, its aggregators, its ports in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from harness.history import Event, History
from harness.judge import traffic
from harness.judge.elapsed import elapsed
from harness.judge.measure import Since, bonds, fault_at, repaired_at, sequence, slaves_of
from harness.lacpdu import PortInfo
from harness.topology import DUT
from harness.units import Measured


class SeenLacpdu(NamedTuple):
    """A LACPDU: when it was seen (ns), at which slave's cable, whether the DUT `sent` it.

    `actor` is the port that sent it, `partner` the other end as that port knows it.
    """

    at: int
    port: str
    sent: bool
    src: str
    actor: PortInfo
    partner: PortInfo


class Aggregator(NamedTuple):
    """An active aggregator: its number, how many ports it has, keys, the partner's system."""

    number: int
    ports: int
    actor_key: int
    partner_key: int
    partner: str


def lacpdus(history: History, bond: str) -> list[SeenLacpdu]:
    """Return the LACPDUs at a bond's slaves since the disturbance, each where it arrived."""
    start, slaves = traffic.disturb_at(history), slaves_of(history, bond)
    events = (event for event in history.select("lacpdu") if event.at >= start)
    return [found for event in events if (found := _lacpdu(event)).port in slaves]


def _lacpdu(event: Event) -> SeenLacpdu:
    place, _, port = event.where.rpartition("/")
    actor, partner = PortInfo.of(event["actor"]), PortInfo.of(event["partner"])
    return SeenLacpdu(event.at, port, place != DUT, event["src"], actor, partner)


def aggregators(history: History, bond: str) -> list[Aggregator]:
    """Return what the active aggregator was at the disturbance, and what it became, in order."""
    start, stop = traffic.disturb_at(history), traffic.end_at(history)
    found: list[Aggregator] = []
    for event in history.select("aggregator", bond):
        if event.at <= stop:
            data = event.data
            aggregator = Aggregator(
                data["aggregator"],
                data["ports"],
                data["actor_key"],
                data["partner_key"],
                data["partner"],
            )
            found = [aggregator] if event.at <= start else [*found, aggregator]
    return found


def partners(history: History, bond: str) -> list[str]:
    """Return the partner systems of the active aggregators in order."""
    systems = [aggregator.partner for aggregator in aggregators(history, bond)]
    return [system for n, system in enumerate(systems) if not n or systems[n - 1] != system]


def usages(history: History, slave: str) -> list[str]:
    """Return the states of a slave, `active` or `backup`, in order."""
    return [change.value for change in sequence(history, "slave", slave, "state")]


def leaving(history: History, slave: str) -> Measured:
    """Return the time from the fault to a slave no longer being in use."""
    start = fault_at(history, [slave])
    return _changed(history, f"leaving of {slave}", slave, "backup", start)


def joining(history: History, slave: str) -> Measured:
    """Return the time from the last repair of a slave's path to its being in use.

    Without a repair it counts from the fault, else from the first stimulus.
    """
    return _changed(history, f"joining of {slave}", slave, "active", repaired_at(history, slave))


def _changed(history: History, what: str, slave: str, state: str, start: int) -> Measured:
    changes = sequence(history, "slave", slave, "state")
    return elapsed(history, what, start, _first(changes, state, start), clocks=True)


def _first(changes: Iterable[Since], value: object, start: int) -> int | None:
    """Return when something first became a value after `start` (ns), None for never."""
    return next(
        (change.at for change in changes if change.value == value and change.at > start), None
    )


def carrier_change(history: History, bond: str, *, up: bool) -> Measured:
    """Return the time from the fault to a bond without carrier, or from the repair to carrier."""
    slaves = slaves_of(history, bond)
    start = repaired_at(history, bond) if up else fault_at(history, slaves)
    changes = sequence(history, "carrier", f"{DUT}/{bond}", "up")
    what = "carrier return" if up else "carrier loss"
    return elapsed(history, what, start, _first(changes, up, start), clocks=True)


def telling(
    history: History, slave: str, sent: Iterable[SeenLacpdu], fields: Mapping[str, object]
) -> Measured:
    """Return the time from the fault to a slave's first LACPDU whose actor has some fields."""
    start = fault_at(history, [slave])
    at = next(
        (
            pdu.at
            for pdu in sent
            if pdu.at >= start and all(getattr(pdu.actor, k) == v for k, v in fields.items())
        ),
        None,
    )
    shown = ", ".join(f"{name} {value}" for name, value in fields.items())
    return elapsed(history, f"telling of {slave} ({shown})", start, at, clocks=True)


def state_of(history: History, slave: str, side: str) -> frozenset[str]:
    """Return the bits of LACP's state of a slave at the end: of `actor` or `partner`."""
    last = _last(history, slave)
    return frozenset(last[side]) if last else frozenset()


def aggregator_of(history: History, slave: str) -> int | None:
    """Return the number of the aggregator that a slave belonged to at the end, None for none."""
    last = _last(history, slave)
    return last["aggregator"] if last else None


def _last(history: History, slave: str) -> Event | None:
    """Return the state of LACP of a slave at the end, None outside of 802.3ad."""
    stop = traffic.end_at(history)
    seen = [event for event in history.select("lacp", slave) if event.at <= stop]
    return seen[-1] if seen else None


def together(history: History, bond: str) -> list[list[str]]:
    """Return the slaves of each aggregator of a bond at the end, in order."""
    groups: dict[int | None, list[str]] = {}
    for slave in bonds(history)[bond].slaves:
        groups.setdefault(aggregator_of(history, slave), []).append(slave)
    return list(groups.values())


def of_slave(found: Iterable[SeenLacpdu], slave: str, *, sent: bool) -> list[SeenLacpdu]:
    """Return the LACPDUs that a slave sent, or received."""
    return [pdu for pdu in found if pdu.port == slave and pdu.sent == sent]
