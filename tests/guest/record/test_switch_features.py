"""What a switch does by itself is seen on the wire: uplink failure detection, port security."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import ms, s
from harness.errors import ScenarioError
from harness.judge import timeline
from harness.loop import now
from harness.record.net import Stage
from harness.units import MS
from scenarios.topologies import NEIGHBOUR, BladeChassis, OneSwitch
from tests.wire import Path, Wire, network_of, recorded, wired

pytestmark = pytest.mark.guest

OUT: Path = ("dut", "eth0", "target", "target")
ASIDE: Path = ("neighbour", "neighbour", "target", "target")
STRANGER = "02:00:00:00:99:99"
MOMENT = 20 * MS
One = tuple[OneSwitch, Wire]
Blade = tuple[BladeChassis, Wire]


@pytest.fixture
def one(stage: Stage) -> Iterator[One]:
    """Two interfaces of the DUT at one switch, no bond."""
    with wired(OneSwitch, stage) as made:
        yield made


@pytest.fixture
def blade(stage: Stage) -> Iterator[Blade]:
    """A blade chassis, no bond."""
    with wired(BladeChassis, stage) as made:
        yield made


def as_stranger(net: OneSwitch, wire: Wire, mac: str = STRANGER) -> None:
    """Let the neighbour send a frame with another MAC."""
    net.neighbour.garp_as(mac, NEIGHBOUR)
    wire.rest(MOMENT)


def done(net: OneSwitch | BladeChassis) -> list[tuple[str, object, object]]:
    """Return where, what and why of each reaction so far."""
    events = [event for event in net._noted if event["role"] == "reaction"]
    return [(event.where, event["action"], event.get("why")) for event in events]


def test_a_second_address_shuts_a_port_until_it_is_enabled(one: One) -> None:
    net, wire = one
    net.sw.secure()
    assert wire.passes(ASIDE)
    as_stranger(net, wire)
    own = net.neighbour.cable.mac
    why = f"port security: saw {STRANGER}, allowed {own}"
    assert done(net) == [("neighbour", "shut_port", why)]
    assert not wire.passes(ASIDE)
    assert wire.passes(OUT), "the other ports work on"
    wire.rest(1000 * MS)
    assert not wire.passes(ASIDE), "it does not open by itself"
    net.sw.enable(net.neighbour.cable)
    assert wire.wait(lambda: wire.passes(ASIDE))
    as_stranger(net, wire)
    assert len(done(net)) == 2, "it is guarded as before"


def test_a_port_that_is_not_guarded_stays_open(one: One) -> None:
    net, wire = one
    assert wire.passes(ASIDE)
    as_stranger(net, wire)
    assert done(net) == []
    assert wire.passes(ASIDE)


def test_the_address_of_another_port_is_a_violation_while_that_has_carrier(one: One) -> None:
    net, wire = one
    net.sw.secure()
    assert wire.passes(OUT)
    as_stranger(net, wire, net.eth0.mac)
    why = f"port security: saw {net.eth0.mac}, which belongs to port eth0"
    assert done(net) == [("neighbour", "shut_port", why)]


def test_an_address_is_forgotten_with_the_carrier_of_its_port(one: One) -> None:
    net, wire = one
    net.sw.secure()
    assert wire.passes(OUT)
    net.eth0.cut()
    assert wire.wait(lambda: not wire.carrier("eth0"))
    wire.rest(MOMENT)
    as_stranger(net, wire, net.eth0.mac)
    assert done(net) == []
    assert wire.passes(("target", "target", "neighbour", "neighbour"))


def test_a_configured_address_is_known_before_it_speaks(one: One) -> None:
    net, wire = one
    net.sw.secure("configured")
    as_stranger(net, wire)
    assert [where for where, _, _ in done(net)] == ["neighbour"]
    assert wire.passes(OUT)


def test_what_was_learned_before_is_no_excuse(one: One) -> None:
    net, wire = one
    as_stranger(net, wire)
    net.sw.secure("configured")
    as_stranger(net, wire)
    assert [where for where, _, _ in done(net)] == ["neighbour"]


def when_carrier_is(wire: Wire, *, up: bool) -> int:
    """Return when eth0 was seen to have carrier, or none."""
    assert wire.wait(lambda: wire.carrier("eth0") == up)
    return now()


def test_ports_follow_their_uplink_each_way_after_its_delay(blade: Blade) -> None:
    net, wire = blade
    net.sw1.ufd(net.uplink1, down_after=100 * ms, up_after=300 * ms)
    start = now()
    net.uplink1.cut()
    assert when_carrier_is(wire, up=False) >= start + 100 * MS
    assert wire.carrier("eth1"), "the other switch has its own uplink"
    start = now()
    net.uplink1.heal()
    assert when_carrier_is(wire, up=True) >= start + 300 * MS
    assert wire.wait(lambda: wire.passes(OUT))
    ports = "eth0, neighbour"
    assert done(net) == [
        ("sw1", "shut_ports", f"uplink1 down for 100.0 ms: {ports}"),
        ("sw1", "open_ports", f"uplink1 up for 300.0 ms: {ports}"),
    ]


def test_without_detection_ports_do_not_follow(blade: Blade) -> None:
    net, wire = blade
    net.uplink1.cut()
    wire.rest(1000 * MS)
    assert wire.carrier("eth0")
    assert done(net) == []


def test_an_uplink_that_is_back_in_time_starts_the_delay_anew(blade: Blade) -> None:
    net, wire = blade
    net.sw1.ufd(net.uplink1, down_after=300 * ms)
    for _ in range(3):
        net.uplink1.cut()
        wire.rest(200 * MS)
        net.uplink1.heal()
        wire.rest(50 * MS)
    assert wire.carrier("eth0")
    net.uplink1.cut()
    wire.rest(400 * MS)
    assert not wire.carrier("eth0")


def test_a_pulled_cable_stays_pulled_when_the_switch_opens_its_port(blade: Blade) -> None:
    net, wire = blade
    net.sw1.ufd(net.uplink1, down_after=0 * ms)
    net.uplink1.cut()
    when_carrier_is(wire, up=False)
    net.eth0.cut()
    net.uplink1.heal()
    wire.rest(300 * MS)
    assert [action for _, action, _ in done(net)] == ["shut_ports", "open_ports"]
    assert not wire.carrier("eth0")
    net.eth0.heal()
    assert wire.wait(lambda: wire.carrier("eth0"))


def test_a_loss_that_leaves_the_carrier_is_not_noticed(blade: Blade) -> None:
    net, wire = blade
    net.sw1.ufd(net.uplink1, down_after=0 * ms)
    with net.uplink1.lose():
        wire.rest(500 * MS)
        assert wire.carrier("eth0")
    assert done(net) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda net: net.sw1.ufd(net.uplink2, down_after=ms),
            'uplink of sw1 "uplink2" is not in topology blade_chassis (has: uplink1)',
        ),
        (
            lambda net: net.sw1.ufd(net.eth0, down_after=ms),
            'uplink of sw1 "eth0" is not in topology blade_chassis (has: uplink1)',
        ),
        (
            lambda net: net.sw1.ufd(net.uplink1, down_after=ms * -1),
            "switch sw1 cannot follow uplink1 before it changes",
        ),
        (lambda net: net.sw1.secure("sticky"), 'switch sw1 cannot secure "sticky" addresses'),
    ],
)
def test_what_a_switch_cannot_do_is_rejected_with_a_message(
    blade: Blade, wrong: Callable[[BladeChassis], object], said: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        wrong(blade[0])
    assert refused.value.message == said
    assert refused.value.hint


def test_a_recording_waits_for_what_the_switch_will_do(stage: Stage) -> None:
    """A delay far beyond the bond's own horizon is waited for, and so is what follows from it."""

    def disturb(net: BladeChassis) -> None:
        net.sw1.ufd(net.uplink1, down_after=3 * s)
        net.uplink1.cut()

    run = recorded(BladeChassis, stage, disturb, miimon=100)
    assert run.reactions == ["shut_ports sw1"]
    assert run.active_slaves == ["eth0", "eth1"]
    assert 3 * s <= run.detection
    text = timeline.table(run.history)
    assert "REACTION  shut ports sw1" in text
    assert "uplink1 down for 3000.0 ms: eth0, neighbour" in text


def test_a_machine_with_another_mac_is_lost_to_who_knows_the_old_one(stage: Stage) -> None:
    with wired(OneSwitch, stage) as (net, wire):
        own = net.target.cable.mac
        with net.target.change_mac(STRANGER):
            assert mac_of_target(wire) == STRANGER
        assert mac_of_target(wire) == own


def mac_of_target(wire: Wire) -> str:
    (link,) = [it for it in wire.links("target") if it["index"] == 2]
    return str(link.get_attr("IFLA_ADDRESS"))


def test_locktime_is_set_for_one_bond_and_to_the_hundredth(stage: Stage) -> None:
    with OneSwitch(stage) as net:
        bond = net.dut.bond()
        net.dut.set_locktime(bond, 2340 * ms)
        assert locktime(net, "bond0") == "234"
        assert locktime(net, "lo") == "100"


def locktime(net: OneSwitch, device: str) -> str:
    path = f"/proc/sys/net/ipv4/neigh/{device}/locktime"
    with network_of(net).spaces["dut"].inside(), open(path) as file:  # noqa: PTH123
        return file.read().strip()
