"""Enslaving and releasing: what can be a slave of a bond, and which MAC a bond can have."""

import pytest

from harness import claim, contradicted, control, ms, s
from scenarios.interfaces import frames_counted, mac_address
from scenarios.programs import EVERYONE, RAW_SENDER, frame, python
from scenarios.topologies import DUT, OneSwitch
from scenarios.variants import SpareSlave, TwoBonds

MANY = 50  # frames: more than a failover announces
# In one program: after a program the harness reads the bonds again, and their counters with that.
SENDS_AND_RELEASES = f"""
{RAW_SENDER}
import fcntl, struct
with socket.socket() as control:
    fcntl.ioctl(control, 0x8991, struct.pack("16s16s", b"bond0", b"eth0"))  # SIOCBONDRELEASE
"""


@claim("REJ-9")
@pytest.mark.parametrize(
    ("mac", "error"),
    [
        ("01:00:5e:00:00:01", "EADDRNOTAVAIL"),
        ("00:00:00:00:00:00", "EADDRNOTAVAIL"),
        ("02:00:00:00:00:99", ""),
    ],
)
def test_a_bond_needs_a_valid_mac(one_switch: OneSwitch, mac: str, error: str) -> None:
    """A multicast address and zero are refused, and bond and slaves keep their MAC."""
    bond = one_switch.dut.bond()
    before = one_switch.dut.read_file("/sys/class/net/bond0/address")
    answer = one_switch.dut.attempt.set_mac(bond, mac)
    assert answer.error == error
    assert one_switch.dut.read_file("/sys/class/net/bond0/address") == (
        before if error else f"{mac}\n"
    )


@claim("REJ-9")
@pytest.mark.parametrize(
    ("mac", "made"), [("01:00:5e:00:00:01", False), ("02:00:00:00:00:99", True)]
)
def test_a_bond_is_made_with_a_valid_mac_only(
    one_switch: OneSwitch, mac: str, *, made: bool
) -> None:
    """A request for a bond with a multicast address makes none."""
    dut = one_switch.dut
    dut.bond()
    done = dut.run(["ip", "link", "add", "other", "address", mac, "type", "bond"])
    assert (done.returncode == 0) == made
    assert (dut.read_file("/sys/class/net/other/address") is not None) == made


@claim("REJ-7", "CFG-2")
@control("test_bonds_can_be_slaves_but_not_in_a_circle")
def test_an_interface_that_is_up_cannot_be_enslaved(spare_slave: SpareSlave) -> None:
    """By netlink and by sysfs it is refused with EPERM."""
    bond = spare_slave.dut.bond()
    spare_slave.eth2.admin_up()
    netlink = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    sysfs = spare_slave.dut.attempt.write(bond, "slaves", "+eth2")
    assert (netlink.error, sysfs.error) == ("EPERM", "EPERM")
    assert "while up" in netlink.detail
    assert bond.now.slave(spare_slave.eth2) == {}


@claim("REJ-7")
@control("test_bonds_can_be_slaves_but_not_in_a_circle")
def test_a_bond_is_not_its_own_slave(two_bonds: TwoBonds) -> None:
    """It is refused with EPERM, up or down."""
    bond = two_bonds.dut.bond("bond0")
    up = two_bonds.dut.attempt.enslave(bond, bond)
    with two_bonds.dut.take_down(bond):
        down = two_bonds.dut.attempt.enslave(bond, bond)
    assert (up.error, down.error) == ("EPERM", "EPERM")


@claim("REJ-7")
@control("test_bonds_can_be_slaves_but_not_in_a_circle")
def test_a_slave_of_another_bond_is_in_use(two_bonds: TwoBonds) -> None:
    """A slave that sysfs gives to a second bond is refused with EBUSY, and stays where it is."""
    first, second = two_bonds.dut.bond("bond0"), two_bonds.dut.bond("bond1")
    answer = two_bonds.dut.attempt.write(second, "slaves", "+eth0")
    assert answer.error == "EBUSY"
    assert (first.now.file("slaves"), second.now.file("slaves")) == ("eth0", "")


@claim("REJ-8", "CFG-1")
def test_bonds_can_be_slaves_but_not_in_a_circle(two_bonds: TwoBonds) -> None:
    """A bond can be a slave of a second one, which can then not be a slave of the first."""
    first, second = two_bonds.dut.bond("bond0"), two_bonds.dut.bond("bond1")
    with two_bonds.dut.take_down(second):
        into = two_bonds.dut.attempt.enslave(first, second)
    with two_bonds.dut.take_down(first):
        back = two_bonds.dut.attempt.enslave(second, first)
    assert (into.error, back.error) == ("", "EBUSY")
    assert first.now.file("slaves") == "eth0 bond1"


@claim("SYSFS-14")
@pytest.mark.parametrize(("sent", "counted"), [(MANY, True), (0, False)])
def test_the_counters_of_a_bond_keep_those_of_its_released_slaves(
    one_switch: OneSwitch, sent: int, *, counted: bool
) -> None:
    """Frames that a slave has sent are counted, though nobody read them before its release."""
    one_switch.dut.bond(mode="active-backup")
    (before,) = frames_counted(one_switch, "tx", "bond0")
    python(one_switch.dut, SENDS_AND_RELEASES, "bond0", str(sent), frame(EVERYONE).hex())
    (after,) = frames_counted(one_switch, "tx", "bond0")
    assert (after - before >= MANY) == counted


@claim("MODE-ALB-1")
def test_a_client_is_told_when_its_slave_takes_the_mac_of_the_bond(one_switch: OneSwitch) -> None:
    """The slave becomes active by hand; its client, which knew the MAC before, is told."""
    bond = one_switch.dut.bond(mode="balance-alb")
    with one_switch.watch(every=100 * ms) as run:
        one_switch.eth1.flap(down=1 * s)  # the client is given the MAC of eth1 when that returns
        one_switch.after(5 * s)
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(8 * s)
        mac = mac_address(one_switch.dut, "eth1")
    assert mac != one_switch.eth1.mac
    assert run.answers(DUT)[-1].mac == mac


@claim("MODE-ALB-1")
@control("test_a_client_is_told_when_its_slave_takes_the_mac_of_the_bond")
@contradicted(
    "MODE-ALB-1",
    kernels=">=6.1",
    evidence="bond_alb_handle_active_change gives the new active slave the MAC of the bond, and "
    "tells clients of its former one nothing if the old active slave has left (difference 73)",
)
def test_a_client_knows_the_mac_of_a_slave_when_the_active_one_has_left(
    one_switch: OneSwitch,
) -> None:
    """The slave becomes active because the other one is released."""
    bond = one_switch.dut.bond(mode="balance-alb")
    with one_switch.watch(every=100 * ms) as run:
        one_switch.eth1.flap(down=1 * s)
        one_switch.after(5 * s)
        one_switch.dut.release(bond, one_switch.eth0)
        one_switch.after(8 * s)
        mac = mac_address(one_switch.dut, "eth1")
    assert run.answers(DUT)[-1].mac == mac
