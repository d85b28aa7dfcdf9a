"""A history as text: what is shown, what is only counted, and where the documentation stands."""

from __future__ import annotations

import pytest

from harness.judge import lanes, timeline
from harness.judge.rows import CONTEXT, KEY, NOISE, VITAL, EventRow
from harness.judge.timeline import Allowed
from harness.units import Span, ms
from tests.stories import INITIAL, Line, active, failover, fault, garp, marks, probing, slave, tell


def arp(when: float, kind: str, tap: str, sender: str = "192.0.2.1") -> Line:
    who = {"sender_mac": "02:00:00:00:00:01", "sender_ip": sender, "target_ip": "192.0.2.254"}
    return (when, "arp", tap, {"op": "request", "kind": kind, **who})


def line_with(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def axis_of(text: str) -> str:
    return next(line for line in text.splitlines() if line.endswith(("ms", " s")))


def test_times_count_from_the_fault() -> None:
    text = timeline.table(failover())
    assert line_with(text, "cut eth0").split() == ["0.0", "FAULT", "cut", "eth0"]
    assert line_with(text, "slave eth0 link down").split()[0] == "92.0"


def test_without_a_fault_times_count_from_the_disturbance() -> None:
    at, name = timeline.origin(tell(marks()))
    assert (at, name) == (tell(marks()).mark("disturb"), "the disturbance")


def test_figures_are_remarked_where_they_ended() -> None:
    text = timeline.table(failover(), [Allowed("detection", 20 * ms, 50 * ms)], 120)
    assert line_with(text, "link down").endswith("<- detection 92.0, asserted 20.0..50.0")
    assert line_with(text, "eth0 -> eth1").endswith("<- switchover 1.0")
    assert line_with(text, "traffic both ways again").endswith("<- outage 99.0")


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Allowed("detection", None, 50 * ms), "asserted at most 50.0"),
        (Allowed("detection", 20 * ms, None), "asserted at least 20.0"),
        (Allowed("detection", 0 * ms, 50 * ms), "asserted 0.0..50.0"),
    ],
)
def test_a_window_may_be_open_on_one_side(window: Allowed, text: str) -> None:
    assert str(window) == text


def test_a_slaves_own_detection_is_remarked_only_when_asked_for() -> None:
    history = failover(fault(200, "eth1"), slave(250, "eth1", "down"))
    assert "detection on" not in timeline.table(history)
    asked = timeline.table(history, [Allowed("detection on eth1", None, 40 * ms)], 120)
    assert line_with(asked, "eth1 link down").endswith(
        "<- detection on eth1 50.0, asserted at most 40.0"
    )


def test_what_did_not_change_is_not_reported() -> None:
    again = [slave(200, "eth1", "up"), active(200, "eth1")]
    assert timeline.table(failover(*again)) == timeline.table(failover())


def test_each_frame_is_reported_once() -> None:
    taps = ["sw/eth1", "sw/target", "dut/eth1", "dut/bond0", "target/target"]
    text = timeline.table(failover(*(garp(94, tap) for tap in taps)))
    assert text.count("GARP 192.0.2.1 is-at 02:..:01") == 1


def test_no_more_than_twelve_lines_however_much_happened() -> None:
    noise = [arp(float(t), "foreign", "dut/eth0", "192.0.2.7") for t in range(-200, 900, 5)]
    flaps = [slave(100 + 20 * n, "eth0", "up" if n % 2 else "down") for n in range(1, 40)]
    text = timeline.table(failover(*noise, *flaps))
    assert timeline.LINES - 2 <= len(text.splitlines()) <= timeline.LINES
    assert "detection 92.0" in text
    assert "outage 99.0" in text
    assert "foreign ARPs" in text


def test_what_fits_is_shown_whole() -> None:
    text = timeline.table(failover(arp(50, "probe", "sw/eth0")))
    assert "ARP probe who-has 192.0.2.254" in text
    assert "..." not in text


def test_noise_is_counted_before_what_matters() -> None:
    rows = [EventRow(n, "dut", f"row {n}", "", "x", NOISE if n % 2 else KEY) for n in range(20)]
    parts = timeline.fit(rows, 0, 11)
    shown = [part for part in parts if isinstance(part, EventRow)]
    hidden = [row for part in parts if isinstance(part, list) for row in part]
    assert len(parts) <= 11
    assert all(row.weight == KEY for row in shown)
    assert len(shown) + len(hidden) == 20


def test_what_is_vital_is_never_only_counted() -> None:
    rows = [EventRow(n, "dut", f"row {n}", weight=KEY if n != 50 else VITAL) for n in range(100)]
    parts = timeline.fit(rows, 0, 7)
    assert rows[50] in parts
    assert len(parts) <= 7
    vital = [row._replace(weight=VITAL) for row in rows]
    assert timeline.fit(vital, 0, 7) == vital


def test_only_a_few_lines_tell_of_before_the_fault() -> None:
    rows = [EventRow(n, "dut", "x", "", "thing", CONTEXT) for n in range(-50, 2)]
    parts = timeline.fit(rows, 0, 11)
    assert [part.at for part in parts if isinstance(part, EventRow)] == [-3, -2, -1, 0, 1]


def test_traffic_that_never_came_back_is_reported() -> None:
    text = timeline.table(failover(dark={"out": (0.0, 9999.0)}))
    assert "traffic out still dark, 200 frames lost" in text
    assert "<- outage" not in text


