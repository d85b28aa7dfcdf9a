"""The measured outage is right: a link silenced for a known time is reported to be dark that long.

Silence leaves the carrier up, and the MII monitor is deaf to it: no failover cuts it short.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness import Measured, Span, ms
from harness.history import load
from harness.judge.measure import faults
from harness.judge.run import Run
from harness.record.cable import Direction
from harness.record.net import Stage
from harness.units import MS, in_ms
from scenarios.topologies import OneSwitch
from tests.wire import recorded

pytestmark = pytest.mark.guest


def silenced(stage: Stage, span: Span, direction: Direction = "both") -> Run:
    """Record a bond whose active slave's link loses everything for a while."""

    def disturb(net: OneSwitch) -> None:
        with net.eth0.lose(direction):
            net.after(span)

    return recorded(OneSwitch, stage, disturb)


def silence(run: Run) -> int:
    """Return for how long, in ns, the link was silent by the fault's own times."""
    (begin,) = faults(run.history)
    (end,) = faults(run.history, "repair")
    return end.at - begin.at


def right(found: Measured, length: int) -> bool:
    """Tell whether an outage is as long as the silence, within what it says of itself."""
    assert found.tolerance < length / 2, f"with such a tolerance anything is right: {found.why}"
    return found <= Span(length) and found >= Span(length)


@pytest.mark.parametrize("length", [200, 500, 2000])
def test_a_silence_is_reported_as_long_as_it_was(stage: Stage, length: int) -> None:
    run = silenced(stage, length * ms)
    assert abs(silence(run) - length * MS) <= 20 * MS
    for found in (run.outage, run.outage_out, run.outage_in):
        assert right(found, silence(run)), str(found)
        print(f"{found.what}: {found}, silent for {in_ms(silence(run))}, {found.why}")
    assert run.active_slaves == ["eth0"]
    assert run.recovered


@pytest.mark.parametrize("length", [200, 500])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_only_the_silent_direction_is_dark(
    stage: Stage, length: int, direction: Direction
) -> None:
    run = silenced(stage, length * ms, direction)
    dark, light = run.outage_out, run.outage_in
    if direction == "in":
        dark, light = light, dark
    assert right(dark, silence(run)), str(dark)
    assert light.ns == 0
    assert run.outage.ns == dark.ns


@pytest.mark.parametrize(("direction", "stream"), [("out", "out"), ("in", "in")])
def test_a_lost_request_is_distinguished_from_a_lost_reply(
    stage: Stage, direction: Direction, stream: str
) -> None:
    """What leaves the DUT are its own requests and its replies to the target's."""
    run = silenced(stage, 300 * ms, direction)
    begin, last = run.history.mark("disturb"), run.history.mark("end")
    assert begin is not None
    assert last is not None
    lost = {
        (probe.where, "request" if probe["request"] is None else "reply")
        for probe in run.history.select("probe")
        if probe["reply"] is None and begin <= probe.at < last - 50 * MS
    }
    other = {"out": "in", "in": "out"}[stream]
    assert lost == {(stream, "request"), (other, "reply")}
    about = 300 * MS // run.history.about.interval
    assert abs(run.lost_requests - about) <= 5
    assert abs(run.lost_replies - about) <= 5


def test_where_nothing_is_lost_the_outage_is_nothing(stage: Stage) -> None:
    run = recorded(OneSwitch, stage, lambda net: net.after(300 * ms))
    assert [found.ns for found in (run.outage, run.outage_out, run.outage_in)] == [0, 0, 0]
    assert run.outages == []
    assert run.dark.ns == run.loss == 0
    assert (run.lost, run.duplicates, run.reordered) == (0, 0, 0)
    vias = {probe["via"] for probe in run.history.select("probe")}
    assert vias == {"eth0"}


def figures(run: Run) -> list[object]:
    """Return all that is asked of an outage."""
    spans = (run.outage, run.outage_out, run.outage_in, run.detection, run.switchover)
    told = [(it.what, it.ns, it.tolerance, it.why, it.happened) for it in spans]
    return [*told, run.lost_requests, run.lost_replies, run.active_slaves, run.failures]


def test_a_recording_judged_again_gives_the_same_figures(stage: Stage) -> None:
    run = silenced(stage, 200 * ms)
    assert stage.folder is not None
    again = Run.of(load(stage.folder / "history.jsonl"))
    assert again.history == run.history
    assert figures(again) == figures(run)


def test_probes_a_millisecond_apart_are_held(stage: Stage) -> None:
    run = silenced(replace(stage, interval=MS), 500 * ms)
    assert run.history.about.interval == MS
    for stream in ("out", "in"):
        sent = list(run.history.select("probe", stream))
        assert [probe["seq"] for probe in sent] == list(range(len(sent)))
        gaps = sorted(b.at - a.at for a, b in pairwise(sent))
        held = len(sent) * 1000 * MS / (sent[-1].at - sent[0].at)
        shown = [in_ms(gaps[len(gaps) * share // 100 - 1]) for share in (50, 99, 100)]
        print(f"{stream}: {held:.0f} probes a second; gaps median, p99, worst: {shown}")
    assert right(run.outage, silence(run)), str(run.outage)


def test_a_machine_that_was_dead_is_watched_until_it_repeats_its_arp_request(stage: Stage) -> None:
    """Its first request is lost, as its port does not forward yet; the next is a second later."""

    def disturb(net: OneSwitch) -> None:
        with net.target.die():
            net.after(100 * ms)
            net.target.cable.heal_late(300 * ms)

    assert recorded(OneSwitch, stage, disturb).recovered
