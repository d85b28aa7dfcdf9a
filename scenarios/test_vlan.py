"""VLANs over a bond: their tags, their MACs, and probes in them (bonding.rst 6)."""

import pytest

from harness import MODES, NotTestable, claim, contradicted, control, s
from scenarios.interfaces import add_vlan, mac_address
from scenarios.programs import answers
from scenarios.topologies import OneSwitch
from scenarios.variants import DualStack, EmptyBond, SpareSlave

OWN, OTHER = "203.0.113.1", "203.0.113.254"  # in the VLAN: the DUT's address, the target's
OWN6, OTHER6 = "2001:db8:5::1", "2001:db8:5::fe"
RANDOM = "1"  # NET_ADDR_RANDOM (linux/netdevice.h)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("number", "reached"), [(5, True), (6, False)])
@claim("VLAN-1")
def test_frames_of_a_vlan_are_tagged(
    one_switch: OneSwitch, mode: str, number: int, *, reached: bool
) -> None:
    """A machine with an interface in the same VLAN answers, one in another VLAN does not."""
    one_switch.dut.bond(mode=mode, miimon=100)
    add_vlan(one_switch.dut, "bond0", [5], OWN)
    add_vlan(one_switch.target, "target", [number], OTHER)
    assert answers(one_switch.dut, OTHER) == reached


@pytest.mark.parametrize(
    ("offload", "number", "reached"), [("on", 5, True), ("off", 5, True), ("off", 6, False)]
)
@claim("VLAN-5")
def test_a_slave_that_cannot_tag_gets_tagged_frames(
    one_switch: OneSwitch, offload: str, number: int, *, reached: bool
) -> None:
    """Whether the slaves insert tags or not, the same VLAN of the target gets the frames."""
    one_switch.dut.bond(mode="active-backup", miimon=100)
    for link in (one_switch.eth0, one_switch.eth1):
        done = one_switch.dut.run(["ethtool", "-K", link.name, "txvlan", offload])
        if done.returncode:
            raise NotTestable(
                f"{link.name} cannot have txvlan {offload}: {done.stderr.strip()}",
                hint="choose NICs whose driver can insert tags, or not: veth does both",
            )
    add_vlan(one_switch.dut, "bond0", [5], OWN)
    add_vlan(one_switch.target, "target", [number], OTHER)
    assert answers(one_switch.dut, OTHER) == reached


@pytest.mark.parametrize(("repaired", "reached"), [(True, True), (False, False)])
@claim("VLAN-11")
def test_a_vlan_survives_a_failover(
    one_switch: OneSwitch, *, repaired: bool, reached: bool
) -> None:
    """It is reached by the second slave as by the first; with no slave it is not."""
    one_switch.dut.bond(mode="active-backup", miimon=100)
    add_vlan(one_switch.dut, "bond0", [5], OWN)
    add_vlan(one_switch.target, "target", [5], OTHER)
    before = answers(one_switch.dut, OTHER)
    with one_switch.watch():
        one_switch.eth0.cut()
        one_switch.after(1 * s)
        if not repaired:
            one_switch.eth1.cut()
            one_switch.after(1 * s)
        after = answers(one_switch.dut, OTHER)
    assert (before, after) == (True, reached)


def heard_by_target(
    net: DualStack, option: str, address: tuple[str, str, int], ids: list[int], there: list[int]
) -> bool:
    """Tell whether a target in VLANs learns from probes who asks for it.

    `address` is that of the DUT and that of the target, and the length of their prefix; `ids` are
    the tags of the DUT's VLANs from the outermost on, `there` those of the target's.
    """
    own, other, length = address
    bond = net.dut.bond(mode="active-backup", miimon=0)
    add_vlan(net.dut, "bond0", ids, own, length)
    name = add_vlan(net.target, "target", there, other, length)
    if option == "arp_ip_target":
        net.dut.set(bond, arp_ip_target=other)
    else:
        net.dut.set(bond, ns_ip6_target=other)
    with net.watch():
        net.dut.set(bond, arp_interval=100)
        net.after(1 * s)
    known = net.target.run(["ip", "neighbour", "show", "dev", name]).stdout
    return f"{own} lladdr {net.eth0.mac} " in known


IPV4, IPV6 = (OWN, OTHER, 24), (OWN6, OTHER6, 64)


@claim("VLAN-2")
@control("test_solicitations_have_two_tags")
@pytest.mark.parametrize(
    ("option", "address", "ids", "there", "heard"),
    [
        ("arp_ip_target", IPV4, [5], [5], True),
        ("arp_ip_target", IPV4, [5], [6], False),
        pytest.param("arp_ip_target", IPV4, [5, 7], [5, 7], True, marks=claim("VLAN-3")),
        pytest.param("arp_ip_target", IPV4, [5, 7], [5, 8], False, marks=claim("VLAN-3")),
        pytest.param("ns_ip6_target", IPV6, [5], [5], True, marks=claim("IPV6-6")),
        pytest.param("ns_ip6_target", IPV6, [5], [6], False, marks=claim("IPV6-6")),
    ],
)
def test_probes_have_the_tags_of_their_target(
    dual_stack: DualStack,
    option: str,
    address: tuple[str, str, int],
    ids: list[int],
    there: list[int],
    *,
    heard: bool,
) -> None:
    """Only in the VLANs of its address is a target asked by the monitor."""
    assert heard_by_target(dual_stack, option, address, ids, there) == heard


