"""primary: the slave that is used whenever it is up, set before or after it is enslaved."""

import pytest

from harness import claim, control, ms, s
from scenarios.topologies import TARGET, OneSwitch
from scenarios.variants import SpareSlave, ThreeSlaves

WITH_PRIMARY = ("active-backup", "balance-tlb", "balance-alb")


@claim("PRIMARY-1", "PRIMARY-2", "PRESEL-1")
@pytest.mark.parametrize("mode", WITH_PRIMARY)
@pytest.mark.parametrize(
    ("primary", "used"), [("eth2", ["eth2", "eth0", "eth2"]), ("eth1", ["eth1"])]
)
def test_others_are_used_only_while_the_primary_is_down(
    three_slaves: ThreeSlaves, mode: str, primary: str, used: list[str]
) -> None:
    """The primary is active from the start, and again as soon as its link is back."""
    three_slaves.dut.bond(mode=mode, primary=primary)
    with three_slaves.watch() as run:
        three_slaves.eth2.flap(down=400 * ms)
    assert run.active_slaves == used


@claim("PRIMARY-1", "PRESEL-1")
@pytest.mark.parametrize(
    ("primary", "used"), [("eth0", ["eth0", "eth1", "eth0"]), (None, ["eth0", "eth1"])]
)
def test_the_arp_monitor_returns_to_the_primary_only(
    one_switch: OneSwitch, primary: str | None, used: list[str]
) -> None:
    """A slave that answers again is active again if it is the primary."""
    one_switch.dut.bond(arp_interval=100, arp_ip_target=TARGET, primary=primary)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=1 * s)
    assert run.active_slaves == used


@claim("PRIMARY-3")
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
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
def test_a_primary_needs_a_mode_that_has_an_active_slave(
    one_switch: OneSwitch, mode: str, by: str, error: str
) -> None:
    """In the four other modes it is refused and none is set."""
    bond = one_switch.dut.bond(mode=mode)
    answer = one_switch.dut.attempt.set_by(by, bond, "primary", "eth1")
    assert answer.error == error
    assert bond.now.file("primary") == ("" if error else "eth1")


@claim("PRIMARY-4", "PRIMARY-8")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize("primary_reselect", ["always", "better", "failure"])
def test_a_new_primary_is_active_at_once(
    one_switch: OneSwitch, primary_reselect: str, by: str
) -> None:
    """Whatever the policy, the slave is active when the request that names it returns."""
    bond = one_switch.dut.bond(primary="eth0", primary_reselect=primary_reselect)
    answer = one_switch.dut.attempt.set_by(by, bond, "primary", "eth1")
    assert (answer.error, answer.became) == ("", {"primary": "eth1", "active_slave": "eth1"})


@claim("PRIMARY-4")
@control("test_a_new_primary_is_active_at_once")
def test_the_same_primary_again_changes_nothing(one_switch: OneSwitch) -> None:
    """The active slave that becomes the primary stays the active slave."""
    bond = one_switch.dut.bond()
    answer = one_switch.dut.attempt.set(bond, primary="eth0")
    assert (answer.error, answer.became) == ("", {"primary": "eth0"})


@claim("PRIMARY-5")
def test_a_primary_can_be_named_before_it_is_enslaved(spare_slave: SpareSlave) -> None:
    """The name is remembered, shown from the enslavement on, and the slave is active then."""
    bond = spare_slave.dut.bond()
    named = spare_slave.dut.attempt.write(bond, "primary", "eth2")
    before = bond.now.file("primary")
    enslaved = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert (named.error, named.became, before) == ("", {}, "")
    assert (enslaved.error, enslaved.became) == ("", {"primary": "eth2", "active_slave": "eth2"})


@claim("PRIMARY-5")
@control("test_a_primary_can_be_named_before_it_is_enslaved")
def test_a_slave_that_was_not_named_becomes_a_backup(spare_slave: SpareSlave) -> None:
    """Enslaved later than the others and without a word about it, it is not used."""
    bond = spare_slave.dut.bond()
    answer = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert (answer.error, answer.became) == ("", {})
    assert bond.now.slave(spare_slave.eth2)["state"] == "backup"


@claim("PRIMARY-5")
def test_a_primary_that_is_released_is_remembered(spare_slave: SpareSlave) -> None:
    """It is active again when it is enslaved again."""
    bond = spare_slave.dut.bond(primary="eth1")
    released = spare_slave.dut.attempt.release(bond, spare_slave.eth1)
    again = spare_slave.dut.attempt.enslave(bond, spare_slave.eth1)
    assert released.became == {"primary": "", "active_slave": "eth0"}
    assert again.became == {"primary": "eth1", "active_slave": "eth1"}


@claim("PRIMARY-5")
@control("test_a_primary_that_is_released_is_remembered")
def test_an_active_slave_that_is_released_is_not(spare_slave: SpareSlave) -> None:
    """Without a primary the slave that took over stays active."""
    bond = spare_slave.dut.bond()
    released = spare_slave.dut.attempt.release(bond, spare_slave.eth0)
    again = spare_slave.dut.attempt.enslave(bond, spare_slave.eth0)
    assert released.became == {"active_slave": "eth1"}
    assert again.became == {}


@claim("PRIMARY-7")
def test_netlink_with_an_unknown_interface_clears_the_primary(one_switch: OneSwitch) -> None:
    """An index that no interface has is accepted, and no primary is left."""
    bond = one_switch.dut.bond(primary="eth0")
    answer = one_switch.dut.attempt.set(bond, primary="9999")
    assert (answer.error, answer.became) == ("", {"primary": ""})


@claim("PRIMARY-7", "PRIMARY-5")
@control("test_netlink_with_an_unknown_interface_clears_the_primary")
def test_sysfs_with_an_unknown_name_remembers_it(spare_slave: SpareSlave) -> None:
    """A name that is no slave replaces the primary, and counts once there is such a slave."""
    bond = spare_slave.dut.bond(primary="eth0")
    named = spare_slave.dut.attempt.write(bond, "primary", "eth2")
    enslaved = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert (named.error, named.became) == ("", {"primary": ""})
    assert enslaved.became == {"primary": "eth2", "active_slave": "eth2"}


@claim("PRIMARY-6")
@pytest.mark.parametrize(
    ("renamed", "shown"), [("eth1", ("", "eth1")), ("eth0", ("eth1", "eth1"))]
)
def test_a_primary_that_is_renamed_is_none(
    one_switch: OneSwitch, renamed: str, shown: tuple[str, str]
) -> None:
    """A slave with another name is not the primary any more, and is it again with its old name."""
    bond = one_switch.dut.bond(primary="eth1")
    link = one_switch.eth1 if renamed == "eth1" else one_switch.eth0
    link.admin_down()
    one_switch.dut.rename(link, "uplink")
    meanwhile = bond.now.file("primary")
    one_switch.dut.rename(link, renamed)
    assert (meanwhile, bond.now.file("primary")) == shown


@claim("PRIMARY-6")
@control("test_a_primary_that_is_renamed_is_none")
def test_a_slave_that_gets_the_name_of_the_primary_is_it(one_switch: OneSwitch) -> None:
    """The name that was remembered counts from when a slave has it."""
    bond = one_switch.dut.bond()
    one_switch.dut.write(bond, "primary", "uplink")
    before = bond.now.file("primary")
    one_switch.eth1.admin_down()
    one_switch.dut.rename(one_switch.eth1, "uplink")
    assert (before, bond.now.file("primary")) == ("", "uplink")
