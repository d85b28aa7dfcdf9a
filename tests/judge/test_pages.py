"""Pages of any history and any width: nothing too long, nothing hidden, every fault there."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import event_rows, labels, lanes, layout, paint, timeline
from harness.judge.labels import Mark
from harness.judge.rows import VITAL
from harness.judge.timeline import Allowed
from harness.units import ms
from tests.stories import INITIAL, Line, active, fault, marks, probing, slave, tell

SOME = settings(deadline=None, max_examples=40)
WHEN = st.floats(-100, 900, allow_nan=False)
LINKS = st.sampled_from(["eth0", "eth1", "uplink1", "enp130s0f1np1"])
DEEDS: st.SearchStrategy[tuple[str, str, dict[str, object]]] = st.sampled_from(
    [
        ("cut", "fault", {}),
        ("heal", "repair", {}),
        ("lose", "fault", {"direction": "out", "percent": 30.0}),
        ("set", "stimulus", {"options": "miimon=50 updelay=100 downdelay=100 primary=eth1"}),
        ("garp", "stimulus", {"address": "192.0.2.1"}),
        ("shut_port", "reaction", {"why": "port security: saw 02:00:00:00:99:99"}),
    ]
)


@st.composite
def faults(draw: st.DrawFn) -> Line:
    action, role, more = draw(DEEDS)
    when, kind, where, data = fault(draw(WHEN), draw(LINKS), action, role)
    return (when, kind, where, {**data, **more})


SLAVES = st.builds(
    slave, WHEN, st.sampled_from(["eth0", "eth1"]), st.sampled_from(["up", "fail", "down", "back"])
)
ACTIVES = st.builds(active, WHEN, st.sampled_from([None, "eth0", "eth1"]))
STORIES = st.lists(st.one_of(faults(), SLAVES, ACTIVES), max_size=30)
WIDTHS = st.integers(layout.LEAST, 200)
WINDOWS = st.lists(
    st.builds(
        Allowed,
        st.sampled_from(["detection", "outage", "detection on eth1"]),
        st.none() | st.just(20 * ms),
        st.none() | st.just(100 * ms),
    ),
    max_size=2,
)


@SOME
@given(story=STORIES, width=WIDTHS, windows=WINDOWS)
def test_no_line_of_a_page_is_longer_than_the_page_is_wide(
    story: list[Line], width: int, windows: list[Allowed]
) -> None:
    history = tell([*marks(), *INITIAL, *probing(), *story])
    text = f"{timeline.table(history, windows, width)}\n{lanes.draw(history, windows, width)}"
    assert max(map(len, text.splitlines())) <= width


@SOME
@given(story=STORIES, width=WIDTHS)
def test_every_fault_repair_and_active_slave_is_in_the_table(
    story: list[Line], width: int
) -> None:
    history = tell([*marks(), *INITIAL, *probing(), *story])
    vital = [row for row in event_rows.rows(history) if row.weight == VITAL]
    zero, _ = timeline.origin(history)
    text = re.sub(r"\s+", " ", timeline.table(history, (), width))
    done = [line for line in story if line[1] == "fault" and line[3]["action"] != "garp"]
    assert len([row for row in vital if row.label != "active slave"]) == len(done)
    for row in vital:
        assert f"{layout.bare(row.at - zero)} {row.who} {row.what}" in text


@given(
    marks=st.lists(
        st.builds(
            Mark,
            st.integers(0, 29),
            st.sampled_from("v^"),
            st.sampled_from(["cut a", "heal b", "lose eth1 out, and a label that is too long"]),
        )
    )
)
def test_marks_are_at_their_columns_and_each_has_its_label(marks: list[Mark]) -> None:
    rows = labels.rows(marks, 30)
    assert all(len(row) <= 30 for row in rows)
    for mark in marks:
        assert any(row.ljust(30)[mark.column] == mark.sign for row in rows)
        assert any(labels.shorten(mark.label, 20)[:17] in row for row in rows)


def test_a_label_without_room_beside_its_mark_stands_alone() -> None:
    assert labels.rows([Mark(12, "v", "lose eth1 out")], 24) == [
        "       (v lose eth1 out)",
        "            v",
    ]


@SOME
@given(story=STORIES, width=WIDTHS)
def test_colour_changes_nothing_but_the_colour(story: list[Line], width: int) -> None:
    history = tell([*marks(), *INITIAL, *probing({"out": (0.0, 93.0)}), *story])
    page = f"{timeline.table(history, (), width)}\n\n{lanes.draw(history, (), width)}"
    painted = paint.page(page)
    assert re.sub(r"\x1b\[\d+m", "", painted) == page
    assert "\x1b[32m##" in painted


FLAPS = [
    line
    for n in range(3)
    for line in (fault(60.0 * n, "eth0"), fault(60.0 * n + 30, "eth0", "heal", "repair"))
]


def test_flaps_share_a_label_and_hide_nothing() -> None:
    story = [*FLAPS, slave(900, "eth1", "down")]
    history = tell([*marks(), *INITIAL, *probing(), *story])
    first, second, *_ = lanes.draw(history, (), 80).splitlines()
    assert re.search(r"v +v +v cut eth0", first)
    assert re.search(r"\^ +\^ +\^ heal eth0", second)


def test_states_that_follow_each_other_closely_do_not_overwrite_each_other() -> None:
    turns = [slave(10.0 * n, "eth0", "up" if n % 2 else "down") for n in range(6)]
    history = tell([*marks(), *INITIAL, *probing(), fault(0, "eth0"), *turns, *FLAPS])
    lane = next(x for x in lanes.draw(history, (), 80).splitlines() if "eth0 link" in x)
    states = lane.split()[2]
    assert re.fullmatch(r"up-+(?:\|_*|\|-*|\+)+\|up-*", states)
    several = tell([*marks(), *INITIAL, *probing(), *turns, fault(90_000, "eth1")])
    assert "+up---" in lanes.draw(several, (), 80)


def test_options_set_in_a_recording_are_in_table_and_lanes() -> None:
    changed = fault(50, "bond0", "set", "stimulus")
    changed[3]["options"] = "miimon=50 updelay=100"
    noise = [fault(100.0 + n, "neighbour", "garp", "stimulus") for n in range(50)]
    history = tell([*marks(), *INITIAL, *probing(), fault(0, "eth0"), changed, *noise])
    words = "set bond0 miimon=50 updelay=100"
    assert f"STIMULUS  {words}" in timeline.table(history)
    assert f"* {words}" in lanes.draw(history)
    assert "* options set" in lanes.draw(history).splitlines()[-1]


def test_a_long_recording_counts_in_seconds() -> None:
    history = tell([*marks(90_000.0), *INITIAL, *probing(), fault(0, "eth0")])
    axis = next(x for x in lanes.draw(history).splitlines() if x.endswith(" s"))
    assert axis.split()[-2:] == ["80", "s"]
