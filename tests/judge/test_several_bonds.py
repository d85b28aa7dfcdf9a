"""Histories of more than one bond, and of paths that do not begin at the DUT."""

from __future__ import annotations

import pytest

from harness.bonding.log import BondLogLine
from harness.errors import NotTestable
from harness.history import History
from harness.judge import frames_seen, lanes, report, timeline
from harness.judge.run import Run
from harness.units import ms
from tests.stories import ABOUT, Line, active, failover, fault, garp, slave

PAIR = {
    "bond0": ABOUT["bonds"]["bond0"],
    "bond1": {
        "slaves": ["eth2", "eth3"],
        "options": {},
        "changed": {"updelay": 5000},
        "address": "198.51.100.1",
    },
}
QUIET = [slave(-300, "eth2", "up", "bond1"), slave(-300, "eth3", "up", "bond1")]
START = [*QUIET, active(-300, "eth2", "bond1")]
SECOND = [
    fault(200, "eth2"),
    slave(280, "eth2", "down", "bond1"),
    active(280, "eth3", "bond1"),
]


def story(*more: Line) -> History:
    """Return a failover of bond0 at 0, with a bond1 beside it."""
    return failover(*START, *more, bonds=PAIR)


def log(when: float, text: str) -> Line:
    return (when, "log", "dut", {"text": text})


def test_a_bond_that_nothing_happened_to_says_so() -> None:
    run = Run.of(story())
    assert run["bond1"].active_slaves == ["eth2"]
    assert run["bond1"].failures == {"eth2": 0, "eth3": 0}
    assert not run["bond1"].detected
    assert run.active_slaves == run["bond0"].active_slaves == ["eth0", "eth1"]


def test_each_bond_is_measured_from_its_own_fault() -> None:
    run = Run.of(story(*SECOND))
    assert 92 * ms <= run.detection <= 92 * ms
    assert 80 * ms <= run["bond1"].detection <= 80 * ms
    assert run["bond1"].active_slaves == ["eth2", "eth3"]


def test_a_second_bonds_window_is_beside_its_own_moment() -> None:
    run = Run.of(story(*SECOND))
    assert not run["bond1"].detection <= 50 * ms
    windows = report.windows_of(run.limits)
    text = timeline.table(run.history, windows, 120)
    (line,) = [line for line in text.splitlines() if "eth2 link down" in line]
    assert line.endswith("<- detection bond1 80.0, asserted at most 50.0")
    assert "asserted detection bond1" in lanes.draw(run.history, windows)


def test_traffic_is_back_when_it_crosses_this_bonds_slave() -> None:
    back = [fault(300, "eth2", "heal", "repair"), active(400, "eth2", "bond1")]

    def crossing(*links: str) -> History:
        history = story(*SECOND, *back)
        events = [
            type(event)(event.at, "probe", event.where, {**event.data, "crossed": list(links)})
            if event.kind == "probe"
            else event
            for event in history.events
        ]
        return History.of(history.about, events)

    assert Run.of(crossing("eth0", "eth2"))["bond1"].reversion <= 100 * ms
    stuck = Run.of(crossing("eth0", "eth3"))["bond1"].reversion
    assert not stuck.happened


def test_the_drivers_lines_are_reported_by_bond() -> None:
    lines = [
        log(-100, "bond0: (slave eth1): link status up, enabling it in 5000 ms"),
        log(90, "bond0: (slave eth1): making interface the new active one 1400 ms earlier"),
        log(95, "bond1: (slave eth3): link status up, enabling it in 5000 ms"),
        log(96, "eth1: entered promiscuous mode"),
    ]
    run = Run.of(story(*lines))
    assert run.log == [BondLogLine("bond0", "eth1", "active", 1400)]
    assert run["bond1"].log == [BondLogLine("bond1", "eth3", "gaining", 5000)]
    text = timeline.table(run.history)
    assert "log: eth1 made active after 1400 ms of its updelay" in text
    assert "log: eth3 has its link back, up in 5000 ms (updelay)" in text


def test_a_log_that_could_not_be_read_says_nothing_about_the_kernel() -> None:
    with pytest.raises(NotTestable, match="log may not be read here"):
        _ = Run.of(failover(log=False)).log


def test_announcements_are_heard_at_both_ends_of_the_path() -> None:
    heard = [garp(94, "client/client"), garp(94, "target/target"), garp(94, "dut/eth3")]
    routed = failover(*heard, path=["client", "server"])
    assert [frame.port for frame in frames_seen.garps_heard(routed, "bond0")] == ["client"]
    assert [f.port for f in frames_seen.garps_heard(failover(*heard), "bond0")] == ["target"]


def test_traffic_is_reported_by_the_ends_of_the_path() -> None:
    dark = {"out": (0.0, 93.0)}
    text = timeline.table(failover(dark=dark, path=["client", "server"]))
    assert "server    traffic out again" in text
    assert "target    traffic out again" in timeline.table(failover(dark=dark))
