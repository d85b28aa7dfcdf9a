"""What a bond asks of its slaves' filters, and which slaves are asked (bonding.rst 10).

Promiscuous mode, all-multicast, and the groups that the bond has joined.
"""

import pytest

from harness import Dut, Net, claim, control, s
from scenarios.interfaces import (
    IFF_ALLMULTI,
    IFF_PROMISC,
    cable,
    command,
    flags,
    receive_all,
    receivers,
)
from scenarios.programs import FRAMES, SPACING, copies, frame
from scenarios.topologies import OneSwitch
from scenarios.variants import SpareSlave

FLAGS = {"promisc": IFF_PROMISC, "allmulticast": IFF_ALLMULTI}  # by the words of ip-link(8)
STRANGER = "02:00:00:00:00:09"  # an unused MAC
GROUP, GROUP_MAC = "239.1.2.3", "01005e010203"  # a group, and its MAC in dev_mcast (RFC 1112)
ALL, ACTIVE = ["eth0", "eth1"], ["eth0"]
SLAVES_OF_MODE = [
    ("balance-rr", ALL),
    ("balance-xor", ALL),
    ("broadcast", ALL),
    ("802.3ad", ALL),
    ("active-backup", ACTIVE),
    ("balance-tlb", ACTIVE),
    ("balance-alb", ACTIVE),
]


def set_flag(dut: Dut, setting: str, state: str) -> None:
    """Switch promiscuous mode or all-multicast of the bond on or off."""
    command(dut, f"ip link set bond0 {setting} {state}")


def slaves_with(dut: Dut, setting: str) -> list[str]:
    """Return the interfaces of the slaves that have the flag."""
    return [name for name in ALL if flags(dut, name) & FLAGS[setting]]


@claim("PROMISC-5")
@pytest.mark.parametrize(
    "setting", [pytest.param("promisc", marks=claim("PROMISC-1", "PROMISC-2")), "allmulticast"]
)
@pytest.mark.parametrize(("mode", "slaves"), SLAVES_OF_MODE)
def test_the_setting_goes_to_all_slaves_or_to_the_active_one(
    one_switch: OneSwitch, setting: str, mode: str, slaves: list[str]
) -> None:
    """Modes with an active slave set it on that slave only, the others on each slave."""
    one_switch.dut.bond(mode=mode)
    before = slaves_with(one_switch.dut, setting)
    set_flag(one_switch.dut, setting, "on")
    assert (before, slaves_with(one_switch.dut, setting)) == ([], slaves)


@claim("PROMISC-5")
@pytest.mark.parametrize(
    "setting", [pytest.param("promisc", marks=claim("PROMISC-4")), "allmulticast"]
)
@pytest.mark.parametrize("mode", [mode for mode, _ in SLAVES_OF_MODE])
@control("test_the_setting_goes_to_all_slaves_or_to_the_active_one")
def test_the_setting_is_removed_again(one_switch: OneSwitch, setting: str, mode: str) -> None:
    """A slave that is released loses it at once, the others when it is switched off."""
    bond = one_switch.dut.bond(mode=mode)
    set_flag(one_switch.dut, setting, "on")
    before = slaves_with(one_switch.dut, setting)
    one_switch.dut.release(bond, one_switch.eth0)
    after = slaves_with(one_switch.dut, setting)
    set_flag(one_switch.dut, setting, "off")
    assert (before[0], after) == ("eth0", ["eth1"])
    assert slaves_with(one_switch.dut, setting) == []


@claim("PROMISC-5")
@pytest.mark.parametrize(
    "setting", [pytest.param("promisc", marks=claim("PROMISC-3")), "allmulticast"]
)
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize(("failed", "active"), [("eth0", ["eth0", "eth1"]), ("eth1", ["eth0"])])
def test_the_setting_follows_the_active_slave(
    one_switch: OneSwitch, setting: str, mode: str, failed: str, active: list[str]
) -> None:
    """After a failover only the new active slave has it; the failure of a backup moves nothing."""
    one_switch.dut.bond(mode=mode, miimon=100)
    set_flag(one_switch.dut, setting, "on")
    before = slaves_with(one_switch.dut, setting)
    with one_switch.watch() as run:
        cable(one_switch, failed).cut()
        one_switch.after(1 * s)
    assert run.active_slaves == active
    assert (before, slaves_with(one_switch.dut, setting)) == (["eth0"], active[-1:])


