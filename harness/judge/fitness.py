"""What a recording can prove: nothing without a clean baseline or a partner."""

from __future__ import annotations

from harness.errors import Inconclusive, NotTestable
from harness.history import History
from harness.judge import traffic
from harness.plural import counted
from harness.units import MS, in_ms

ALONE = "run with --guests 1, or on an idle machine"
STALL = 100 * MS  # a machine that stood still for longer has measured itself, not the kernel
WITHOUT_PARTNER = "link states, options and refusals of this mode can be judged"


def demand_judgeable(history: History) -> None:
    """Raise Inconclusive, with the reason, where the recording can prove nothing."""
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
    late = max(traffic.lateness(history, start, traffic.end_at(history)))
    if late > STALL:
        raise Inconclusive(
            f"the machine stood still for {in_ms(late)}, at most {in_ms(STALL)} can be judged",
            hint=_why_still(history, start),
        )
    _demand_baseline(history, start)


def _why_still(history: History, start: int) -> str:
    commands = [e for e in history.select("fault", action="run") if e.at >= start]
    if not commands and history.about.virtual:
        return "time passed that was not recorded: let it pass by net.after(1 * s)"
    if not commands:
        return ALONE
    return (
        f"`{commands[0]['command']}` held it up: to start a program takes long in this kernel, so "
        "run it before or after the block, or choose a kernel with virtual time"
    )


def without_partner(history: History) -> str:
    """Return what a bond's mode needs of its switch and does not have here, "" for nothing."""
    return next((bond.lacks for bond in history.about.bonds.values() if bond.lacks), "")


def demand_partner(history: History) -> None:
    """Raise NotTestable where what happens to traffic says nothing of the bond."""
    if lacks := without_partner(history):
        raise NotTestable(lacks, hint=WITHOUT_PARTNER)


def _demand_baseline(history: History, stop: int) -> None:
    step = traffic.interval(history)
    if not step or not traffic.healthy(history):
        return
    start = history.mark("baseline") or 0
    seen = [probe for probe in traffic.probes(history) if start <= probe.at < stop]
    trips = [probe["reply"] - probe.at for probe in seen if probe["reply"] is not None]
    young = stop - max(step, 2 * max(trips, default=0))  # may have met the fault on their way
    lost = sum(probe["reply"] is None and probe.at < young for probe in seen)
    if lost or not trips:
        sent = counted(len(seen), "probe")
        raise Inconclusive(
            f"the path was not healthy before the fault: {lost} of {sent} lost",
            hint="the timeline begins with the baseline; a bond that is unhealthy on purpose is "
            "recorded with watch(healthy=False)",
        )
