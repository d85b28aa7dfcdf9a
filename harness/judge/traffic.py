"""Figures from the probes: which arrived, in which direction, and how many were lost.

Probes distinguish two directions. `out` (from the DUT) is shown by the requests of stream out and
by the replies of stream in; `in` (to the DUT) by the requests of stream in and the replies of
stream out. A reply is a sample only if its request arrived: else it was never sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.errors import Inconclusive
from harness.history import Event, History
from harness.units import MS

STREAMS = ("out", "in")
LEGS = ("request", "reply")
OPEN = "end of the "  # prefix of the name of a figure that had not ended
STEADY = 5  # good samples in a row, in each direction, that show a working path


class ProbeFrame(NamedTuple):
    """One frame of a probe: when it was sent and when it arrived (ns), None where it was lost."""

    sent: int
    arrived: int | None


Leg = tuple[ProbeFrame, Event]  # a frame, and the probe that it belongs to


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
    """Return whether the bond was required to be healthy before the disturbance."""
    return history.about.healthy


def path(history: History) -> tuple[str, str]:
    """Return the machines that were probed: `out` is from the first to the second."""
    return history.about.path


def interval(history: History) -> int:
    """Return the probe interval in ns, 0 where nothing was probed."""
    return history.about.interval


def jitter(history: History) -> int:
    """Return the measured lateness of timers in ns (99th percentile)."""
    return history.about.kernel.jitter


def jiffy(history: History) -> int:
    """Return the length of a jiffy of the DUT's kernel in ns."""
    return 1000 * MS // history.about.kernel.hz


def clock_error(history: History) -> int:
    """Return the largest error of a machine's clock offset in ns."""
    return max((clock.error for clock in history.about.clocks.values()), default=0)


def probes(history: History, stream: str | None = None) -> Iterator[Event]:
    """Yield the probes of one stream (or both) that had time to come back before the end."""
    last = end_at(history) - _in_flight(history)
    for event in history.select("probe", stream):
        if event.at <= last or event["reply"] is not None:
            yield event


def disturbed(history: History) -> tuple[Event, ...]:
    """Return the probes sent since the disturbance began."""
    start = disturb_at(history)
    return history.derived(
        "disturbed", lambda: tuple(probe for probe in probes(history) if probe.at >= start)
    )


def samples(history: History, direction: str) -> list[ProbeFrame]:
    """Return every sample of one direction (`out` or `in`), in the order of sending."""
    return [sample for sample, _ in legs(history, direction)]


def legs(history: History, direction: str) -> list[Leg]:
    """Return every sample of one direction with its probe, in the order of sending."""
    return history.derived(f"legs {direction}", lambda: _legs(history, direction))


def sent_at(leg: Leg) -> int:
    """Return when a frame was sent, by which `legs` are in order."""
    return leg[0].sent


def _legs(history: History, direction: str) -> list[Leg]:
    back = "in" if direction == "out" else "out"
    seen = [
        (ProbeFrame(probe.at, probe["request"]), probe) for probe in probes(history, direction)
    ]
    arrived = (probe for probe in probes(history, back) if probe["request"] is not None)
    seen.extend((ProbeFrame(probe["request"], probe["reply"]), probe) for probe in arrived)
    return sorted(seen, key=lambda leg: leg[0].sent)


def recovered(history: History) -> bool:
    """Return whether the last five samples of both directions arrived."""
    for direction in STREAMS:
        last = samples(history, direction)[-STEADY:]
        if len(last) < STEADY or any(sample.arrived is None for sample in last):
            return False
    return True


def sent(history: History) -> int:
    """Return how many probes of both streams were sent since the disturbance."""
    return len(disturbed(history))


def lost(history: History, direction: str) -> tuple[int, int]:
    """Return two counts of frames of one direction since the disturbance: lost, and all."""
    start = disturb_at(history)
    seen = [sample for sample in samples(history, direction) if sample.sent >= start]
    return sum(sample.arrived is None for sample in seen), len(seen)


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
    """Return how many requests and replies arrived out of order (RFC 4737)."""
    return sum(_overtaken(history, stream, leg) for stream in STREAMS for leg in LEGS)


def _overtaken(history: History, stream: str, leg: str) -> int:
    """Count within one stream and leg: between them the order of sending is not defined."""
    start = disturb_at(history)
    latest = count = 0
    for probe in probes(history, stream):
        if probe.at < start or probe[leg] is None:
            continue
        count += probe[leg] < latest
        latest = max(latest, probe[leg])
    return count


def _in_flight(history: History) -> int:
    """Return twice the slowest round trip of the baseline: younger probes are undecided."""
    return history.derived("in flight", lambda: _slowest_trips(history))


def _slowest_trips(history: History) -> int:
    start = history.mark("baseline") or 0  # earlier probes may have waited for an address
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
