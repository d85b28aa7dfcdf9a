"""Where a bond gets its MAC and MTU from, and what its slaves get back (bonding.rst 15.8)."""

import pytest

from harness import claim, control, s
from scenarios.interfaces import command, mac_address
from scenarios.variants import SpareSlave

FREE, BUSY = "02:00:00:00:00:07", "02:00:00:00:00:08"  # MACs: an unused one, another macvlan's


@claim("MAC-5")
def test_a_released_slave_has_its_own_mac_again(spare_slave: SpareSlave) -> None:
    """While it is a slave it has the MAC of the bond."""
    bond = spare_slave.dut.bond()
    enslaved = mac_address(spare_slave.dut, "eth1")
    spare_slave.dut.release(bond, spare_slave.eth1)
    assert enslaved == spare_slave.eth0.mac
    assert mac_address(spare_slave.dut, "eth1") == spare_slave.eth1.mac


@claim("FOM-FOLLOW-1", "FOM-FOLLOW-2")
@control("test_a_released_slave_has_its_own_mac_again")
def test_follow_swaps_the_macs_of_a_first_slave_without_carrier(spare_slave: SpareSlave) -> None:
    """The second slave gets the bond's MAC, which is that of the first, and this one the other."""
    net = spare_slave
    net.eth0.cut()
    net.dut.bond(mode="active-backup", fail_over_mac="follow")
    with net.watch(healthy=False):
        net.after(1 * s)
    own, other = net.eth0.mac, net.eth1.mac
    assert [mac_address(net.dut, name) for name in ("bond0", "eth0", "eth1")] == [own, other, own]


@claim("MAC-2")
@control("test_a_released_slave_has_its_own_mac_again")
def test_the_slave_that_stays_keeps_the_mac_of_the_bond(spare_slave: SpareSlave) -> None:
    """It is that of the slave that was released: the bond keeps the MAC of its first slave."""
    bond = spare_slave.dut.bond()
    spare_slave.dut.release(bond, spare_slave.eth0)
    assert (
        mac_address(spare_slave.dut, "bond0")
        == mac_address(spare_slave.dut, "eth1")
        == spare_slave.eth0.mac
    )


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00:07"], ids=["first slave's", "set by hand"])
@claim("MAC-3")
def test_a_bond_without_slaves_has_a_random_mac(spare_slave: SpareSlave, mac: str) -> None:
    """It draws one when its last slave goes, also where a MAC was set by hand."""
    bond = spare_slave.dut.bond()
    if mac:
        spare_slave.dut.set_mac(bond, mac)
    before = mac_address(spare_slave.dut, "bond0")
    spare_slave.dut.release(bond, spare_slave.eth0)
    with_one = mac_address(spare_slave.dut, "bond0")
    spare_slave.dut.release(bond, spare_slave.eth1)
    assert before == with_one == (mac or spare_slave.eth0.mac)
    assert mac_address(spare_slave.dut, "bond0") not in (
        before,
        spare_slave.eth0.mac,
        spare_slave.eth1.mac,
    )


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00:07"], ids=["first slave's", "set by hand"])
@claim("MAC-3")
@control("test_a_bond_without_slaves_has_a_random_mac")
def test_a_bond_that_is_set_down_keeps_its_mac(spare_slave: SpareSlave, mac: str) -> None:
    """Down and up again, it has the same one."""
    bond = spare_slave.dut.bond()
    if mac:
        spare_slave.dut.set_mac(bond, mac)
    before = mac_address(spare_slave.dut, "bond0")
    with spare_slave.dut.take_down(bond):
        down = mac_address(spare_slave.dut, "bond0")
    assert before == down == mac_address(spare_slave.dut, "bond0") == (mac or spare_slave.eth0.mac)


def mtus(net: SpareSlave) -> list[str]:
    """Return the MTUs of the bond and of the three interfaces."""
    names = ("bond0", "eth0", "eth1", "eth2")
    return [str(net.dut.read_file(f"/sys/class/net/{name}/mtu")).strip() for name in names]


@claim("MAC-6")
def test_slaves_take_the_mtu_of_the_bond_and_get_theirs_back(spare_slave: SpareSlave) -> None:
    """Those that it has, one that joins, and one that leaves."""
    bond = spare_slave.dut.bond()
    spare_slave.dut.write_file("/sys/class/net/bond0/mtu", "1400")
    changed = mtus(spare_slave)
    spare_slave.dut.enslave(bond, spare_slave.eth2)
    joined = mtus(spare_slave)
    spare_slave.dut.release(bond, spare_slave.eth0)
    assert changed == ["1400", "1400", "1400", "1500"]
    assert joined == ["1400", "1400", "1400", "1400"]
    assert mtus(spare_slave) == ["1400", "1500", "1400", "1400"]


@claim("MAC-6")
@control("test_slaves_take_the_mtu_of_the_bond_and_get_theirs_back")
def test_the_mtu_of_a_slave_is_its_own_affair(spare_slave: SpareSlave) -> None:
    """Set on a slave, it changes neither the bond's nor that of another slave."""
    spare_slave.dut.bond()
    spare_slave.dut.write_file("/sys/class/net/eth0/mtu", "1400")
    assert mtus(spare_slave) == ["1500", "1400", "1500", "1500"]


def add_macvlan_slave(net: SpareSlave) -> None:
    """Enslave a macvlan over the spare interface, which refuses what that cannot take."""
    for words in (
        "set eth2 up",
        f"add link eth2 name other address {BUSY} type macvlan mode bridge",
        "set other up",
        "add link eth2 name upper type macvlan mode bridge",
        "set upper master bond0",
    ):
        command(net.dut, f"ip link {words}")


@claim("MAC-7")
@pytest.mark.parametrize(
    ("mac", "error", "changed"), [(FREE, "", True), (BUSY, "EADDRINUSE", False)]
)
def test_a_mac_that_a_slave_refuses_changes_nothing(
    spare_slave: SpareSlave, mac: str, error: str, *, changed: bool
) -> None:
    """The slaves that had accepted it get the old one back."""
    net, bond = spare_slave, spare_slave.dut.bond()
    add_macvlan_slave(net)
    answer = net.dut.attempt.set_mac(bond, mac)
    assert answer.error == error
    kept = mac if changed else net.eth0.mac
    assert [mac_address(net.dut, name) for name in ("bond0", "eth0", "eth1", "upper")] == [
        kept
    ] * 4


@claim("MAC-7")
@pytest.mark.parametrize(
    ("below", "error", "after"), [("9000", "", "9000"), ("1500", "EINVAL", "1500")]
)
def test_an_mtu_that_a_slave_refuses_changes_nothing(
    spare_slave: SpareSlave, below: str, error: str, after: str
) -> None:
    """A macvlan refuses an MTU beyond that of its interface, and the others get theirs back."""
    net, bond = spare_slave, spare_slave.dut.bond()
    add_macvlan_slave(net)
    net.dut.write_file("/sys/class/net/eth2/mtu", below)
    answer = net.dut.attempt.write_file(bond, "/sys/class/net/bond0/mtu", "9000")
    assert answer.error == error
    assert mtus(net) == [after, after, after, below]
