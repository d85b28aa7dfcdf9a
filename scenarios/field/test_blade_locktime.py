"""locktime."""

from collections.abc import Iterator

import pytest

from harness import claim, control, s
from harness.record.run import Stage
from scenarios.field.chassis import Chassis

SPARE = "02:00:00:00:99:01"
DEFAULT, LOCK = 1 * s, 3 * s


@pytest.fixture
def chassis(stage: Stage) -> Iterator[Chassis]:
    """A blade, its four neighbours, two switches in the chassis and one outside."""
    with Chassis(stage) as net:
        yield net


@claim("ARPINT-1")
@pytest.mark.parametrize("arp_interval", [100, 500, 1200, 2000])
def test_a_spare_target_is_followed_at_the_next_answer(
    chassis: Chassis, arp_interval: int
) -> None:
    """Shorter or longer than locktime: the next answer to the bond's probe brings the new MAC."""
    bond = chassis.dut.bond(arp_interval=arp_interval)
    chassis.dut.set_locktime(bond, DEFAULT)
    with chassis.watch("out") as run:
        chassis.after(2 * DEFAULT)
        chassis.target.change_mac(SPARE)
    assert run.outage <= bond.arp_interval
    assert run.active_slaves == ["eth0"]


@claim("MON-2", "HA-9")
@control("test_a_spare_target_is_followed_at_the_next_answer")
@pytest.mark.parametrize("arp_interval", [100, 1200])
def test_a_young_entry_is_locked_whatever_the_interval(
    chassis: Chassis, arp_interval: int
) -> None:
    """Answers come, the bond is content, and the DUT goes on sending to a MAC that is gone."""
    bond = chassis.dut.bond(arp_interval=arp_interval)
    chassis.dut.set_locktime(bond, 60 * s)
    with chassis.watch("out") as run:
        chassis.after(2 * DEFAULT)
        chassis.target.change_mac(SPARE)
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert not run.recovered


@claim("ARPINT-1")
def test_a_change_locks_the_entry_and_answers_do_not(chassis: Chassis) -> None:
    """Taken over and given back within locktime: the second change waits, the answers do not."""
    bond = chassis.dut.bond(arp_interval=100)
    chassis.dut.set_locktime(bond, LOCK)
    with chassis.watch("out") as run:
        chassis.after(2 * LOCK)
        with chassis.target.change_mac(SPARE):
            chassis.after(1 * s)
        chassis.after(LOCK)
    assert LOCK - 1 * s <= run.outage <= LOCK - 1 * s + bond.arp_interval + bond.arp_interval


@claim("ARPINT-1")
@control("test_a_change_locks_the_entry_and_answers_do_not")
def test_without_locktime_every_change_is_followed(chassis: Chassis) -> None:
    """An entry that may change at any age follows there and back."""
    bond = chassis.dut.bond(arp_interval=100)
    chassis.dut.set_locktime(bond, 0 * s)
    with chassis.watch("out") as run:
        chassis.after(2 * LOCK)
        with chassis.target.change_mac(SPARE):
            chassis.after(1 * s)
        chassis.after(LOCK)
    assert run.outage <= bond.arp_interval
