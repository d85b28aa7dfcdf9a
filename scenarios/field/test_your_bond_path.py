"""Your own bond: faults beyond a slave's own cable, and those of its ARP targets.

    dut  slave 1 ---- sw1 --- neighbour
                       |
                      isl      cut, while the neighbour sends ARP or is silent
                       |
         slave 2 ---- sw2 --- target, target2 ...      die and return

Run by `pytest scenarios/field --bond-config FILE`, as test_your_bond.py. The carrier of every
slave stays: miimon sees none of this, and the bond stays where it is, dark. The ARP monitor sees
it as far as it tells the answers of its targets from other frames.

Measured on 7.2.13 with virtual time (HZ=100), dark out and in, in ms, with arp_interval=100 and
two targets unless said otherwise:

    options              uplink lost  and neighbour ARPs  frames lost out  frames lost in
    mode=1 miimon=100    never never  -                   never  0         0  never
    arp_validate=none     250  260    never never         never  0         0  260
    arp_validate=all      250  260     250  260            260   0         0  260

With arp_interval=50 at HZ=100 a round takes 60 ms, and the round that backups have more than the
active slave is lost in that: all slaves are declared down at once. Four slaves were dark for 510
ms then, where 150 ms is documented for the active slave alone (BondTimes.backups_outlive).
"""

import pytest

from harness import YourBond, claim, control, ms


@claim("HA-6", "HA-9")
@pytest.mark.your_bond("uplink behind the active slave's switch lost", "sees the path")
def test_a_lost_uplink_is_left(your_bond: YourBond) -> None:
    """The ARP monitor misses the targets' answers, although the carrier stays."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.uplink.cut()
    assert run.outage <= your_bond.failover(bond)
    assert run.recovered


@claim("HA-6", "MIIMON-6")
@control("test_a_lost_uplink_is_left")
@pytest.mark.your_bond(
    "uplink behind the active slave's switch lost", "blind to the path", "one active slave"
)
def test_a_lost_uplink_is_not_seen_by_carrier(your_bond: YourBond) -> None:
    """A failure behind the next switch is invisible to who looks at carrier only."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.uplink.cut()
    assert not run.recovered


@claim("MON-2", "HA-9")
@pytest.mark.your_bond(
    "frames to the active slave lost in silence", "sees the path", "active-backup"
)
def test_frames_lost_on_their_way_in_are_missed(your_bond: YourBond) -> None:
    """No answer of a target comes in any more, whatever goes out."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose("in")
    assert run.outage <= your_bond.failover(bond)
    assert run.recovered


@claim("MIIMON-6")
@control("test_frames_lost_on_their_way_in_are_missed")
@pytest.mark.your_bond(
    "frames to the active slave lost in silence", "blind to the path", "one active slave"
)
def test_frames_lost_on_their_way_in_are_not_seen_by_carrier(your_bond: YourBond) -> None:
    """The carrier is there, the frames are not: nothing happens."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose("in")
    assert not run.recovered


@claim("MON-2", "ARPVAL-4")
@pytest.mark.your_bond(
    "frames from the active slave lost in silence", "counts ARP only", "active-backup"
)
def test_frames_lost_on_their_way_out_are_missed(your_bond: YourBond) -> None:
    """No target is asked any more, so none answers; other frames that come in do not count."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose("out")
    assert run.outage <= your_bond.failover(bond)
    assert run.recovered


@claim("ARPINT-7")
@control("test_frames_lost_on_their_way_out_are_missed")
@pytest.mark.your_bond(
    "frames from the active slave lost in silence", "counts any frame", "active-backup"
)
def test_frames_lost_on_their_way_out_are_made_up_for(your_bond: YourBond) -> None:
    """Without validation any frame that comes in counts as life: the bond stays."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose("out")
    assert not run.recovered


@claim("MIIMON-6")
@control("test_frames_lost_on_their_way_out_are_missed")
@pytest.mark.your_bond(
    "frames from the active slave lost in silence", "blind to the path", "one active slave"
)
def test_frames_lost_on_their_way_out_are_not_seen_by_carrier(your_bond: YourBond) -> None:
    """The carrier is there, the frames are not: nothing happens."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.active.lose("out")
    assert not run.recovered


@claim("ARPVAL-9")
@pytest.mark.your_bond("uplink lost while a neighbour sends ARP", "validates", "active-backup")
def test_a_neighbour_keeps_no_dead_path_up(your_bond: YourBond) -> None:
    """The bond that validates its active slave tells a neighbour's ARP from a target's."""
    bond = your_bond.bond()
    with (
        your_bond.neighbour.arping("target", every=your_bond.often),
        your_bond.watch() as run,
    ):
        your_bond.uplink.cut()
    assert run.outage <= your_bond.failover(bond)
    assert run.recovered


@claim("ARPVAL-9")
@control("test_a_neighbour_keeps_no_dead_path_up")
@pytest.mark.your_bond("uplink lost while a neighbour sends ARP", "takes any ARP", "active-backup")
def test_a_neighbour_keeps_a_dead_path_up(your_bond: YourBond) -> None:
    """Any frame counts as life: the neighbour's ARP keeps the slave up that leads nowhere."""
    your_bond.bond()
    with (
        your_bond.neighbour.arping("target", every=your_bond.often),
        your_bond.watch() as run,
    ):
        your_bond.uplink.cut()
    assert not run.recovered


@claim("ARPTGT-7")
@pytest.mark.your_bond("one ARP target of several fails", "needs one target", "active-backup")
def test_one_target_of_several_may_die(your_bond: YourBond) -> None:
    """The others answer still, so nothing happens."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target2.die()
    assert run.outage <= 0 * ms


@claim("ARPALL-2")
@control("test_one_target_of_several_may_die")
@pytest.mark.your_bond("one ARP target of several fails", "needs all targets", "active-backup")
def test_no_target_of_several_may_die(your_bond: YourBond) -> None:
    """With arp_all_targets=all one dead target takes the bond down, even with a working path."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target2.die()
    assert not run.recovered


@claim("ARPTGT-8", "ARPMISS-7")
@pytest.mark.your_bond("the only ARP target fails and returns", "has one target", "active-backup")
def test_service_returns_with_the_target(your_bond: YourBond) -> None:
    """All slaves are declared down; once the target answers again one of them is found."""
    bond = your_bond.bond()
    with your_bond.watch() as run:
        with your_bond.target.die():
            your_bond.after(your_bond.long)
        your_bond.after(your_bond.resolution)
    again = your_bond.service_again(bond) + your_bond.resolution
    assert run.slave(your_bond.active.name).detected
    assert run.outage <= your_bond.long + again
    assert run.recovered


@claim("ARPTGT-8")
@control("test_service_returns_with_the_target")
@pytest.mark.your_bond("the only ARP target fails permanently", "has one target", "active-backup")
def test_no_service_returns_without_the_target(your_bond: YourBond) -> None:
    """While its only target is absent the bond considers every slave down."""
    your_bond.bond()
    with your_bond.watch() as run:
        your_bond.target.die()
    assert run.slave(your_bond.active.name).detected
    assert not run.recovered