@claim("VLAN-3")
@contradicted(
    "VLAN-3",
    kernels=">=6.1",
    evidence="bond_ns_send gives bond_handle_vlan a message without an Ethernet header, and the "
    "inner tag is inserted into the message itself (difference 64)",
)
def test_solicitations_have_two_tags(dual_stack: DualStack) -> None:
    """A target of ns_ip6_target in a VLAN on a VLAN is asked as one of arp_ip_target is."""
    assert heard_by_target(dual_stack, "ns_ip6_target", IPV6, [5, 7], [5, 7])


def active_with_a_target_in(net: DualStack, ids: list[int]) -> list[str | None]:
    """Return the active slaves of 3 s under arp_validate, with a target that answers in VLANs."""
    bond = net.dut.bond(mode="active-backup", miimon=0)
    add_vlan(net.dut, "bond0", ids, OWN)
    add_vlan(net.target, "target", ids, OTHER)
    net.dut.set(bond, arp_ip_target=OTHER, arp_validate="active")
    net.dut.set(bond, arp_interval=100)
    with net.watch(healthy=False) as run:
        net.after(3 * s)
    return run.active_slaves


@claim("ARPVAL-7")
@contradicted(
    "ARPVAL-7",
    kernels=">=6.1",
    evidence="the receive path takes off one tag, so bond_rcv_validate sees the protocol 802.1Q "
    "and no ARP: the replies do not count, and the slave goes down (difference 65)",
)
def test_replies_with_two_tags_are_valid(dual_stack: DualStack) -> None:
    """A target in a VLAN on a VLAN answers every probe: its slave stays the active one."""
    assert active_with_a_target_in(dual_stack, [5, 7]) == ["eth0"]


@claim("ARPVAL-7")
@control("test_replies_with_two_tags_are_valid")
def test_replies_with_one_tag_are_valid(dual_stack: DualStack) -> None:
    """The same with a target in a VLAN."""
    assert active_with_a_target_in(dual_stack, [5]) == ["eth0"]


@claim("VLAN-6")
@contradicted(
    "VLAN-6",
    kernels=">=5.10",
    evidence="bond_setup leaves the address to bond_init, which draws a random one "
    "(eth_hw_addr_random; difference 37)",
)
def test_a_bond_without_slaves_has_no_mac(empty_bond: EmptyBond) -> None:
    """Until its first slave a bond's MAC is zero."""
    empty_bond.dut.bond()
    assert mac_address(empty_bond.dut, "bond0") == "00:00:00:00:00:00"


@claim("VLAN-6", "VLAN-9")
@control("test_a_bond_without_slaves_has_no_mac")
def test_a_bond_has_the_mac_of_its_next_first_slave(empty_bond: EmptyBond) -> None:
    """Its MAC is random without a slave, and again after the last was released."""
    dut = empty_bond.dut
    bond, kinds, macs = dut.bond(), [], []
    for change in (None, dut.enslave, dut.release, dut.enslave):
        if change is not None:
            change(bond, empty_bond.eth0)
        kinds.append((dut.read_file("/sys/class/net/bond0/addr_assign_type") or "").strip())
        macs.append(mac_address(dut, "bond0"))
    assert (kinds[0], kinds[2]) == (RANDOM, RANDOM)
    assert macs[1] == macs[3] == empty_bond.eth0.mac
    assert empty_bond.eth0.mac not in {macs[0], macs[2]}


@claim("VLAN-7")
@contradicted(
    "VLAN-7",
    kernels=">=5.10",
    evidence="vlan_device_event copies the bond's new address to a VLAN that inherited the old "
    "one (vlan_sync_address, vlan_dev.c; difference 38)",
)
def test_a_vlan_made_before_the_first_slave_keeps_its_mac(empty_bond: EmptyBond) -> None:
    """The MAC of a VLAN is that of the bond when the VLAN was made."""
    bond = empty_bond.dut.bond()
    name = add_vlan(empty_bond.dut, "bond0", [5])
    before = mac_address(empty_bond.dut, name)
    empty_bond.dut.enslave(bond, empty_bond.eth0)
    assert mac_address(empty_bond.dut, name) == before


@claim("VLAN-7", "VLAN-8")
@control("test_a_vlan_made_before_the_first_slave_keeps_its_mac")
@pytest.mark.parametrize("released", [False, True])
def test_a_vlan_has_the_mac_of_its_bond(spare_slave: SpareSlave, *, released: bool) -> None:
    """It follows the bond, also when other slaves have replaced all of its slaves."""
    dut, bond = spare_slave.dut, spare_slave.dut.bond()
    name = add_vlan(dut, "bond0", [5])
    if released:
        dut.release(bond, spare_slave.eth0)
        dut.release(bond, spare_slave.eth1)
        dut.enslave(bond, spare_slave.eth2)
    own = spare_slave.eth2.mac if released else spare_slave.eth0.mac
    assert (mac_address(dut, "bond0"), mac_address(dut, name)) == (own, own)
