"""Several outages of one run, a path that loses some, frames that the machine itself held up."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest

from harness.errors import Inconclusive, ScenarioError
from harness.history import History
from harness.judge import outages, timeline
from harness.judge.run import Run
from harness.units import MS, ms
from tests.stories import INITIAL, START, Line, at, failover, fault, marks, probing, tell

CUTS = (0.0, 300.0, 600.0)


def lossy(*dark: tuple[str, float, float], end: float = 1000.0) -> Run:
    """Return a run whose probes are lost from when to when, in which direction."""
    lines = list(probing(stop=end))
    for way, start, stop in dark:
        lines = [_lost(line, way, start, stop) for line in lines]
    return Run.of(tell([*marks(end), *INITIAL, fault(0, "eth0"), *lines]))


def _lost(line: Line, way: str, start: float, stop: float) -> Line:
    when, kind, stream, data = line
    request, reply = data["request"], data["reply"]
    if way in (stream, "both") and start <= when < stop:
        request = reply = None
    if reply is not None and way in ({"out": "in", "in": "out"}[stream], "both"):
        reply = None if start <= (request - START) / MS < stop else reply
    return when, kind, stream, {**data, "request": request, "reply": reply}


def test_a_bond_that_flaps_does_not_look_like_one_failover() -> None:
    run = lossy(*(("both", cut, cut + 100) for cut in CUTS))
    assert run.outage <= 110 * ms
    assert [one.direction for one in run.outages] == ["both"] * 3
    assert [round(one.start.ns / MS, -1) for one in run.outages] == [0, 300, 600]
    for one in run.outages:
        assert 90 * ms <= one.length <= 110 * ms
    assert 280 * ms <= run.dark <= 300 * ms
    assert not run.dark <= 200 * ms
    assert run.dark.ns == sum(one.length.ns for one in run.outages)
    assert run.dark.tolerance == sum(one.length.tolerance for one in run.outages)
    assert "3 outages, each probe interval 10.0 ms" in run.dark.why
    assert repr(run.outages[1]).startswith("both ways dark for 99.0 ms from 302")


def test_each_outage_has_its_row_in_the_table() -> None:
    text = timeline.table(lossy(*(("both", cut, cut + 100) for cut in CUTS)).history)
    assert text.count("traffic both ways again, 10 frames out and 10 in lost") == len(CUTS)


def test_directions_are_distinguished_and_add_up() -> None:
    run = lossy(("out", 0, 100), ("in", 500, 700))
    assert [one.direction for one in run.outages] == ["out", "in"]
    for found, length in ((run.dark_out, 100), (run.dark_in, 200), (run.dark, 300)):
        assert abs(found.ns - length * MS) <= 15 * MS
    assert (run.loss_out, run.loss_in.lost) == (run.loss_out.lost / run.loss_out.sent, 40)
    assert run.loss == run.loss_in > run.loss_out > 0


def test_what_overlaps_is_one_outage_from_its_first_to_its_last_moment() -> None:
    (one,) = lossy(("out", 0, 200), ("in", 100, 300)).outages
    assert one.direction == "both"
    assert abs(one.length.ns - 300 * MS) <= 15 * MS


def test_an_outage_that_never_ended_is_the_last_and_has_no_length() -> None:
    run = lossy(("both", 0, 100), ("in", 500, 9999))
    first, last = run.outages
    assert (first.length.happened, last.length.happened) == (True, False)
    assert (last.direction, run.dark.happened) == ("in", False)
    assert run.dark >= 500 * ms
    assert run.dark.what == "end of the dark time"
    assert not run.recovered


@pytest.mark.parametrize("last", [False, True])
def test_single_lost_frames_are_a_share_and_no_outage(*, last: bool) -> None:
    """Also where the last frames of all are among them: the outage has an end all the same."""
    losses = [("both", when, when + 10) for when in (50.0, 200.0, 470.0, 500.0)]
    run = lossy(*losses, *([("both", 990.0, 1000.0)] if last else []))
    assert run.outages == []
    assert run.outage.happened
    assert run.outage <= 0 * ms
    assert run.dark <= 0 * ms
    assert 0.015 < run.loss_in < 0.05
    assert run.sent == 200


@pytest.mark.parametrize(
    ("run", "share", "chance"),
    [(4, 0.0, True), (5, 0.0, False), (5, 0.3, True), (40, 0.9, True), (40, 0.5, False)],
)
def test_a_silence_at_the_end_is_chance_where_the_path_loses_as_much(
    run: int, share: float, *, chance: bool
) -> None:
    assert outages.by_chance(run, share) is chance


def test_a_share_says_of_how_many_and_is_between_nothing_and_all() -> None:
    run = lossy(("in", 0, 300))
    assert repr(run.loss_in).endswith("frames in)")
    assert run.loss_out == 0
    for wrong in (30, -1):
        with pytest.raises(ScenarioError, match="between 0 and 1"):
            assert run.loss_in <= wrong


def quiet(pause: float, held: float, *more: Line, every: float = 50.0) -> History:
    """Return a quiet path on a machine that paused before a probe and held it up afterwards."""
    lines = list(marks(2000.0))
    for nth in range(-4, 40):
        when = nth * every
        stood, late = (pause, held) if nth == 10 else (0.0, 0.1)
        sent = when + stood
        for stream in ("out", "in"):
            data = {"request": at(sent + late), "reply": at(sent + late + 0.1), "via": "eth0"}
            lines.append((sent, "probe", stream, {"seq": nth + 4, "copies": 0, **data}))
    return tell([*lines, *more], {"interval": round(every * MS)})


@pytest.mark.parametrize(("pause", "held"), [(0, 60), (40, 60), (30, 300)])
def test_where_nothing_was_lost_nor_disturbed_there_is_no_outage(pause: int, held: int) -> None:
    run = Run.of(quiet(pause, held), vetted=True)
    assert run.outage <= 0 * ms
    assert run.outages == []
    assert f"a frame held for {held}.0 ms" in run.outage.why


def test_a_frame_that_waits_after_a_fault_waits_for_the_network() -> None:
    run = Run.of(quiet(0, 300, fault(450, "eth0")), vetted=True)
    assert not run.outage <= 100 * ms
    assert len(run.outages) == 1


def test_a_pause_at_each_end_of_an_outage_counts() -> None:
    """The probe before the fault and the first one after the outage each came late by 30 ms."""
    lines = [line for line in probing({"both": (0.0, 200.0)}) if not 170 < line[0] < 205]
    lines = [line for line in lines if not -35 < line[0] < 5]
    history = tell([*marks(), *INITIAL, fault(0, "eth0"), *lines])
    assert 70 * MS <= outages.outage(history).tolerance <= 100 * MS


def test_a_block_that_only_waits_may_be_held_to_nothing_and_an_empty_one_may_not() -> None:
    waited = [line if line[3].get("name") != "settle" else (600.0, *line[1:]) for line in marks()]
    run = Run.of(tell([*waited, *INITIAL, *probing()]))
    assert run.outage <= 0 * ms
    assert run.dark <= 0 * ms
    with pytest.raises(ScenarioError, match="nothing was disturbed"):
        _ = Run.of(tell([*marks(), *INITIAL, *probing()])).dark


@pytest.mark.parametrize(("clock", "hint"), [("virtual", "probe more often"), ("real", "an idle")])
def test_no_hint_speaks_of_busy_machines_where_time_is_virtual(clock: str, hint: str) -> None:
    run = Run.of(failover(clock=clock))
    with pytest.raises(Inconclusive, match=hint):
        assert run.detection > 91 * ms
    with pytest.raises(Inconclusive, match="net.after" if clock == "virtual" else hint):
        _ = Run.of(failover(clock=clock, jitter=101 * MS)).outage
    with pytest.raises(Inconclusive, match="fewer frames" if clock == "virtual" else "guests"):
        _ = Run.of(failover(clock=clock, dropped=3)).outage


@pytest.mark.parametrize("compare", [operator.le, operator.lt, operator.ge, operator.gt])
def test_an_outage_is_no_time(compare: Callable[[object, object], bool]) -> None:
    (one,) = lossy(("out", 100, 200)).outages
    with pytest.raises(ScenarioError, match=r"hint: compare outage\.length"):
        compare(one, 100 * ms)
