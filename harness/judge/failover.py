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


def switched(history: History, bond: str) -> Stretch:
    """Return the stretch from the detection to another slave than at the fault being active.

    The detection is that of the slave that was active. The kernel may notify of the new active
    slave before it declares the old one down: the time is then 0. A slave that was active until
    then, and up, was left for another reason, such as a primary that recovered: the time counts
    from the last fault, repair or stimulus.
    """
    fault = measure.fault_at(history, measure.slaves_of(history, bond))
    before = measure.active_at(history, bond, fault)
    for change in measure.sequence(history, "active", bond, "slave"):
        if change.at > fault and change.value not in (None, before):
            down = _declared_down(history, before, change.at)
            start = measure.last_action(history, change.at) if down is None else down
            return Stretch(min(start, change.at), change.at)
    down = measure.detected_at(history, measure.concerned(history, bond), fault)
    return Stretch(down or fault, None)


def _declared_down(history: History, slave: str | None, left: int) -> int | None:
    """Return when the slave that was left at a time (ns) was declared down, None if it was not.

    It may be so after it was left, before anything else is done.
    """
    if slave is None:
        return None
    changes = measure.sequence(history, "slave", slave, "link")
    by_then = [change for change in changes if change.at <= left]
    if by_then and by_then[-1].value == "down":
        return by_then[-1].at
    asked = measure.last_action(history, left)
    return next(
        (
            change.at
            for change in changes
            if change.at > left
            and change.value == "down"
            and measure.last_action(history, change.at) == asked
        ),
        None,
    )


def switchover(history: History, bond: str) -> Measured:
    """Return the time from detection to the next active slave.

    The error of two clocks is in its tolerance where it counts from what the tester did.
    """
    start, moved = switched(history, bond)
    done = moved is not None and start == measure.last_action(history, moved)
    return elapsed(history, "switchover", start, moved, clocks=done)


def replied(history: History, bond: str) -> Stretch:
    """Return the stretch from the switchover to the first answer through the new slave.

    The answer may come before the event that reports the switchover: the time is then 0.
    """
    start, moved = switched(history, bond)
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
    """Yield for each bond whose fault made it leave its active slave the parts of the time."""
    if not measure.faults(history) or not traffic.interval(history):
        return
    for bond in measure.bonds(history):
        fault = measure.fault_at(history, measure.slaves_of(history, bond))
        hit = measure.concerned(history, bond)
        left, down = switched(history, bond), measure.detected_at(history, hit, fault)
        if left.stop is None or down is None or left.start != min(down, left.stop):
            continue  # no switchover, or one that has another cause than the fault
        detection = measure.detection(history, hit, fault)
        parts = (detection, switchover(history, bond), first_reply(history, bond))
        terms = " + ".join(f"{part.what} {part}" for part in parts)
        error = traffic.clock_error(history)
        apart = f"; clocks known to {in_ms(error)}" if error else ""
        yield f"{bond}: {terms}{apart}"
