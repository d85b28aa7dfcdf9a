"""What the probes show: who got through, in which direction, and for how long nobody did.

A probe tells two directions apart. `out` (from the DUT) is shown by the requests of stream out and
by the replies of stream in; `in` (to the DUT) by the requests of stream in and the replies of
stream out. A reply is a sample only where its request arrived: what was never sent cannot be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.errors import Inconclusive
from harness.history import Event, History
from harness.units import MS, Measured, in_ms

STREAMS = ("out", "in")
LEGS = ("request", "reply")
OPEN = "end of the "  # before the name of a figure that had not ended yet
NOTICEABLE = MS // 20  # what does not show in a figure of 0.1 ms need not be named
STEADY = 5  # as many good samples in a row, in each direction, are a path that works


class Sample(NamedTuple):
    """One frame of a probe: when it was sent and when it arrived (ns), None where it was lost."""

    sent: int
    arrived: int | None


class Gap(NamedTuple):
    """The longest time without a good sample: its length and borders in ns, and did it end."""

    ns: int
    start: int
    stop: int
    closed: bool


def disturb_at(history: History) -> int:
    """Return when the disturbance began, in ns; Inconclusive where it never did."""
    at = history.mark("disturb")
    if at is None:
        raise Inconclusive(
            "the recording ended before anything was disturbed",
            hint="the last lines of history.jsonl show how far it came",
        )
    return at


def end_at(history: History) -> int:
    """Return when the recording was frozen, in ns."""
    end = history.mark("end")
    return end if end is not None else history.events[-1].at


def healthy(history: History) -> bool:
    """Return whether the bond was demanded to be healthy before the disturbance."""
    return bool(history.about.get("healthy", True))


def path(history: History) -> tuple[str, str]:
    """Return the machines that were probed: `out` is from the first to the second."""
    first, second = history.about.get("path") or ("dut", "target")
    return first, second


def interval(history: History) -> int:
    """Return the probe interval in ns, 0 where nothing was probed."""
    return int(history.about.get("interval") or 0)


def jitter(history: History) -> int:
    """Return the measured lateness of timers in ns (99th percentile)."""
    return int(history.about.get("jitter") or 0)


def probes(history: History, stream: str | None = None) -> Iterator[Event]:
    """Yield the probes of one stream (or both) that had time to come back before the end."""
    last = end_at(history) - _in_flight(history)
    for event in history.select("probe", stream):
        if event.at <= last or event["reply"] is not None:
            yield event


def disturbed(history: History) -> Iterator[Event]:
    """Yield the probes sent since the disturbance began."""
    start = disturb_at(history)
    return (probe for probe in probes(history) if probe.at >= start)


def samples(history: History, direction: str) -> list[Sample]:
    """Return every sample of one direction (`out` or `in`), in the order of sending."""
    back = "in" if direction == "out" else "out"
    seen = [Sample(probe.at, probe["request"]) for probe in probes(history, direction)]
    arrived = (probe for probe in probes(history, back) if probe["request"] is not None)
    seen.extend(Sample(probe["request"], probe["reply"]) for probe in arrived)
    return sorted(seen, key=lambda sample: sample.sent)


def round_trips(history: History, stream: str) -> list[Sample]:
    """Return the round trips of one stream: sent, and back again or never."""
    return [Sample(probe.at, probe["reply"]) for probe in probes(history, stream)]


def worst_gap(seen: Iterable[Sample], step: int) -> Gap | None:
    """Return the longest time without an arrival, less one `step`; None where nothing was amiss.

    Amiss is a lost sample, or one that was held up for longer than a step: a frame that waits
    for an address to be resolved does not tell when the path worked. A sender that merely paused
    loses nothing and leaves no gap. A gap that never ended is worst.
    """
    worst: Gap | None = None
    good: int | None = None
    lost: int | None = None
    for sample in seen:
        if sample.arrived is None:
            lost = sample.sent
            good = lost if good is None else good
            continue
        amiss = lost is not None or sample.arrived - sample.sent > step
        if amiss and good is not None and sample.arrived > good:
            gap = Gap(max(0, sample.arrived - good - step), good, sample.arrived, closed=True)
            worst = gap if worst is None or gap.ns > worst.ns else worst
        good, lost = max(good or 0, sample.arrived), None
    if lost is not None and good is not None:
        return Gap(max(0, lost - good), good, lost, closed=False)
    return worst


def gaps(history: History) -> dict[str, Gap]:
    """Return the worst gap of each direction since the baseline, where there was one."""
    start = history.mark("baseline") or 0
    found = {}
    for direction in STREAMS:
        seen = (sample for sample in samples(history, direction) if sample.sent >= start)
        gap = worst_gap(seen, interval(history))
        if gap is not None:
            found[direction] = gap
    return found


def outage(history: History, direction: str | None = None) -> Measured:
    """Return how long one direction was dark, or the worse of both: last good to first good.

    One probe interval is taken off, so that nothing lost is 0 ms; it is also the tolerance.
    """
    wanted = STREAMS if direction is None else (direction,)
    found = [gap for name, gap in gaps(history).items() if name in wanted]
    worst = max(found, key=lambda gap: (not gap.closed, gap.ns), default=None)
    return _measured(history, "outage" if direction is None else f"outage {direction}", worst)


def round_trip_outage(history: History, stream: str) -> Measured:
    """Return how long nothing that one stream sent was answered."""
    gap = worst_gap(round_trips(history, stream), interval(history))
    return _measured(history, f"outage of round trips {stream}", gap)


class Late(NamedTuple):
    """By how many ns a machine was late at worst: its timers, and the steps of the schedule.

    One adds to the other: a kernel thread may be as late as a timer, after a step that was late.
    """

    timers: int
    steps: int = 0

    @property
    def ns(self) -> int:
        """Both together."""
        return self.timers + self.steps

    def text(self, jitter: int) -> str:
        """Return how it reads in the list of tolerances."""
        word = "timer jitter" if self.timers == jitter else "timers late by"
        said = f"{word} {in_ms(self.timers)}"
        return f"{said} + a step late by {in_ms(self.steps)}" if self.steps >= NOTICEABLE else said


def lateness(history: History, start: int, stop: int) -> Late:
    """Return by how much anything was late between two times at worst, at least the jitter.

    A machine that stood still stretches what it measures: the pauses of the sender show it, and
    the steps of the schedule, each by how much it missed its plan and how long the kernel took
    for it.
    """
    steps = (event for event in history.select("fault") if start <= event.at <= stop)
    late = (int(step.get("slip", 0)) + int(step.get("took", 0)) for step in steps)
    worst = jitter(history)
    for stream in STREAMS:
        before: int | None = None
        for event in history.select("probe", stream):
            if before is not None and before < stop and event.at > start:
                worst = max(worst, event.at - before - interval(history))
            before = event.at
    return Late(worst, max(late, default=0))


def recovered(history: History) -> bool:
    """Return whether the last five samples of both directions arrived."""
    for direction in STREAMS:
        last = samples(history, direction)[-STEADY:]
        if len(last) < STEADY or any(sample.arrived is None for sample in last):
            return False
    return True


def lost_requests(history: History) -> int:
    """Return how many probes since the disturbance never reached the far end."""
    return sum(probe["request"] is None for probe in disturbed(history))


def lost_replies(history: History) -> int:
    """Return how many probes since the disturbance arrived, but their answer did not."""
    return sum(
        probe["request"] is not None and probe["reply"] is None for probe in disturbed(history)
    )


def duplicates(history: History) -> int:
    """Return how many extra copies of requests and replies were delivered."""
    return sum(int(probe.get("copies") or 0) for probe in disturbed(history))


def reordered(history: History) -> int:
    """Return how many requests and replies arrived after one that was sent later (RFC 4737)."""
    return sum(_overtaken(history, stream, leg) for stream in STREAMS for leg in LEGS)


def _overtaken(history: History, stream: str, leg: str) -> int:
    """Count within one stream and leg: only there does the order of sending mean anything."""
    start = disturb_at(history)
    latest = count = 0
    for probe in probes(history, stream):
        if probe.at < start or probe[leg] is None:
            continue
        count += probe[leg] < latest
        latest = max(latest, probe[leg])
    return count


def _measured(history: History, what: str, gap: Gap | None) -> Measured:
    start, stop = (gap.start, gap.stop) if gap else (disturb_at(history), disturb_at(history))
    late = lateness(history, start, stop)
    step = interval(history)
    why = f"probe interval {in_ms(step)} + {late.text(jitter(history))}"
    closed = gap is None or gap.closed
    name = what if closed else f"{OPEN}{what}"
    return Measured(name, gap.ns if gap else 0, step + late.ns, why, happened=closed)


def _in_flight(history: History) -> int:
    """Return twice the slowest round trip of the baseline: younger probes are undecided."""
    start = history.mark("baseline") or 0  # sooner, probes may have waited for an address
    stop = history.mark("disturb") or end_at(history)
    if not healthy(history):  # there is no baseline: the quicker half did not wait for anything
        return _quicker_half(history) + jitter(history)
    trips = [
        event["reply"] - event.at
        for event in history.select("probe")
        if start <= event.at < stop and event["reply"] is not None
    ]
    return 2 * max(trips, default=0) + jitter(history)


def _quicker_half(history: History) -> int:
    """Return twice the slowest of the quicker half of all round trips (ns)."""
    events = history.select("probe")
    trips = sorted(event["reply"] - event.at for event in events if event["reply"] is not None)
    return 2 * trips[len(trips) // 2] if trips else 0
