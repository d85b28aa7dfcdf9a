"""What is done to a cable is seen on the wire, and its undoing too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import pytest

from harness import frames, ms
from harness.errors import ScenarioError
from harness.loop import now
from harness.record.cable import Direction
from harness.record.net import Stage
from harness.units import MS
from scenarios.topologies import DUT, TARGET, OneSwitch, TwoSwitches
from tests.wire import MOMENT, Path, Wire, wired

pytestmark = pytest.mark.guest

OUT: Path = ("dut", "eth0", "target", "target")
IN: Path = ("target", "target", "dut", "eth0")
OTHER: Path = ("dut", "eth1", "target", "target")
DIRECTIONS: list[tuple[Direction, bool, bool]] = [
    ("out", True, False),
    ("in", False, True),
    ("both", True, True),
]
One = tuple[OneSwitch, Wire]
sides = pytest.mark.parametrize(("direction", "out", "inward"), DIRECTIONS)


@pytest.fixture
def one(stage: Stage) -> Iterator[One]:
    """Two interfaces of the DUT at one switch, no bond."""
    with wired(OneSwitch, stage) as made:
        yield made


def test_all_paths_work_at_first(one: One) -> None:
    _, wire = one
    assert [wire.passes(path) for path in (OUT, IN, OTHER)] == [True, True, True]
    assert (wire.carrier("eth0"), wire.carrier("eth1")) == (True, True)


def test_a_cut_takes_carrier_and_frames_and_heal_brings_both_back(one: One) -> None:
    net, wire = one
    with net.eth0.cut():
        assert (wire.carrier("eth0"), wire.carrier("eth1")) == (False, True)
        assert not wire.passes(IN)
        assert wire.passes(OTHER)
    assert wire.wait(lambda: wire.carrier("eth0"))
    assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


def test_a_port_without_carrier_is_not_waited_for(one: One) -> None:
    """It never forwards: a recording would wait for it as long as it waits for anything."""
    net, wire = one
    for fault in (net.eth0.cut, net.eth0.admin_down):
        with fault():
            assert wire.wait(net.eth0.context.network.ready)
    assert wire.wait(net.eth0.context.network.ready)


def test_a_cut_beyond_a_switch_leaves_the_carrier(stage: Stage) -> None:
    with wired(TwoSwitches, stage) as (net, wire):
        with net.isl.cut():
            assert (wire.carrier("eth0"), wire.carrier("eth1")) == (True, True)
            assert [wire.passes(path) for path in (OUT, IN, OTHER)] == [False, False, True]
        assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


def test_admin_down_is_of_the_duts_own_interface(one: One) -> None:
    net, wire = one
    with net.eth0.admin_down():
        assert not wire.carrier("eth0")
        assert not wire.passes(IN)
        assert wire.passes(OTHER)
    assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


@sides
def test_silent_loss_keeps_the_carrier(
    one: One, direction: Direction, *, out: bool, inward: bool
) -> None:
    net, wire = one
    with net.eth0.lose(direction):
        assert wire.carrier("eth0")
        assert (wire.passes(OUT), wire.passes(IN)) == (not out, not inward)
        assert wire.passes(OTHER)
    assert (wire.passes(OUT), wire.passes(IN)) == (True, True)


@sides
def test_silent_loss_between_switches_has_directions_too(
    stage: Stage, direction: Direction, *, out: bool, inward: bool
) -> None:
    with wired(TwoSwitches, stage) as (net, wire):
        with net.isl.lose(direction):
            assert (wire.passes(OUT), wire.passes(IN)) == (not out, not inward)
        assert (wire.passes(OUT), wire.passes(IN)) == (True, True)


LATE = 400 * ms
SENT, PERCENT = 300, 30
EXPECTED = SENT * (100 - PERCENT) / 100
FIVE_SIGMA = 5 * sqrt(SENT * PERCENT / 100 * (100 - PERCENT) / 100)


@sides
def test_a_share_of_the_frames_is_lost(
    one: One, direction: Direction, *, out: bool, inward: bool
) -> None:
    net, wire = one
    with net.eth0.lose(direction, percent=PERCENT):
        for path, lossy in ((OUT, out), (IN, inward)):
            found = wire.count(path, SENT)
            assert abs(found - EXPECTED) <= FIVE_SIGMA if lossy else found == SENT
    assert (wire.count(OUT, SENT), wire.count(IN, SENT)) == (SENT, SENT)


@sides
def test_delay_is_what_was_asked_in_the_direction_asked(
    one: One, stage: Stage, direction: Direction, *, out: bool, inward: bool
) -> None:
    net, wire = one
    late = stage.facts["jitter"] + 5 * MS
    with net.eth0.delay(40 * ms, direction):
        for path, slow in ((OUT, out), (IN, inward)):
            took = wire.takes(path)
            asked = 40 * MS if slow else 0
            assert len(took) == 5
            assert asked <= min(took) <= asked + late
    assert max(min(wire.takes(path, within=MOMENT)) for path in (OUT, IN)) <= late


def test_a_delay_both_ways_adds_up_for_a_round_trip(one: One, stage: Stage) -> None:
    net, wire = one
    question = frames.arp_request(net.eth0.mac, DUT, TARGET)
    answer = frames.arp_reply(net.target.cable.mac, TARGET, net.eth0.mac, DUT)
    sent = []
    with net.eth0.delay(30 * ms):
        for nth in range(1, 4):
            sent.append(wire.send("dut", "eth0", question))
            assert wire.wait(lambda nth=nth: len(wire.arrived(answer, *IN[2:])) == nth)  # type: ignore[misc]
    took = [at - begin for begin, at in zip(sent, wire.arrived(answer, *IN[2:]), strict=True)]
    assert 60 * MS <= min(took) <= 60 * MS + stage.facts["jitter"] + 10 * MS


@pytest.mark.parametrize("direction", ["out", "in"])
def test_loss_and_delay_combine_and_end_apart(one: One, direction: Direction) -> None:
    net, wire = one
    path = OUT if direction == "out" else IN
    with net.eth0.delay(20 * ms, direction):
        with net.eth0.lose(direction, percent=50):
            both = wire.takes(path, times=40)
            assert 0 < len(both) < 40
            assert min(both) >= 20 * MS
        assert len(wire.takes(path, times=40)) == 40
        with net.eth0.lose(direction):
            assert wire.takes(path) == []
        assert min(wire.takes(path)) >= 20 * MS
        with net.eth0.lose(direction, percent=50):
            net.eth0.deliver()
            assert wire.count(path, 40) == 40
    assert wire.passes(path)


def test_what_is_done_or_undone_twice_is_done_once(one: One) -> None:
    net, wire = one
    for _ in range(2):
        net.eth0.lose("out")
        net.eth0.delay(20 * ms, "in")
    assert not wire.passes(OUT)
    for _ in range(2):
        net.eth0.deliver()
        net.eth0.cut()
    assert not wire.carrier("eth0")
    for _ in range(2):
        net.eth0.heal()
    assert wire.wait(lambda: wire.passes(OUT) and wire.passes(IN))


def test_total_loss_replaces_partial_loss_and_the_other_way_round(one: One) -> None:
    net, wire = one
    net.eth0.lose("out", percent=50)
    net.eth0.lose("out")
    assert wire.count(OUT, 40) == 0
    net.eth0.lose("out", percent=50)
    assert 0 < wire.count(OUT, 40) < 40
    net.eth0.deliver("out")
    assert wire.count(OUT, 40) == 40


def first_to_pass(wire: Wire, path: Path) -> int:
    """Return when the first frame was sent that got through, of one each few ms."""
    sent = 0

    def through() -> bool:
        nonlocal sent
        sent = now()
        return wire.passes(path, within=2 * MS)

    assert wire.wait(through)
    return sent


def test_a_port_that_forwards_late_has_carrier_and_carries_nothing(one: One) -> None:
    net, wire = one
    for path in (OUT, IN):
        net.eth0.cut()
        healed = now()
        net.eth0.heal_late(forwarding_after=LATE)
        assert wire.wait(lambda: wire.carrier("eth0"))
        assert now() < healed + LATE.ns // 2, "so the carrier was there long before"
        assert first_to_pass(wire, path) >= healed + LATE.ns
    assert wire.passes(OTHER)


def test_a_port_that_is_not_held_forwards_at_once(one: One) -> None:
    net, wire = one
    net.eth0.cut()
    healed = now()
    net.eth0.heal()
    assert first_to_pass(wire, OUT) < healed + LATE.ns


def test_the_latest_repair_says_when_a_port_forwards(one: One) -> None:
    net, wire = one
    net.eth0.cut()
    net.eth0.heal_late(forwarding_after=100 * ms)
    wire.rest(50 * MS)
    net.eth0.cut()
    healed = now()
    net.eth0.heal_late(forwarding_after=150 * ms)
    assert first_to_pass(wire, OUT) >= healed + 150 * MS


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda net: net.eth0.lose(percent=0), "link eth0 cannot lose 0 % of its frames"),
        (lambda net: net.eth0.lose(percent=100.5), "link eth0 cannot lose 100.5 % of its frames"),
        (lambda net: net.eth0.lose("up"), 'link eth0 has no direction "up" (has: out, in, both)'),
        (lambda net: net.eth0.delay(0 * ms), "link eth0 cannot delay frames by 0.0 ms"),
        (
            lambda net: net.neighbour.noise(every=0 * ms),
            "neighbour cannot send a frame every 0.0 ms",
        ),
        (
            lambda net: net.neighbour.arping("targte"),
            'machine "targte" is not in topology one_switch (has: target, neighbour)',
        ),
        (lambda net: net.after(ms), "a schedule of faults needs a recording"),
    ],
)
def test_what_cannot_be_done_is_rejected_with_a_message(
    one: One, wrong: Callable[[OneSwitch], object], said: str
) -> None:
    net, wire = one
    with pytest.raises(ScenarioError) as caught:
        wrong(net)
    assert caught.value.message == said
    assert caught.value.hint
    assert net._noted == [], "nothing was done"
    assert wire.passes(OUT)


def test_every_verb_is_written_down_with_what_it_was_given(one: One) -> None:
    net, _ = one
    with net.eth0.lose("in", percent=10), net.eth0.delay(20 * ms, "out"):
        net.eth1.deliver()
    with net.eth0.cut(), net.eth1.admin_down(), net.eth0.mute_garp(DUT):
        pass
    said = [
        (event.where, event["role"], event["action"], event.get("direction"), event.get("percent"))
        for event in net._noted
    ]
    assert said == [
        ("eth0", "fault", "lose", "in", 10),
        ("eth0", "fault", "delay", "out", None),
        ("eth1", "repair", "deliver", "both", None),
        ("eth0", "repair", "undelay", "out", None),
        ("eth0", "repair", "deliver", "in", None),
        ("eth0", "fault", "cut", None, None),
        ("eth1", "fault", "admin_down", None, None),
        ("eth0", "stimulus", "mute_garp", None, None),
        ("eth0", "stimulus", "unmute_garp", None, None),
        ("eth1", "repair", "admin_up", None, None),
        ("eth0", "repair", "heal", None, None),
    ]
    times = [event.at for event in net._noted]
    assert times == sorted(times)
    assert {event.kind for event in net._noted} == {"fault"}
