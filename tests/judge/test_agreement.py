"""Figures, lanes and rows of a history agree, whatever happened; what decides is not folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.history import History
from harness.judge import lanes, measure, outages, timeline, traffic
from harness.judge.axis import TextAxis
from harness.judge.layout import bare
from harness.units import MS
from tests.stories import INITIAL, Line, active, at, fault, marks, slave, tell

END, STEP = 1000.0, 10.0
Span = tuple[str, float, float]  # a direction, from when to when (ms)


def probing(lost: Sequence[Span], held: Sequence[Span]) -> Iterator[Line]:
    """Yield probes whose frames are lost in some spans, and held until the end of others."""

    def arrives(sent: float | None, way: str) -> float | None:
        if sent is None or any(w == way and a <= sent < b for w, a, b in lost):
            return None
        return max([b for w, a, b in held if w == way and a <= sent < b] + [sent]) + 1

    for stream, back in (("out", "in"), ("in", "out")):
        for n in range(int((END + 200) / STEP)):
            sent = n * STEP - 200
            request = arrives(sent, stream)
            reply = arrives(request, back)
            times = {"request": request, "reply": reply}
            data = {key: None if time is None else at(time) for key, time in times.items()}
            yield (sent, "probe", stream, {"seq": n, **data, "via": None, "copies": 0})


def story(lost: Sequence[Span], held: Sequence[Span], *more: Line) -> History:
    return tell([*marks(END), *INITIAL, fault(0, "eth0"), *probing(lost, held), *more])


def spans_of(history: History, way: str) -> list[tuple[int, int]]:
    """Return from when to when (ns) a direction was dark by `run.outages`."""
    zero, end = measure.fault_at(history), traffic.end_at(history)
    return [
        (begin, begin + one.length.ns if one.length.happened else end)
        for one in outages.outages(history, way)
        for begin in (zero + one.start.ns,)
    ]


def demand_agreement(history: History) -> None:
    """Assert that the lanes are dark where an outage is, and nowhere else, and show all of it."""
    end = traffic.end_at(history)
    for columns in (30, 61, 140):
        axis = TextAxis.of(history, (), columns)
        for way in traffic.STREAMS:
            lane, spans = lanes.traffic_lane(history, axis, way), spans_of(history, way)
            assert all(stop <= axis.cell(columns - 1)[1] for _, stop in spans)
            for column, cell in enumerate(lane):
                opens, closes = axis.cell(column)
                opens, closes = max(opens, at(-200)), min(closes, end)
                if opens >= closes:  # before the baseline
                    assert cell == " "
                    continue
                dark = any(begin <= opens and closes <= stop for begin, stop in spans)
                touched = any(begin < closes and opens < stop for begin, stop in spans)
                assert (cell == ".") == dark, (way, column, lane)
                assert cell in ".:" or not touched, (way, column, lane)


def rows_of(history: History) -> list[tuple[str, str]]:
    """Return time and text of each line of the table that is a row."""
    lines = [line.split(maxsplit=2) for line in timeline.table(history, (), 200).splitlines()[1:]]
    return [(words[0], words[2]) for words in lines if words[0] != "..."]


def demand_all_decisive(history: History) -> None:
    """Assert that faults, repairs, changes of the active slave and ends of outages are rows."""
    rows, zero = rows_of(history), measure.fault_at(history)
    for event in history.select("fault"):
        what = f"{event['action']} {event.where}"
        assert any(time == bare(event.at - zero) and what in text for time, text in rows), what
    for change in measure.sequence(history, "active", "bond0", "slave")[1:]:
        what = f"-> {change.value or 'none'}"
        assert any(time == bare(change.at - zero) and what in text for time, text in rows), what
    told = [float(time) * MS + zero for time, text in rows if text.startswith("traffic ")]
    for way in traffic.STREAMS:
        for gap in outages.certain(history, way):
            assert any(gap.stop - MS <= one <= gap.stop + 11 * MS for one in told), (way, gap)


times = st.floats(-250, END, allow_nan=False).map(lambda time: round(time, 1))
spans = st.builds(
    lambda way, start, length: (way, start, start + length),
    st.sampled_from(traffic.STREAMS),
    times,
    st.sampled_from([12.0, 25.0, 60.0, 150.0, 400.0, 2000.0]),
)
decisive = st.one_of(
    st.builds(fault, times, st.sampled_from(["eth0", "eth1"])),
    st.builds(lambda when: fault(when, "eth0", "heal", "repair"), times),
    st.builds(active, times, st.sampled_from(["eth0", "eth1", None])),
    st.builds(slave, times, st.sampled_from(["eth0", "eth1"]), st.sampled_from(["up", "down"])),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(spans, max_size=4), st.lists(spans, max_size=3), st.lists(decisive, max_size=40))
def test_figures_lanes_and_rows_agree(
    lost: list[Span], held: list[Span], more: list[Line]
) -> None:
    history = story(lost, held, *more)
    demand_agreement(history)
    demand_all_decisive(history)


def test_what_arrives_behind_the_end_does_not_lighten_the_last_column() -> None:
    """An outage lasts to the end; frames that arrive later are another one, behind the lane."""
    history = story([], [("out", 599.0, 999.0), ("out", 939.0, 1089.0)])
    demand_agreement(history)
    assert lanes.traffic_lane(history, TextAxis.of(history, (), 61), "out").endswith("..")


def test_frames_that_were_held_are_an_outage_in_figure_lane_and_row() -> None:
    """Frames wait in the DUT's ARP queue for a second; one was lost. They came late, all of it."""
    history = story([("out", 10.0, 10.5)], [("out", 10.7, 1000.0), ("in", 5.0, 25.0)])
    (_, outage), *_ = outages.figures(history)
    assert 980 * MS <= outage.ns <= 1000 * MS
    lane = lanes.traffic_lane(history, TextAxis.of(history, (), 60), "out")
    assert lane.count(".") >= 45
    (row,) = [text for _, text in rows_of(history) if "traffic out again" in text]
    assert "1 frame lost, 196 frames held for up to 981.0 ms" in row


def test_a_bond_that_is_dark_from_the_first_probe_on_is_drawn_dark_from_there() -> None:
    history = story([("out", -300.0, 500.0), ("in", -300.0, 500.0)], [])
    demand_agreement(history)
    lane = lanes.traffic_lane(history, TextAxis.of(history, (), 60), "out")
    assert lane.startswith("....")


@pytest.mark.parametrize("length", [1, 5, 39])
def test_an_outage_after_the_longest_one_is_on_the_axis_too(length: int) -> None:
    later = ("out", 900.0, 950.0)
    history = story([("out", 0.0, 300.0), later], [("in", 0.0, 10.0 * length)])
    demand_agreement(history)


def test_a_lost_frame_that_is_no_outage_does_not_make_a_column_dark() -> None:
    history = story([("out", 300.0, 305.0)], [])
    assert outages.outages(history) == []
    lane = lanes.traffic_lane(history, TextAxis.of(history, (), 140), "out")
    assert ":" in lane
    assert "." not in lane


def test_a_column_of_two_overlapping_outages_is_dark() -> None:
    """Found by the property above: the second silence begins before the first one ends."""
    demand_agreement(story([], [("out", 599.0, 999.0), ("out", 601.0, 1001.0)]))
