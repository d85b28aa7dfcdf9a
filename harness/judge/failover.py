"""A failover in its three parts: detection, switchover, first reply.

    fault -> slave declared down -> another slave active -> first probe answered through it

The first part is the monitor's (bond_main.c: bond_miimon_inspect, bond_ab_arp_inspect), the second
the driver's (bond_select_active_slave), the third the network's: gratuitous ARP and the switches'
tables. Their sum is the outage, within one probe interval.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import Event, History
from harness.judge import measure, traffic
from harness.judge.elapsed import elapsed
from harness.judge.measure import Stretch
from harness.units import Measured, in_ms

FIRST_REPLY = "first reply"


def replied(history: History, bond: str) -> Stretch:
    """Return the stretch from the switchover to the first answer through the new slave.

    The answer may come before the event that reports the switchover: the time is then 0.
    """
    start, moved = measure.switched(history, bond)
    if moved is None:
        return Stretch(start, None)
    slave = next(
        change.value
        for change in measure.sequence(history, "active", bond, "slave")
        if change.at == moved
    )
    answers = [
        int(probe["reply"])
        for probe in traffic.disturbed(history)
        if probe["reply"] is not None and _through(history, bond, probe, slave, start)
    ]
    first = min((at for at in answers if at >= start), default=None)
    return Stretch(moved if first is None else min(moved, first), first)


def _through(history: History, bond: str, probe: Event, slave: str, start: int) -> bool:
    """Return whether a probe crossed a slave, or may have if its way is not known."""
    crossed = [name for name in probe.get("crossed") or [probe.get("via")] if name]
    mine = [name for name in crossed if name in measure.slaves_of(history, bond)]
    return slave in mine if crossed else probe.at >= start


def first_reply(history: History, bond: str) -> Measured:
    """Return the time from the switchover to the first probe answered through the new slave.

    Its tolerance has the probe interval, and the error of the clocks where the DUT has its own:
    the switchover and the answer may be events of two hosts.
    """
    step = traffic.interval(history)
    return elapsed(history, FIRST_REPLY, *replied(history, bond), step, clocks=True)


def lines(history: History) -> Iterator[str]:
    """Yield for each bond that changed its active slave the parts of its failover's time."""
    if not measure.faults(history) or not traffic.interval(history):
        return
    for bond in measure.bonds(history):
        slaves = measure.slaves_of(history, bond)
        if measure.switched(history, bond).stop is None:
            continue
        hit = measure.concerned(history, bond)
        detection = measure.detection(history, hit, measure.fault_at(history, slaves))
        parts = (detection, measure.switchover(history, bond), first_reply(history, bond))
        terms = " + ".join(f"{part.what} {part}" for part in parts)
        error = traffic.clock_error(history)
        apart = f"; clocks known to {in_ms(error)}" if error else ""
        yield f"{bond}: {terms}{apart}"
