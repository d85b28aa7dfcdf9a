"""all_slaves_active: which frames that arrive at an inactive slave are delivered, and to whom."""

import pytest

from harness import claim
from scenarios.interfaces import receive_all
from scenarios.programs import EVERYONE, FRAMES, SPACING, copies, frame
from scenarios.variants import ThreeSlaves

LINK_LOCAL = "01:80:c2:00:00:0e"  # as of LLDP: no bridge forwards it (IEEE 802.1D)


@claim("ASA-4")
@pytest.mark.parametrize(
    ("to", "interface", "delivered"),
    [
        (EVERYONE, "bond0", 0),
        (EVERYONE, "eth1", 1),
        (EVERYONE, "", 0),
        (LINK_LOCAL, "bond0", 0),
        (LINK_LOCAL, "eth1", 1),
        (LINK_LOCAL, "", 1),
    ],
)
def test_who_listens_at_an_inactive_slave_hears_it(
    three_slaves: ThreeSlaves, to: str, interface: str, delivered: int
) -> None:
    """A socket of the slave gets what the bond drops; link-local frames are the slave's anyway."""
    net = three_slaves
    net.dut.bond(mode="active-backup")
    receive_all(net.dut, "eth1")  # a NIC would drop the link-local group, which nobody joined
    with net.watch():
        net.sw.send(frame(to), by=net.eth1, every=SPACING, count=FRAMES)
        count = copies(net, interface)
    assert count == delivered


@claim("ASA-3")
@pytest.mark.parametrize(
    ("before", "after", "delivered"), [("on", "off", 0), ("off", "on", 1), ("on", "on", 1)]
)
def test_a_running_bond_delivers_as_was_set_last(
    three_slaves: ThreeSlaves, before: str, after: str, delivered: int
) -> None:
    """Slaves that are inactive already deliver what arrives, or drop it, from then on."""
    net = three_slaves
    bond = net.dut.bond(mode="active-backup", all_slaves_active=before)
    net.dut.set(bond, all_slaves_active=after)
    receive_all(net.dut, "eth1")  # so that the bond drops it, and not the NIC
    with net.watch():
        net.sw.send(frame(EVERYONE), by=net.eth1, every=SPACING, count=FRAMES)
        count = copies(net, "bond0")
    assert count == delivered


@claim("ASA-5")
@pytest.mark.parametrize(
    ("mode", "own", "delivered"),
    [
        ("balance-alb", True, 1),
        ("balance-alb", False, 0),
        ("active-backup", True, 0),
        ("active-backup", False, 0),
    ],
)
def test_an_inactive_slave_of_balance_alb_delivers_unicast(
    three_slaves: ThreeSlaves, mode: str, delivered: int, *, own: bool
) -> None:
    """Frames to its own MAC are its clients'; only broadcast and multicast are copies."""
    net = three_slaves
    net.dut.bond(mode=mode)
    with net.watch():
        to = net.eth1.mac if own else EVERYONE
        net.sw.send(frame(to), by=net.eth1, every=SPACING, count=FRAMES)
        count = copies(net, "bond0")
    assert count == delivered
