"""For how long no probe arrived: every outage of a direction, the longest, and their sum.

A silence lies between two good samples. On a path that loses a share of its frames there are many
short ones: what is no longer than the tolerance of its measurement is no outage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.errors import ScenarioError
from harness.history import History
from harness.judge import measure, traffic
from harness.judge.lateness import Late, lateness
from harness.judge.traffic import OPEN, STREAMS, ProbeFrame
from harness.units import Measured, in_ms

CHANCE = 0.001  # a run of losses counts as random if its probability is higher


class Gap(NamedTuple):
    """A time without a good sample: its length and borders in ns, and did it end.

    `held` is the delay (ns) of the sample that ended it, if none was lost.
    """

    ns: int
    start: int
    stop: int
    closed: bool
    held: int = 0


Silences = Mapping[str, Sequence[Gap]]


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without traffic: since when, counted from the fault, how long, in which direction.

    `direction` is out, in or both; outages that overlap count as one.
    """

    start: Measured
    length: Measured
    direction: str

    def __repr__(self) -> str:
        way = "both ways" if self.direction == "both" else self.direction
        return f"{way} dark for {self.length} from {in_ms(self.start.ns)} on"

    def _no_time(self, _: object) -> bool:
        raise ScenarioError(
            "an outage of run.outages has a start and a length, and cannot be compared itself",
            hint="compare outage.length (or run.outage, which is the longest one)",
        )

    __lt__ = __le__ = __gt__ = __ge__ = _no_time


def silences(seen: Iterable[ProbeFrame], step: int) -> Iterator[Gap]:
    """Yield the times without an arrival in which a sample was lost or late, each less one `step`.

    Late is a delay of more than a step: a frame that waited for an address to be resolved does not
    show when the path worked. A sender that merely paused
    loses nothing and leaves no gap. The last gap may not have ended.
    """
    good: int | None = None
    run = lost = count = 0
    for sample in seen:
        count += 1
        if sample.arrived is None:
            run, last = run + 1, sample.sent
            good = last - step if good is None else good  # dark since the first sample
            continue
        held = 0 if run else sample.arrived - sample.sent
        if (run or held > step) and good is not None and sample.arrived > good:
            yield Gap(max(0, sample.arrived - good - step), good, sample.arrived, True, held)
        good, lost, run = max(good or 0, sample.arrived), lost + run, 0
    if run and good is not None:
        share = lost / (count - run) if count > run else 0
        chance = by_chance(run, share)
        yield Gap(max(0, last - good), good, last + step if chance else last, closed=chance)


def by_chance(run: int, share: float) -> bool:
    """Return whether so many losses in a row may be random on a path that loses a share.

    The recorder waits for a steady path, so a random silence at the end is short.
    """
    return run < traffic.STEADY or bool(share**run >= CHANCE)


def _worse(gap: Gap) -> tuple[bool, int]:
    return not gap.closed, gap.ns


def every(history: History) -> Silences:
    """Return all silences of each direction since the baseline."""
    step = traffic.interval(history)
    return history.derived(
        "silences", lambda: {way: list(silences(judged(history, way), step)) for way in STREAMS}
    )


def judged(history: History, direction: str) -> list[ProbeFrame]:
    """Return the samples of a direction since the baseline, in the order of sending."""
    start = history.mark("baseline") or 0
    return [sample for sample in traffic.samples(history, direction) if sample.sent >= start]


def gaps(history: History) -> dict[str, Gap]:
    """Return the worst gap of each direction since the baseline, where there was one."""
    return {way: max(all_, key=_worse) for way, all_ in every(history).items() if all_}


def figures(history: History) -> Iterator[tuple[str, Measured]]:
    """Yield the figures of a recording by name, computing its silences once."""
    seen = every(history)
    for direction in (None, *STREAMS):
        found = outage(history, direction, seen)
        yield found.what.removeprefix(OPEN), found
    yield "dark time", dark(history, None, seen)


def outage(
    history: History, direction: str | None = None, seen: Silences | None = None
) -> Measured:
    """Return how long one direction was dark, or the worse of both: last good to first good.

    One probe interval is subtracted, so that no loss is 0 ms; it is also in the tolerance.
    """
    wanted = STREAMS if direction is None else (direction,)
    all_ = every(history) if seen is None else seen
    name = "outage" if direction is None else f"outage {direction}"
    worst = max((gap for way in wanted for gap in all_[way]), key=_worse, default=None)
    if worst is None:
        start = traffic.disturb_at(history)
        worst = Gap(0, start, start, closed=True)
    return _measured(history, name, worst)


