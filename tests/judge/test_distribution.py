"""By which slaves frames of flows left, from literal histories."""

from __future__ import annotations

from harness.judge.distribution import SentFrame, Turn
from harness.judge.run import Run
from harness.units import ms
from tests.stories import INITIAL, START, Line, marks, probing, tell


def sending(when: float, first: int, count: int) -> Line:
    more = {"first": first, "count": count, "via": "bond0"}
    return when, "fault", "dut", {"action": "send_flows", "role": "stimulus", **more}


def flow(when: float, place: str, number: int) -> Line:
    return when, "flow", place, {"number": number}


def run_of(*lines: Line) -> Run:
    return Run.of(tell([*marks(), *INITIAL, *probing(), *lines]))


def test_each_frame_is_told_where_it_entered_the_fabric() -> None:
    run = run_of(
        sending(1, 0, 3),
        flow(1, "sw/eth1", 0),
        flow(1.1, "target/target", 0),
        flow(1.2, "dut/eth0", 0),
        flow(2, "sw/eth0", 1),
        flow(3, "sw/eth1", 2),
    )
    assert run.carried_by == [("eth1",), ("eth0",), ("eth1",)]
    assert run.shares == {"eth0": 1, "eth1": 2}
    assert run.turns == [Turn("eth1", 1), Turn("eth0", 1), Turn("eth1", 1)]


def test_a_lost_frame_and_copies_are_told_from_others() -> None:
    run = run_of(
        sending(1, 0, 3),
        flow(1, "sw/eth0", 0),
        flow(1, "sw/eth1", 0),
        flow(2, "sw/eth0", 2),
    )
    assert run.carried_by == [("eth0", "eth1"), (), ("eth0",)]
    assert run.shares == {"eth0": 2, "eth1": 1}


def test_frames_before_the_disturbance_do_not_count() -> None:
    run = run_of(sending(-200, 0, 1), flow(-200, "sw/eth0", 0), sending(5, 1, 1))
    assert run.carried_by == [()]


def test_frames_in_a_row_are_one_turn() -> None:
    run = run_of(sending(1, 0, 4), *(flow(n, f"sw/eth{n // 2}", n) for n in range(4)))
    assert run.turns == [Turn("eth0", 2), Turn("eth1", 2)]


def test_learning_packets_and_reports_are_those_that_left_the_bond() -> None:
    mac = "02:00:00:00:00:01"
    run = run_of(
        (7, "learning", "sw/eth0", {"src": mac, "tagged": False}),
        (7, "learning", "dut/eth1", {"src": mac, "tagged": False}),
        (8, "igmp", "sw/eth1", {"src": mac, "tagged": True, "group": "239.1.2.3"}),
    )
    assert [(one.port, one.tagged) for one in run.sent_of("learning")] == [("eth0", False)]
    assert run.sent_of("igmp") == [
        SentFrame(START + 8_000_000, "eth1", mac, tagged=True, group="239.1.2.3")
    ]


def test_gaps_are_those_of_one_slave_and_without_tagged_copies() -> None:
    mac = "02:00:00:00:00:01"
    seen = [(7, "eth0", False), (7, "eth0", True), (8, "eth1", False), (107, "eth0", False)]
    run = run_of(
        *((when, "learning", f"sw/{at}", {"src": mac, "tagged": tag}) for when, at, tag in seen)
    )
    assert run.slave("eth0").gaps_of("learning") == [100 * ms]
    assert run.slave("eth1").gaps_of("learning") == []
