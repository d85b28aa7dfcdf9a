"""active_slave: the active slave is chosen by hand, and what the driver makes of it later."""

from collections.abc import Callable

import pytest

from harness import Bond, Cable, claim, control, ms, s
from scenarios.topologies import OneSwitch
from scenarios.variants import SpareSlave, ThreeSlaves


@claim("ACTIVE-1", "ACTIVE-6")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
def test_the_named_slave_is_active_at_once(one_switch: OneSwitch, mode: str, by: str) -> None:
    """When the request returns, the slave is active and the other one is a backup."""
    bond = one_switch.dut.bond(mode=mode)
    answer = one_switch.dut.attempt.set_by(by, bond, "active_slave", "eth1")
    assert (answer.error, answer.became) == ("", {"active_slave": "eth1"})
    assert bond.now.slave(one_switch.eth1)["state"] == "active"
    assert (bond.now.slave(one_switch.eth0)["state"] == "backup") == (mode == "active-backup")


@claim("ACTIVE-2")
@control("test_the_named_slave_is_active_at_once")
@pytest.mark.parametrize("fault", [Cable.cut, Cable.admin_down])
def test_a_slave_that_is_down_cannot_be_chosen(
    one_switch: OneSwitch, fault: Callable[[Cable], object]
) -> None:
    """The request is refused, and the other slave stays active."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        fault(one_switch.eth1)
        one_switch.after(300 * ms)
        answer = one_switch.dut.attempt.set(bond, active_slave="eth1")
    assert (answer.error, answer.became) == ("EINVAL", {})
    assert run.active_slaves == ["eth0"]


@claim("ACTIVE-8")
@pytest.mark.parametrize(
    ("mode", "name", "error"),
    [
        ("active-backup", "eth1", ""),
        ("active-backup", "nobody", "ENODEV"),
        ("active-backup", "eth2", "EINVAL"),
        ("balance-rr", "eth1", "EACCES"),
        ("balance-xor", "eth1", "EACCES"),
        ("broadcast", "eth1", "EACCES"),
        ("802.3ad", "eth1", "EACCES"),
    ],
)
def test_only_a_slave_of_such_a_mode_can_be_chosen(
    spare_slave: SpareSlave, mode: str, name: str, error: str
) -> None:
    """Each other name is refused with a different errno, and nothing changes."""
    bond = spare_slave.dut.bond(mode=mode)
    answer = spare_slave.dut.attempt.write(bond, "active_slave", name)
    assert answer.error == error
    assert (answer.became == {}) == (error != "")


@claim("ACTIVE-3")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize(
    ("primary", "prio", "chosen"), [("", 0, "eth0"), ("eth2", 0, "eth2"), ("", 10, "eth2")]
)
def test_clearing_leaves_the_choice_to_the_driver(
    three_slaves: ThreeSlaves, primary: str, prio: int, by: str, chosen: str
) -> None:
    """An empty name selects the primary, or else the highest priority, or else the first slave."""
    bond = three_slaves.dut.bond(primary=primary)
    if prio:
        three_slaves.dut.set_slave(three_slaves.eth2, prio=prio)
    three_slaves.dut.set(bond, active_slave="eth1")
    answer = three_slaves.dut.attempt.set_by(by, bond, "active_slave", "")
    assert (answer.error, answer.became) == ("", {"active_slave": chosen})


def shown(bond: Bond) -> tuple[object, ...]:
    """Return the active slave as sysfs, netlink and /proc show it."""
    now = bond.now
    return (
        now.file("active_slave"),
        now.netlink["active_slave"],
        "Currently Active Slave" in now.proc,
    )


@claim("ACTIVE-4", "PROC-3")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("balance-rr", ("", "", False)),
        ("active-backup", ("eth0", "eth0", True)),
        ("balance-xor", ("", "", False)),
        ("broadcast", ("", "", False)),
        ("802.3ad", ("", "", False)),
        ("balance-tlb", ("eth0", "eth0", True)),
        ("balance-alb", ("eth0", "eth0", True)),
    ],
)
def test_only_some_modes_have_an_active_slave(
    one_switch: OneSwitch, mode: str, expected: tuple[object, ...]
) -> None:
    """Its name is shown in three modes, and nothing in the other four."""
    assert shown(one_switch.dut.bond(mode=mode)) == expected


@claim("ACTIVE-4", "PROC-2")
@control("test_only_some_modes_have_an_active_slave")
def test_no_active_slave_is_shown_as_nothing(one_switch: OneSwitch) -> None:
    """With both cables out sysfs has no name, and /proc says None and that the bond is down."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.eth1.cut()
        one_switch.after(500 * ms)
        proc = bond.now.proc
        told = (*shown(bond), proc["Currently Active Slave"], proc["MII Status"])
    assert told == ("", "", True, "None", "down")
    assert run.active_slave is None


@claim("ACTIVE-9")
def test_a_choice_by_hand_is_not_undone_by_time(one_switch: OneSwitch) -> None:
    """The primary does not take over by itself from a slave that was chosen by hand."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(2 * s)
    assert run.active_slaves == ["eth0", "eth1"]


@claim("ACTIVE-9")
@control("test_a_choice_by_hand_is_not_undone_by_time")
def test_a_choice_by_hand_ends_when_the_primary_recovers(one_switch: OneSwitch) -> None:
    """The primary takes over when its link returns, as it does without such a choice."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(500 * ms)
        one_switch.eth0.flap(down=300 * ms)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