def outages(
    history: History, direction: str | None = None, seen: Silences | None = None
) -> list[Outage]:
    """Return all outages in order, of one direction, or of both with what overlaps as one."""
    step, zero = traffic.interval(history), measure.fault_at(history)
    wanted = STREAMS if direction is None else (direction,)
    all_ = every(history) if seen is None else seen
    ways = [(gap, way) for way in wanted for gap in _certain(history, all_[way])]
    found: list[Outage] = []
    for n, (gap, way) in enumerate(_merged(sorted(ways, key=lambda pair: pair[0].start), step), 1):
        length = _measured(history, f"outage {n}", gap)
        begin = gap.start + step - zero
        start = Measured(f"start of outage {n}", begin, length.tolerance, length.why)
        found.append(Outage(start, length, way))
    return found


def certain(history: History, direction: str) -> list[Gap]:
    """Return the silences of a direction that are longer than the tolerance of their length."""
    return history.derived(
        f"outages {direction}", lambda: _certain(history, every(history)[direction])
    )


def _certain(history: History, found: Iterable[Gap]) -> list[Gap]:
    return [gap for gap in found if _longer_than_its_tolerance(history, gap)]


def _longer_than_its_tolerance(history: History, gap: Gap) -> bool:
    least = traffic.interval(history) + (traffic.jitter(history) if gap.closed else 0)
    if not gap.closed or gap.ns <= least:  # computing the lateness takes long
        return gap.ns > least
    return gap.ns > traffic.interval(history) + _late(history, gap).ns


def dark(history: History, direction: str | None = None, seen: Silences | None = None) -> Measured:
    """Return how long all outages took together: of one direction, or when either was dark."""
    lengths = [each.length for each in outages(history, direction, seen)]
    late = lateness(history, *[traffic.disturb_at(history)] * 2)
    tolerance = sum(length.tolerance for length in lengths) or traffic.interval(history) + late.ns
    whys = [length.why for length in lengths] or [_why(history, late)]
    name = "dark time" if direction is None else f"dark time {direction}"
    ended = all(length.happened for length in lengths)
    return Measured(
        name if ended else f"{OPEN}{name}",
        sum(length.ns for length in lengths),
        tolerance,
        whys[0] if len(whys) == 1 else f"{len(whys)} outages, each {max(whys, key=len)}",
        happened=ended,
    )


def _merged(ways: Sequence[tuple[Gap, str]], step: int) -> Iterator[tuple[Gap, str]]:
    """Yield gaps of both directions in order of their start, those that overlap as one."""
    now: tuple[Gap, str] | None = None
    for gap, way in ways:
        if now is None or gap.start + step > now[0].stop:
            if now is not None:
                yield now
            now = gap, way
            continue
        before, first = now
        stop, closed = max(before.stop, gap.stop), before.closed and gap.closed
        length = stop - before.start - (step if closed else 0)
        merged = Gap(length, before.start, stop, closed, max(before.held, gap.held))
        now = merged, first if first == way else "both"
    if now is not None:
        yield now


def _measured(history: History, what: str, gap: Gap) -> Measured:
    late, step = _late(history, gap), traffic.interval(history)
    name = what if gap.closed else f"{OPEN}{what}"
    tolerance = step + late.ns
    return Measured(name, gap.ns, tolerance, _why(history, late), happened=gap.closed)


def _why(history: History, late: Late) -> str:
    step = traffic.interval(history)
    return f"probe interval {in_ms(step)} + {late.text(traffic.jitter(history))}"


def _late(history: History, gap: Gap) -> Late:
    """Return how late the machine was in a gap and at both of its ends.

    A frame that was delayed without any loss and before any disturbance waited for the machine:
    there was nothing else to wait for.
    """
    late = lateness(history, gap.start, gap.stop)
    start = traffic.disturb_at(history)
    disturbed = any(start <= event.at <= gap.stop for event in history.select("fault"))
    return late._replace(held=0 if disturbed else gap.held)
