"""By how much a recording may be later than what it shows: a history in, a tolerance out."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.history import Event, History
from harness.judge import lateness, measure, traffic
from harness.units import MS
from tests.stories import (
    ABOUT,
    INITIAL,
    Line,
    active,
    at,
    failover,
    fault,
    marks,
    probing,
    slave,
    tell,
)


def until_end(history: History) -> lateness.Late:
    return lateness.lateness(history, 0, traffic.end_at(history))


def without(*spans: tuple[float, float]) -> list[Line]:
    """Return probes that were not sent at some times."""
    return [line for line in probing() if not any(a < line[0] < b for a, b in spans)]


def test_only_a_pause_within_the_window_counts() -> None:
    history = tell([*marks(), *without((100, 150))])
    assert lateness.lateness(history, at(80), at(170)).ns == 40 * MS
    assert lateness.lateness(history, at(500), at(590)).ns == 1 * MS


def test_the_latenesses_of_inspections_add_up() -> None:
    """Each starts its timer when it ran: seven late ones are late by the sum of all."""
    late = [(n * 100 + 20.0, n * 100 + 50.0) for n in range(7)]
    history = tell([*marks(), *without(*late)])
    assert lateness.lateness(history, at(0), at(700)).timers == 7 * 20 * MS + 2 * MS
    assert lateness.lateness(history, at(0), at(99)).timers == 20 * MS
    quiet = tell([*marks(), *probing()])
    assert lateness.lateness(quiet, at(0), at(700)).timers == (1 + 7) * MS


TIMES = st.integers(-50, 1100)
INTERVALS = st.sampled_from([0, 50, 100, 1000])


@given(st.lists(TIMES, max_size=30), st.lists(TIMES, max_size=30), TIMES, TIMES, INTERVALS)
def test_each_inspection_adds_the_jitter_or_a_long_pause(
    out: list[int], in_: list[int], start: int, stop: int, miimon: int
) -> None:
    """The definition, over every pair of probes: the code looks only at those of the window."""
    sent = {"out": sorted(map(at, out)), "in": sorted(map(at, in_))}
    data = {"seq": 0, "request": None, "reply": None, "copies": 0}
    lines: list[Line] = [(n, "probe", "out", data) for n in out]
    bonds = {"bond0": {**ABOUT["bonds"]["bond0"], "options": {"miimon": miimon}}}
    everything = [*marks(), *lines, *((n, "probe", "in", data) for n in in_)]
    history = tell(everything, {"bonds": bonds})
    step, begin, end = traffic.interval(history), at(start), at(stop)
    count = max(0, stop - start) // miimon if miimon else 0
    jitter = worst = traffic.jitter(history)
    for times in sent.values():
        pairs = [(a, b) for a, b in pairwise(times) if a < end and b > begin]
        seen = sorted((max(0, b - a - step) for a, b in pairs), reverse=True)
        rest = [*seen[2:], *[0] * count][:count]
        more = sum(pause if pause > step else jitter for pause in rest)
        worst = max(worst, max(jitter, sum(seen[:2])) + more)
    assert lateness.lateness(history, begin, end).timers == worst


def test_a_step_that_took_long_widens_what_it_begins() -> None:
    """The effect may come as late as the step missed its plan, and as the kernel's answer."""
    history = failover()
    late = {"slip": 10 * MS, "took": 30 * MS}
    slow = [
        Event(e.at, e.kind, e.where, {**e.data, **late}) if e.kind == "fault" else e
        for e in history.events
    ]
    quick = until_end(history)
    assert quick.steps == 0
    found = until_end(History.of(history.about, slow))
    assert found == lateness.Late(quick.timers, 40 * MS)
    assert found.ns == quick.ns + 40 * MS


def test_a_carrier_that_changes_a_moment_after_the_step_shows_how_late_it_was() -> None:
    """Two jiffies at most: what takes longer is the driver's, and stays in the figure."""
    down = {"up": False}
    soon = failover((19.0, "carrier", "dut/eth0", down))
    assert until_end(soon).steps == 19 * MS
    slow = failover((21.0, "carrier", "dut/eth0", down))
    assert until_end(slow).steps == 0


def test_a_notification_that_waited_to_be_read_widens_the_figure_it_ends() -> None:
    def declared(**late: int) -> History:
        when, kind, where, data = slave(115, "eth0", "down")
        down = (when, kind, where, {**data, **late})
        lines = [*marks(), *INITIAL, fault(0, "eth0"), down, active(116, "eth1"), *probing()]
        return tell(lines)

    exact = measure.detection(declared(), ["eth0"], at(0))
    loose = measure.detection(declared(late=6 * MS), ["eth0"], at(0))
    assert loose.ns == exact.ns == 115 * MS
    assert loose.tolerance == exact.tolerance + 6 * MS
    assert loose.why == f"{exact.why} + notifications read late by 6.0 ms"
