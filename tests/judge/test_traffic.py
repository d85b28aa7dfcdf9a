"""What the probes show: a history in, values out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.errors import Inconclusive
from harness.history import History
from harness.judge import fitness, outages, traffic
from harness.units import MS, ms
from tests.stories import (
    INITIAL,
    MACS,
    Line,
    active,
    at,
    failover,
    fault,
    garp,
    marks,
    probing,
    slave,
    tell,
)


def told(**dark: tuple[float, float]) -> History:
    return tell([*marks(), fault(0, "eth0"), *probing(dark)])


@pytest.mark.parametrize("length", [20, 50, 200, 500])
def test_the_outage_is_as_long_as_the_silence(length: int) -> None:
    found = outages.outage(told(both=(0.0, float(length))))
    assert length * ms <= found <= length * ms
    assert abs(found.ns - length * MS) <= 10 * MS
    late = 1 + length // 100  # and that of each inspection
    assert found.tolerance == (10 + late) * MS
    timers = "timer jitter 1.0 ms" if late == 1 else f"timers late by {late}.0 ms"
    assert found.why == f"probe interval 10.0 ms + {timers}"


def test_nothing_lost_is_no_outage() -> None:
    assert outages.outage(told()).ns == 0


def test_a_pause_of_the_sender_is_no_outage() -> None:
    lines = [line for line in probing() if not 100 < line[0] < 400]
    assert outages.outage(tell([*marks(), *lines])).ns == 0


@pytest.mark.parametrize(("dark", "clear"), [("out", "in"), ("in", "out")])
def test_a_one_way_outage_is_of_that_direction_alone(dark: str, clear: str) -> None:
    history = told(**{"inward" if dark == "in" else "out": (0.0, 300.0)})
    assert outages.outage(history, dark).ns >= 290 * MS
    assert outages.outage(history, clear).ns == 0
    assert outages.outage(history).ns == outages.outage(history, dark).ns


def longest(seen: Iterable[traffic.ProbeFrame]) -> tuple[int, int, int]:
    gap = max(outages.silences(seen, 1))
    return gap.ns, gap.start, gap.stop


def test_the_longest_of_several_gaps_counts() -> None:
    seen = [traffic.ProbeFrame(n, None if n in (2, 5, 6, 7) else n + 1) for n in range(10)]
    assert longest(seen) == (3, 5, 9)
    assert [gap.ns for gap in outages.silences(seen, 1)] == [1, 3]


def test_what_waited_on_its_way_does_not_tell_when_the_path_worked() -> None:
    """Frames 3 to 8 were held up, by an address to be resolved say, and all arrive at 9."""
    held = [traffic.ProbeFrame(n, 9 if 3 <= n <= 8 else n) for n in range(12)]
    assert longest(held) == (6, 2, 9)


def test_a_path_that_is_merely_longer_has_no_gap_but_its_onset() -> None:
    longer = [traffic.ProbeFrame(n, n + (5 if n >= 4 else 0)) for n in range(12)]
    assert longest(longer) == (5, 3, 9)


def test_a_path_that_stays_dark_has_an_outage_without_end() -> None:
    found = outages.outage(told(both=(0.0, 9999.0)))
    assert not found.happened
    assert found.what == "end of the outage"
    assert not found <= 5000 * ms
    assert found >= 900 * ms


def test_an_endless_outage_is_worse_than_a_long_one() -> None:
    found = outages.outage(told(out=(0.0, 800.0), inward=(900.0, 9999.0)))
    assert not found.happened


def test_a_probe_still_under_way_at_the_end_is_not_lost() -> None:
    lines = [*probing(), (999.5, "probe", "out", {"seq": 9, "request": None, "reply": None})]
    history = tell([*marks(), *lines])
    assert traffic.recovered(history)
    assert traffic.lost_requests(history) == 0


def test_recovered_needs_both_directions() -> None:
    assert traffic.recovered(told(both=(0.0, 500.0)))
    assert not traffic.recovered(told(both=(0.0, 9999.0)))
    assert not traffic.recovered(told(out=(500.0, 9999.0)))
    assert not traffic.recovered(told(inward=(500.0, 9999.0)))
    assert not traffic.recovered(tell(marks()))


def test_a_lost_request_is_distinguished_from_a_lost_reply() -> None:
    requests = told(out=(0.0, 100.0))
    assert traffic.lost_requests(requests) == 10
    assert traffic.lost_replies(requests) == 10  # of stream in, which cross the same way
    replies = told(reply=(0.0, 100.0))
    assert (traffic.lost_requests(replies), traffic.lost_replies(replies)) == (0, 10)


def test_duplicates_and_reordering_are_counted() -> None:
    def line(when: float, request: int, copies: int = 0) -> Line:
        data = {"seq": 0, "request": request, "reply": request + 1, "copies": copies}
        return (when, "probe", "out", data)

    twice = tell([*marks(), line(1.0, at(2), 2), line(3.0, at(4))])
    assert (traffic.duplicates(twice), traffic.reordered(twice)) == (2, 0)
    swapped = tell([*marks(), line(1.0, at(9)), line(3.0, at(4))])
    assert (traffic.duplicates(swapped), traffic.reordered(swapped)) == (0, 2)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (
            tell([*marks(), *probing({"both": (-100.0, -60.0)})]),
            "not healthy .* 8 of 40 probes lost",
        ),
        (tell(marks()), "not healthy before the fault: 0 of 0 probes lost"),
        (failover(dropped=3), "the recorder lost 3 frames"),
        (
            failover(jitter=101 * MS),
            r"^dut was late by 101\.0 ms: at most 100\.0 ms can be judged",
        ),
        (tell([(0.0, "mark", "", {"name": "baseline"})]), "before anything was disturbed"),
    ],
)
def test_a_recording_that_proves_nothing_is_inconclusive(history: History, message: str) -> None:
    with pytest.raises(Inconclusive, match=message):
        fitness.demand_judgeable(history)


def paused_failover(*more: Line, start: float = 300.0, stop: float = 500.0) -> History:
    """Return a failover at 0, over at 93 ms, in which nothing was sent for some time."""
    lines = [line for line in probing({"both": (0.0, 93.0)}) if not start < line[0] < stop]
    cut = [fault(0, "eth0"), slave(92, "eth0", "down"), active(93, "eth1")]
    return tell([*marks(), *INITIAL, *MACS, *cut, *lines, *more])


def test_a_host_that_is_late_after_everything_has_happened_is_judged() -> None:
    fitness.demand_judgeable(paused_failover())


@pytest.mark.parametrize(
    "what",
    [
        slave(600, "eth1", "down"),
        fault(310, "eth1"),
        (700, "log", "dut", {"text": "bond0: (slave eth1): link status definitely down"}),
        garp(620, "sw/eth1"),
    ],
    ids=["link state", "fault", "log", "garp"],
)
def test_what_follows_a_pause_may_follow_from_it(what: Line) -> None:
    with pytest.raises(Inconclusive, match=r"was late by 190.0 ms"):
        fitness.demand_judgeable(paused_failover(what))


def test_frames_that_are_lost_after_a_pause_may_be_lost_by_it() -> None:
    lost = (600.0, "probe", "out", {"seq": 99, "request": None, "reply": None, "copies": 0})
    with pytest.raises(Inconclusive, match=r"was late by"):
        fitness.demand_judgeable(paused_failover(lost))
    with pytest.raises(Inconclusive, match=r"was late by"):
        fitness.demand_judgeable(paused_failover(start=50.0, stop=250.0))


def test_a_command_that_held_the_recording_up_is_named() -> None:
    ran = fault(50, "dut", "run", "command")
    ran[3]["command"] = "ip -d link"
    with pytest.raises(
        Inconclusive, match=r"`ip -d link` delayed it: .*before or after the block"
    ):
        fitness.demand_judgeable(failover(ran, jitter=101 * MS))


def delayed(where: str, slip: int, took: int, action: str = "cut") -> list[Line]:
    """Return a clean path, and a step that was so many ms late and took so many."""
    when, kind, place, data = fault(50.0, where, action)
    return [*probing(), (when, kind, place, {**data, "slip": slip * MS, "took": took * MS})]


def paused(**between: tuple[float, float]) -> list[Line]:
    """Return probes whose sender, of stream `out` or `in_`, paused between two times."""
    names = {"out": "out", "in_": "in"}
    pauses = {names[stream]: times for stream, times in between.items()}
    never = (0.0, 0.0)
    return [
        (when, kind, stream, data)
        for when, kind, stream, data in probing()
        if not pauses.get(stream, never)[0] < when < pauses.get(stream, never)[1]
    ]


@pytest.mark.parametrize(
    ("lines", "hosts"),
    [
        (paused(out=(100.0, 300.0)), "dut was late by 190.0 ms"),
        (paused(in_=(100.0, 300.0)), "the tester was late by 190.0 ms"),
        (
            paused(out=(100.0, 300.0), in_=(100.0, 260.0)),
            "dut was late by 190.0 ms and the tester was late by 150.0 ms",
        ),
        (delayed("eth0", slip=0, took=150), "the tester was late by 150.0 ms"),
        (delayed("bond0", slip=0, took=150), "dut was late by 150.0 ms"),
        (delayed("bond0", slip=150, took=10), "the tester was late by 160.0 ms"),
        (delayed("dut", slip=0, took=150), "dut was late by 150.0 ms"),
        (delayed("eth0", slip=0, took=150, action="admin_down"), "dut was late by 150.0 ms"),
    ],
)
def test_the_host_that_was_late_is_named(lines: list[Line], hosts: str) -> None:
    with pytest.raises(Inconclusive) as raised:
        fitness.demand_judgeable(tell([*marks(), *lines, active(400, "eth1")]))
    assert raised.value.message == f"{hosts}: at most 100.0 ms can be judged"


def test_a_clean_recording_is_judged() -> None:
    fitness.demand_judgeable(failover())
    fitness.demand_judgeable(tell(marks(), {"interval": None}))


def test_a_probe_met_by_the_fault_on_its_way_does_not_soil_the_baseline() -> None:
    fitness.demand_judgeable(failover(dark={"both": (-10.0, 93.0)}))
