"""prio: which backup slave takes over, and whether one of higher priority waits for its turn."""

import pytest

from harness import claim, contradicted, control, ms, s
from scenarios.topologies import TARGET, OneSwitch
from scenarios.variants import SpareSlave, ThreeSlaves

DOWN = 300 * ms
LOWEST, HIGHEST = -(2**31), 2**31 - 1


@claim("PRIO-1")
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize(
    ("prios", "used"),
    [
        ((0, 10, 20), ["eth2", "eth1"]),
        ((10, 0, 20), ["eth2", "eth0"]),
        ((10, 20, 0), ["eth1"]),
        ((-20, -10, 0), ["eth2", "eth1"]),
    ],
    ids=str,
)
def test_the_highest_priority_takes_over(
    three_slaves: ThreeSlaves, mode: str, prios: tuple[int, int, int], used: list[str]
) -> None:
    """Of the slaves that are up the one with the highest number is active."""
    three_slaves.dut.bond(mode=mode)
    three_slaves.dut.set_slave(three_slaves.eth0, prio=prios[0])
    three_slaves.dut.set_slave(three_slaves.eth1, prio=prios[1])
    three_slaves.dut.set_slave(three_slaves.eth2, prio=prios[2])
    with three_slaves.watch() as run:
        three_slaves.eth2.cut()
    assert run.active_slaves == used


@claim("PRIO-2")
@pytest.mark.parametrize(
    ("primary", "used"), [("eth0", ["eth0", "eth2", "eth0"]), (None, ["eth2"])]
)
def test_the_primary_outranks_every_priority(
    three_slaves: ThreeSlaves, primary: str | None, used: list[str]
) -> None:
    """A primary of priority 0 is preferred to a slave of the highest priority."""
    three_slaves.dut.bond(primary=primary)
    three_slaves.dut.set_slave(three_slaves.eth2, prio=HIGHEST)
    with three_slaves.watch() as run:
        three_slaves.eth0.flap(down=DOWN)
    assert run.active_slaves == used


@claim("PRIO-3")
@pytest.mark.parametrize(
    ("primary_reselect", "used"),
    [
        ("always", ["eth1", "eth0", "eth1"]),
        ("better", ["eth1", "eth0"]),
        ("failure", ["eth1", "eth0"]),
    ],
)
def test_a_higher_priority_that_recovers_follows_the_policy(
    three_slaves: ThreeSlaves, primary_reselect: str, used: list[str]
) -> None:
    """It takes over as a primary would: always, if it is faster, or if the active slave fails."""
    bond = three_slaves.dut.bond()
    three_slaves.dut.set_slave(three_slaves.eth1, prio=10)
    three_slaves.dut.set(bond, primary_reselect=primary_reselect)
    with three_slaves.watch() as run:
        three_slaves.eth1.flap(down=DOWN)
    assert run.active_slaves == used


@claim("PRIO-3")
@pytest.mark.parametrize(("prio", "used"), [(10, ["eth1", "eth0", "eth1"]), (0, ["eth0"])])
def test_the_arp_monitor_returns_to_the_highest_priority(
    three_slaves: ThreeSlaves, prio: int, used: list[str]
) -> None:
    """A slave that answers again is active again if its priority is higher."""
    three_slaves.dut.bond(arp_interval=100, arp_ip_target=TARGET)
    three_slaves.dut.set_slave(three_slaves.eth1, prio=prio)
    with three_slaves.watch() as run:
        three_slaves.eth1.flap(down=1 * s)
    assert run.active_slaves == used


@claim("PRIO-4")
@pytest.mark.parametrize(
    ("prio", "kept"), [(None, 0), (LOWEST, LOWEST), (-1, -1), (HIGHEST, HIGHEST)]
)
def test_a_priority_is_a_signed_number_of_32_bits(
    one_switch: OneSwitch, prio: int | None, kept: int
) -> None:
    """The extremes are kept as they are; nothing is set by default."""
    bond = one_switch.dut.bond()
    if prio is not None:
        one_switch.dut.set_slave(one_switch.eth1, prio=prio)
    assert bond.now.slave(one_switch.eth1)["prio"] == kept


@claim("PRIO-5")
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("balance-rr", "EACCES"),
        ("active-backup", ""),
        ("balance-xor", "EACCES"),
        ("broadcast", "EACCES"),
        ("802.3ad", "EACCES"),
        ("balance-tlb", ""),
        ("balance-alb", ""),
    ],
)
def test_a_priority_needs_a_mode_that_has_an_active_slave(
    one_switch: OneSwitch, mode: str, error: str
) -> None:
    """In the four other modes it is refused and stays 0; sysfs has no file for it."""
    bond = one_switch.dut.bond(mode=mode)
    answer = one_switch.dut.attempt.set_slave(bond, one_switch.eth1, prio=7)
    assert answer.error == error
    assert bond.now.slave(one_switch.eth1)["prio"] == (0 if error else 7)
    assert bond.now.slave_file(one_switch.eth1, "prio") is None


@claim("PRIO-6")
@pytest.mark.parametrize(
    ("primary", "used", "warned"), [(None, ["eth0", "eth1"], False), ("eth0", ["eth0"], True)]
)
def test_a_new_priority_selects_at_once_unless_there_is_a_primary(
    one_switch: OneSwitch, primary: str | None, used: list[str], *, warned: bool
) -> None:
    """With a primary a warning in the kernel's log is all that follows."""
    bond = one_switch.dut.bond(primary=primary)
    with one_switch.watch() as run:
        answer = one_switch.dut.attempt.set_slave(bond, one_switch.eth1, prio=10)
    assert ("active_slave" in answer.became) != warned
    assert run.active_slaves == used
    assert bool(run.kernel_said("will not affect failover re-selection")) == warned


@claim("MODE-AB-3", "PRIO-7")
@contradicted(
    "MODE-AB-3",
    kernels=">=6.1",
    evidence="where there is no primary, bond_choose_primary_or_current takes the first slave of "
    "the list for one, so any reselection moves the bond (difference 7)",
)
@pytest.mark.parametrize("event", ["enslave", "primary_reselect", "prio"])
def test_only_a_failure_moves_the_bond(spare_slave: SpareSlave, event: str) -> None:
    """A working active slave stays active, whatever is set or enslaved."""
    bond = spare_slave.dut.bond()
    spare_slave.dut.set(bond, active_slave="eth1")
    if event == "enslave":
        spare_slave.dut.enslave(bond, spare_slave.eth2)
    elif event == "prio":
        spare_slave.dut.set_slave(spare_slave.eth0, prio=0)
    else:
        spare_slave.dut.set(bond, primary_reselect="always")
    assert bond.now.netlink["active_slave"] == "eth1"


@claim("MODE-AB-3", "PRIO-7")
@control("test_only_a_failure_moves_the_bond")
@pytest.mark.parametrize("event", ["enslave", "primary_reselect"])
def test_a_primary_is_not_moved(spare_slave: SpareSlave, event: str) -> None:
    """The same events leave a bond alone whose active slave is its primary."""
    bond = spare_slave.dut.bond(primary="eth1")
    if event == "enslave":
        spare_slave.dut.enslave(bond, spare_slave.eth2)
    else:
        spare_slave.dut.set(bond, primary_reselect="always")
    assert bond.now.netlink["active_slave"] == "eth1"
