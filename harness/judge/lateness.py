"""By how much events of a recording may be late: timers, steps, notifications read late.

In virtual time nothing is late. In real time a machine that did not run lengthens what it
measures, and the tolerance of each figure has by how much.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from harness.bonding.lacp_times import LACP_TICK
from harness.bonding.windows import ALB_TICK
from harness.history import Event, History
from harness.judge import traffic
from harness.units import MS, NOTICEABLE, in_ms

ENDS = 2  # a figure begins and ends with an event, each of which may be late
TO_CARRIER = 2  # jiffies: interrupt, work item, carrier; what takes longer is the driver's lag
INSPECTIONS = ("miimon", "arp_interval")
# bond_alb_monitor, bond_3ad_state_machine_handler: started anew each time as well
TICKING = {"balance-tlb": ALB_TICK, "balance-alb": ALB_TICK, "802.3ad": LACP_TICK}


class Late(NamedTuple):
    """By how many ns a machine was late at worst: timers, steps of the schedule, a frame `held`.

    `read` is how long notifications may have waited to be read. One adds to the other: a kernel
    thread may be as late as a timer, after a step that was late, and a frame may be held up after
    its sender paused.
    """

    timers: int
    steps: int = 0
    held: int = 0
    read: int = 0

    @property
    def ns(self) -> int:
        """The sum in ns."""
        return sum(self)

    def text(self, jitter: int) -> str:
        """Return the text for the list of tolerances, given the jitter (ns)."""
        word = "timers late by" if self.timers - jitter >= NOTICEABLE else "timer jitter"
        parts = [f"{word} {in_ms(self.timers)}"]
        if self.steps >= NOTICEABLE:
            parts.append(f"a step late by {in_ms(self.steps)}")
        if self.held:
            parts.append(f"a frame held for {in_ms(self.held)}")
        if self.read:
            parts.append(f"notifications read late by {in_ms(self.read)}")
        return " + ".join(parts)


def lateness(history: History, start: int, stop: int) -> Late:
    """Return by how much anything was late between two times (ns) at worst, at least the jitter.

    The pauses of the sender show when a machine was not running.
    """
    jitter, step = traffic.jitter(history), traffic.interval(history)
    between = _inspections(history, stop - start)
    seen = (pauses(history, stream, start, stop) for stream in traffic.STREAMS)
    timers = max(add_up(of_stream, between, step, jitter) for of_stream in seen)
    late = (step_late(history, step) for step in steps(history, start, stop))
    read = _read_late(history)
    return Late(timers, max(late, default=0), read=read.get(start, 0) + read.get(stop, 0))


def add_up(pauses: Iterable[int], inspections: int, step: int, jitter: int) -> int:
    """Return by how many ns a monitor may be late after so many inspections, by a sender's pauses.

    It starts its timer anew at each inspection (queue_delayed_work in bond_mii_monitor), so that
    its latenesses add up: besides the longest pause at each end, the jitter counts once for each
    inspection, or the pause where one was so long that it left a probe (each `step` ns) out.
    """
    longest = sorted(pauses, reverse=True)
    missed = [pause for pause in longest[ENDS : ENDS + inspections] if pause > max(step, jitter)]
    more = sum(missed) + (inspections - len(missed)) * jitter
    return max(jitter, sum(longest[:ENDS])) + more


def steps(history: History, start: int, stop: int) -> Iterator[Event]:
    """Yield the steps of the schedule (faults, repairs, stimuli) between two times in ns."""
    return (event for event in history.select("fault") if start <= event.at <= stop)


def step_late(history: History, step: Event) -> int:
    """Return by how many ns the effect of a step may be later than planned.

    That is how late it began and how long it took, or until a carrier of the DUT changed if
    that took longer.
    """
    until = step.at + TO_CARRIER * traffic.jiffy(history)
    changed = (event.at - step.at for event in _between(history, "carrier", step.at, until))
    took = max(int(step.get("took", 0)), *changed, 0)
    return int(step.get("slip", 0)) + took


def pauses(history: History, stream: str, start: int, stop: int) -> Iterator[int]:
    """Yield by how many ns each probe came later than an interval after the one before it."""
    step, seen = traffic.interval(history), history.part("probe", stream)
    first = bisect_right(seen, start, key=attrgetter("at"))
    last = bisect_left(seen, stop, key=attrgetter("at"))
    for before, event in pairwise(seen[max(0, first - 1) : last + 1]):
        yield max(0, event.at - before.at - step)


def _inspections(history: History, length: int) -> int:
    """Return how often the quickest timer of any bond ran in a time of ns: a monitor, a mode's."""
    options = [bond.options for bond in history.about.bonds.values()]
    every = [int(of_bond.get(name) or 0) * MS for of_bond in options for name in INSPECTIONS]
    every += [TICKING.get(str(of_bond.get("mode")), 0) for of_bond in options]
    shortest = min(filter(None, every), default=0)
    return max(0, length) // shortest if shortest else 0


def _between(history: History, kind: str, start: int, stop: int) -> tuple[Event, ...]:
    seen = history.part(kind)
    first = bisect_right(seen, start, key=attrgetter("at"))
    return seen[first : bisect_right(seen, stop, key=attrgetter("at"))]


def _read_late(history: History) -> Mapping[int, int]:
    """Return by how many ns notifications may be older than the time at which they were read."""
    return history.derived(
        "read late",
        lambda: {event.at: event["late"] for event in history.events if "late" in event.data},
    )
