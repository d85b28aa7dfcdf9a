"""Whether a recording can be judged: not without a clean baseline, nor without a partner."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.errors import Inconclusive, NotTestable
from harness.history import Event, History
from harness.judge import driver_lag, lateness, traffic
from harness.plural import counted
from harness.topology import DUT
from harness.units import MS, in_ms

ALONE = "run with --guests 1, or on an idle machine"
STALL = 100 * MS  # of a host that is later, figures show the host rather than the kernel
ON_THE_DUT = ("admin_down", "admin_up")  # of a link, by the DUT
TESTER = "the tester"  # every machine but the DUT is one of the tester's
CHANGES = ("fault", "carrier", "admin", "slave", "active", "mac", "fdb", "log")
WITHOUT_PARTNER = "link states, options and refusals of this mode can be judged"


def demand_evidence(history: History) -> None:
    """Raise Inconclusive if the recording cannot be judged, NotTestable if a fault went unseen.

    That is one shorter than the lag of a driver, which did not report it.
    """
    demand_judgeable(history)
    driver_lag.demand_reported(history)


def demand_judgeable(history: History) -> None:
    """Raise Inconclusive, with the reason, if the recording cannot be judged."""
    if broken := history.about.broken:
        raise Inconclusive(
            f"the recording was broken off: {broken}",
            hint="its timeline shows how far it came; figures need a block that ends by itself",
        )
    start = traffic.disturb_at(history)
    dropped = history.about.dropped
    if dropped:
        hint = "send fewer frames between two probes" if history.about.virtual else ALONE
        raise Inconclusive(f"the recorder lost {counted(dropped, 'frame')}", hint=hint)
    late = _too_late(history, start, traffic.end_at(history))
    # A host that is late after everything has happened has changed nothing.
    if late and (late := _too_late(history, start, last_change(history, start))):
        raise Inconclusive(
            f"{' and '.join(late)}: at most {in_ms(STALL)} can be judged",
            hint=_why_late(history, start),
        )
    _demand_baseline(history, start)


def last_change(history: History, start: int) -> int:
    """Return the time of the last change before the end (ns), `start` if there was none.

    That is any notification of the kernel or a switch, an announcement, or a path that fails or
    works again. Frames that are sent all the time, such as ARP probes, are no change.
    """
    end = traffic.end_at(history)
    return max((at for at in _changes(history) if start < at <= end), default=start)


def _changes(history: History) -> Iterator[int]:
    for kind in CHANGES:
        yield from (event.at for event in history.part(kind))
    yield from (event.at for event in history.select("arp", kind="garp"))
    for direction in traffic.STREAMS:
        for before, sample in pairwise(traffic.samples(history, direction)):
            if (before.arrived is None) != (sample.arrived is None):
                yield sample.sent


def _too_late(history: History, start: int, stop: int) -> list[str]:
    """Return which hosts were later than STALL between two times (ns), as text with the time."""
    worst = {DUT: traffic.jitter(history), TESTER: 0}
    for stream, machine in zip(traffic.STREAMS, traffic.path(history), strict=True):
        host = DUT if machine == DUT else TESTER
        worst[host] = max(worst[host], *lateness.pauses(history, stream, start, stop), 0)
    for step in lateness.steps(history, start, stop):
        host = _host(history, step)
        late = lateness.step_late(history, step) - step.get("went_on", 0)
        worst[host] = max(worst[host], late)
    return [f"{host} was late by {in_ms(late)}" for host, late in worst.items() if late > STALL]


def _host(history: History, step: Event) -> str:
    """Return the host that delayed a step: the one that executed it, or the tester's schedule."""
    of_dut = (
        step.where in (DUT, *history.about.bonds)
        or "bond" in step.data
        or step["action"] in ON_THE_DUT
    )
    return DUT if of_dut and step.get("took", 0) > step.get("slip", 0) else TESTER


def _why_late(history: History, start: int) -> str:
    commands = [e for e in history.select("fault", action="run") if e.at >= start]
    if not commands and history.about.virtual:
        return "time passed that was not recorded: let it pass by net.after(1 * s)"
    if not commands:
        return ALONE
    return (
        f"`{commands[0]['command']}` delayed it: starting a program takes long in this kernel, so "
        "run it before or after the block, or choose a kernel with virtual time"
    )


def without_partner(history: History) -> str:
    """Return what a bond's mode needs of its switch and lacks here, "" if nothing."""
    return next((bond.lacks for bond in history.about.bonds.values() if bond.lacks), "")


def demand_partner(history: History) -> None:
    """Raise NotTestable if the traffic is no evidence on the bond."""
    if lacks := without_partner(history):
        raise NotTestable(lacks, hint=WITHOUT_PARTNER)


def _demand_baseline(history: History, stop: int) -> None:
    step = traffic.interval(history)
    if not step or not traffic.healthy(history):
        return
    start = history.mark("baseline") or 0
    seen = [probe for probe in traffic.probes(history) if start <= probe.at < stop]
    trips = [probe["reply"] - probe.at for probe in seen if probe["reply"] is not None]
    young = stop - max(
        step, 2 * max(trips, default=0)
    )  # later ones may have met the fault on their way
    lost = sum(probe["reply"] is None and probe.at < young for probe in seen)
    if lost or not trips:
        sent = counted(len(seen), "probe")
        raise Inconclusive(
            f"the path was not healthy before the fault: {lost} of {sent} lost",
            hint="the timeline begins with the baseline; a bond that is unhealthy on purpose is "
            "recorded with watch(healthy=False)",
        )