def join(net: Net) -> None:
    """Let the bond join a group, and give the kernel time: it sets filters by a work queue."""
    with net.watch():
        command(net.dut, f"ip address add {GROUP}/32 dev bond0 autojoin")
        net.after(1 * s)


@claim("PROMISC-7")
@pytest.mark.parametrize(("mode", "slaves"), SLAVES_OF_MODE)
def test_a_group_of_the_bond_is_received_by_all_slaves_or_by_the_active_one(
    one_switch: OneSwitch, mode: str, slaves: list[str]
) -> None:
    """The MAC of a group is put into the filters of those slaves that the flags go to."""
    one_switch.dut.bond(mode=mode)
    before = receivers(one_switch.dut, GROUP_MAC, *ALL)
    join(one_switch)
    assert (before, receivers(one_switch.dut, GROUP_MAC, *ALL)) == ([], slaves)


@claim("PROMISC-7")
@pytest.mark.parametrize("mode", ["active-backup", "balance-tlb", "balance-alb"])
@control("test_a_group_of_the_bond_is_received_by_all_slaves_or_by_the_active_one")
@pytest.mark.parametrize(("failed", "active"), [("eth0", ["eth0", "eth1"]), ("eth1", ["eth0"])])
def test_a_group_of_the_bond_follows_the_active_slave(
    one_switch: OneSwitch, mode: str, failed: str, active: list[str]
) -> None:
    """After a failover only the new active slave receives it; a failed backup moves nothing."""
    one_switch.dut.bond(mode=mode, miimon=100)
    join(one_switch)
    before = receivers(one_switch.dut, GROUP_MAC, *ALL)
    with one_switch.watch() as run:
        cable(one_switch, failed).cut()
        one_switch.after(1 * s)
    assert run.active_slaves == active
    assert (before, receivers(one_switch.dut, GROUP_MAC, *ALL)) == (ACTIVE, active[-1:])


@claim("PROMISC-6")
@pytest.mark.parametrize(
    ("all_slaves_active", "port", "seen"),
    [("off", "eth0", 1), ("off", "eth1", 0), ("on", "eth1", 1)],
)
def test_a_capture_on_the_bond_sees_the_active_path(
    one_switch: OneSwitch, all_slaves_active: str, port: str, seen: int
) -> None:
    """Unicast to a stranger is seen where it arrives at the active slave, or at any if set so."""
    one_switch.dut.bond(all_slaves_active=all_slaves_active)
    set_flag(one_switch.dut, "promisc", "on")
    receive_all(one_switch.dut, "eth1")  # so that the bond drops it, and not the NIC
    with one_switch.watch():
        by = cable(one_switch, port)
        one_switch.sw.send(frame(STRANGER), by=by, every=SPACING, count=FRAMES)
        count = copies(one_switch, "bond0")
    assert count == seen


@claim("PROMISC-7")
@pytest.mark.parametrize(
    ("mode", "slaves"), [("balance-rr", [*ALL, "eth2"]), ("active-backup", ACTIVE)]
)
def test_a_slave_that_is_added_receives_the_groups_of_its_bond(
    spare_slave: SpareSlave, mode: str, slaves: list[str]
) -> None:
    """Groups that were joined before are put into its filter when it is enslaved."""
    bond = spare_slave.dut.bond(mode=mode)
    join(spare_slave)
    spare_slave.dut.enslave(bond, spare_slave.eth2)
    assert receivers(spare_slave.dut, GROUP_MAC, *ALL, "eth2") == slaves