def test_lost_frames_that_reached_their_machine_are_reported_with_the_place() -> None:
    lost = {"seq": 9, "request": None, "reply": None, "discarded": "bond0"}
    answer = {**lost, "request": 1, "discarded": "target"}
    lines = [
        (20.5, "probe", "in", lost),
        (30.5, "probe", "in", lost),
        (40.5, "probe", "in", answer),
    ]
    text = timeline.table(failover(*lines, dark={"inward": (0.0, 93.0)}))
    assert "22 frames lost (discarded: 2 at bond0)" in text


@pytest.mark.parametrize("width", [80, 90, 100])
def test_lanes_fit_the_width(width: int) -> None:
    text = lanes.draw(failover(), [Allowed("detection", 20 * ms, 50 * ms)], width)
    assert max(map(len, text.splitlines())) in range(width - 5, width + 1)


def test_lanes_go_from_cause_to_effect() -> None:
    names = [line[2:15].strip() for line in lanes.draw(failover()).splitlines()]
    wanted = ["fault", "traffic out", "traffic in", "eth0 link", "eth1 link", "bond0 active", ""]
    assert names[:-1] == wanted


def test_lost_traffic_is_a_gap_in_its_own_direction() -> None:
    text = lanes.draw(failover(dark={"out": (0.0, 93.0)}))
    assert "#..." in line_with(text, "traffic out").replace(":", ".")
    assert "." not in line_with(text, "traffic in")


def test_traffic_is_shown_from_the_first_column_on() -> None:
    lines = [*marks(), *INITIAL, fault(0, "eth0"), slave(20, "eth0", "down"), active(21, "eth1")]
    lane = line_with(lanes.draw(tell([*lines, *probing(every=150.0)])), "traffic out")
    assert lane.index("#") == len("  traffic out   ")


def test_the_documented_window_marks_what_lies_outside() -> None:
    late = lanes.draw(failover(), [Allowed("detection", 20 * ms, 50 * ms)])
    lane = line_with(late, "asserted detection")
    assert lane.count("!") == 1
    assert lane.index("]") < lane.index("!")
    assert late.splitlines()[-1].endswith("! outside it")
    within = lanes.draw(failover(), [Allowed("detection", 20 * ms, 200 * ms)])
    assert "!" not in within


def test_a_figure_at_the_edge_of_its_window_lies_within() -> None:
    for window in (Allowed("detection", 92 * ms, 200 * ms), Allowed("detection", None, 92 * ms)):
        assert "!" not in lanes.draw(failover(), [window])


def test_a_figure_that_comes_too_early_is_marked_before_its_window() -> None:
    text = lanes.draw(failover(), [Allowed("detection", 110 * ms, 200 * ms)])
    lane = line_with(text, "asserted detection")
    assert lane.index("!") < lane.index("[")


def test_what_only_the_tolerance_lets_pass_is_within_as_it_is_for_the_scenario() -> None:
    for window in (Allowed("detection", 100 * ms, None), Allowed("detection", None, 85 * ms)):
        assert "!" not in lanes.draw(failover(), [window])


def test_an_open_window_has_no_closing_bracket() -> None:
    text = line_with(lanes.draw(failover(), [Allowed("detection", 20 * ms, None)]), "asserted")
    assert "[" in text
    assert text.endswith(">")


def test_repairs_are_distinguished_from_faults() -> None:
    repaired = failover(fault(300, "eth0", "heal", "repair"))
    lane = lanes.draw(repaired).splitlines()[0]
    assert lane.index("v cut eth0") < lane.index("^ heal eth0")


def test_a_history_without_probes_or_bonds_still_has_an_axis() -> None:
    history = tell([*marks(), fault(0, "eth0")], {"bonds": {}, "interval": 0})
    assert axis_of(lanes.draw(history)).endswith("ms")


def test_numbers_on_the_axis_are_below_their_time() -> None:
    rows = lanes.draw(failover()).splitlines()
    assert rows[0].index("v cut") == axis_of(lanes.draw(failover())).index(" 0 ") + 1


def test_windows_print_without_losing_a_bound_of_zero() -> None:
    assert str(Allowed("switchover", None, Span(0))) == "documented at most 0.0"


def test_probing_alone_has_nothing_to_tell() -> None:
    assert len(timeline.table(tell([*marks(), *probing()])).splitlines()) == 1


def test_reports_learning_packets_and_shares_of_flows_have_lines() -> None:
    seen = {"src": "02:00:00:00:00:01", "tagged": False}
    sent = {"action": "send_flows", "role": "stimulus", "first": 0, "count": 3}
    flows = [(300.0 + n, "flow", f"sw/eth{n % 2}", {"number": n}) for n in range(3)]
    text = timeline.table(
        failover(
            (94, "igmp", "sw/eth1", {**seen, "group": "239.1.2.3"}),
            (95, "mld", "sw/eth1", {**seen, "tagged": True, "group": "ff05::1:3"}),
            (96, "learning", "sw/eth1", seen),
            (96, "learning", "target/target", seen),
            (299, "fault", "dut", {**sent, "phase": "begin"}),
            *flows,
        )
    )
    assert line_with(text, "IGMP report of 239.1.2.3").split()[-1] == "eth1"
    assert "MLD report of ff05::1:3 with a VLAN tag" in text
    assert text.count("learning packet of 02:..:01") == 1
    assert line_with(text, "2 of 3 flow frames left").split()[0] == "302.0"
    assert line_with(text, "1 of 3 flow frames left").split()[-1] == "eth1"
