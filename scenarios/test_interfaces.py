"""The interfaces by which a bond is made, changed and shown: sysfs, netlink, the old ioctl."""

import pytest

from harness import claim, contradicted, control
from scenarios.interfaces import command, flags
from scenarios.programs import python
from scenarios.variants import EmptyBond, SpareSlave, TwoBonds

MASTERS = "/sys/class/net/bonding_masters"
IFF_UP = 1  # linux/if.h
# SIOCBONDENSLAVE, SIOCBONDCHANGEACTIVE, SIOCBONDRELEASE (linux/sockios.h) with two names each.
IFENSLAVE = """
import fcntl, socket, struct
control = socket.socket()
for number, name in ((0x8990, b"eth2"), (0x8995, b"eth1"), (0x8991, b"eth0")):
    fcntl.ioctl(control, number, struct.pack("16s16s", b"bond0", name))
"""
# A namespace that exists for as long as a process is in it.
MOVE = """
unshare --net sleep 9 & other=$!
sleep 0.2; ip link set "$1" netns $other; status=$?
kill $other; exit $status
"""


@claim("SYSFS-1", "SYSFS-7")
@pytest.mark.parametrize(
    ("text", "error", "masters"),
    [
        ("+uplink", "", "bond0 bond1 uplink"),
        ("-bond1", "", "bond0"),
        ("+bond1", "EEXIST", "bond0 bond1"),
        ("-nobody", "ENODEV", "bond0 bond1"),
        ("-eth0", "ENODEV", "bond0 bond1"),
        ("uplink", "EPERM", "bond0 bond1"),
        ("+", "EPERM", "bond0 bond1"),
    ],
)
def test_bonds_are_made_and_removed_by_name(
    two_bonds: TwoBonds, text: str, error: str, masters: str
) -> None:
    """A sign and a name in bonding_masters make or remove a bond; reading lists all of them."""
    bond = two_bonds.dut.bond("bond0")
    two_bonds.dut.bond("bond1")
    answer = two_bonds.dut.attempt.write_file(bond, MASTERS, text)
    assert answer.error == error
    assert (two_bonds.dut.read_file(MASTERS) or "").split() == masters.split()


@claim("SYSFS-7")
@control("test_bonds_are_made_and_removed_by_name")
def test_bonds_come_and_go_again(two_bonds: TwoBonds) -> None:
    """A bond made and removed ten times leaves nothing, and its slave is free again."""
    dut = two_bonds.dut
    dut.bond("bond0")
    dut.write_file("/sys/class/net/bond0/bonding/slaves", "-eth0")
    for _ in range(10):
        dut.write_file(MASTERS, "+uplink")
        dut.write_file("/sys/class/net/uplink/bonding/slaves", "+eth0")
        dut.write_file(MASTERS, "-uplink")
    assert dut.read_file(MASTERS) == "bond0\n"
    assert dut.read_file("/sys/class/net/eth0/bonding_slave/state") is None


@claim("SYSFS-3")
@control("test_slaves_are_added_and_released_by_name")
def test_a_slave_that_is_released_is_down(spare_slave: SpareSlave) -> None:
    """The driver has brought it up, and sets it down; the slave that stays is up."""
    bond = spare_slave.dut.bond()
    spare_slave.dut.attempt.write(bond, "slaves", "-eth0")
    up = [flags(spare_slave.dut, name) & IFF_UP for name in ("eth0", "eth1")]
    assert up == [0, IFF_UP]


@claim("SYSFS-3", "REJ-13")
@pytest.mark.parametrize(
    ("text", "error", "slaves"),
    [
        ("+eth2", "", "eth0 eth1 eth2"),
        ("-eth0", "", "eth1"),
        ("+nobody", "ENODEV", "eth0 eth1"),
        ("-eth2", "EINVAL", "eth0 eth1"),
        ("-lo", "EINVAL", "eth0 eth1"),
        ("eth2", "EPERM", "eth0 eth1"),
        ("+eth0", "EBUSY", "eth0 eth1"),
    ],
)
def test_slaves_are_added_and_released_by_name(
    spare_slave: SpareSlave, text: str, error: str, slaves: str
) -> None:
    """A sign and a name in bonding/slaves enslave or free an interface; reading lists them."""
    bond = spare_slave.dut.bond()
    answer = spare_slave.dut.attempt.write(bond, "slaves", text)
    assert answer.error == error
    assert spare_slave.dut.read_file("/sys/class/net/bond0/bonding/slaves") == f"{slaves}\n"
    assert " ".join(bond.now.proc.slaves) == slaves


@claim("SYSFS-5")
@control("test_slaves_are_added_and_released_by_name")
def test_a_slave_is_freed_without_knowing_its_bond(spare_slave: SpareSlave) -> None:
    """The slave's link `master` leads to the file of its bond."""
    bond = spare_slave.dut.bond()
    spare_slave.dut.write_file("/sys/class/net/eth1/master/bonding/slaves", "-eth1")
    assert bond.now.file("slaves") == "eth0"
    assert spare_slave.dut.read_file("/sys/class/net/eth1/master/bonding/slaves") is None


@claim("SYSFS-4")
@contradicted(
    "SYSFS-4",
    kernels=">=5.10",
    evidence="netdev_adjacent_sysfs_add names the links lower_ and upper_, none slave_ "
    "(difference 33)",
)
def test_the_bonds_directory_leads_to_a_slave(spare_slave: SpareSlave) -> None:
    """There is a link slave_<name> in the bond's directory for each slave."""
    spare_slave.dut.bond()
    assert spare_slave.dut.read_file("/sys/class/net/bond0/slave_eth0/address") is not None


@claim("SYSFS-4")
@control("test_the_bonds_directory_leads_to_a_slave")
@pytest.mark.parametrize("link", ["bond0/lower_eth0", "eth0/upper_bond0", "eth0/master"])
def test_links_lead_from_bond_to_slave_and_back(spare_slave: SpareSlave, link: str) -> None:
    """The links that there are have other names, and `master` is as documented."""
    spare_slave.dut.bond()
    assert spare_slave.dut.read_file(f"/sys/class/net/{link}/address") is not None


@claim("SYSFS-12")
def test_a_bond_that_is_down_takes_slaves(spare_slave: SpareSlave) -> None:
    """The bond need not be up for its slaves to be added."""
    bond = spare_slave.dut.bond()
    with spare_slave.dut.take_down(bond):
        answer = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert answer.error == ""
    assert bond.now.file("slaves") == "eth0 eth1 eth2"


@claim("SYSFS-12", "CFG-2")
@control("test_a_bond_that_is_down_takes_slaves")
def test_it_takes_none_that_are_up(spare_slave: SpareSlave) -> None:
    """What must be down is the interface."""
    bond = spare_slave.dut.bond()
    spare_slave.eth2.admin_up()
    with spare_slave.dut.take_down(bond):
        answer = spare_slave.dut.attempt.enslave(bond, spare_slave.eth2)
    assert answer.error == "EPERM"
    assert bond.now.file("slaves") == "eth0 eth1"


@claim("SYSFS-6", "NS6-5")
@contradicted(
    "SYSFS-6",
    kernels=">=5.10",
    evidence="per_bond_attrs (bond_sysfs.c) has no such file: netlink is the only way "
    "(difference 32)",
)
@pytest.mark.parametrize(
    "option", ["ns_ip6_target", "coupled_control", "broadcast_neighbor", "lacp_strict"]
)
def test_a_file_has_the_name_of_each_parameter(empty_bond: EmptyBond, option: str) -> None:
    """An option of the documentation is a file of the bond in sysfs."""
    assert empty_bond.dut.bond().now.file(option) is not None


@claim("SYSFS-6")
@control("test_a_file_has_the_name_of_each_parameter")
def test_most_options_have_a_file(empty_bond: EmptyBond) -> None:
    """The other options have one each, and the driver has some files more."""
    bond = empty_bond.dut.bond()
    more = ["mii_status", "slaves", "queue_id", "ad_aggregator", "ad_num_ports", "ad_partner_mac"]
    more += ["ad_actor_key", "ad_partner_key", "num_unsol_na"]
    assert [name for name in more if bond.now.file(name) is None] == []
    assert len(bond.now.sysfs) == 29


@claim("NL-1")
@pytest.mark.parametrize(
    ("mode", "option", "value", "kept"),
    [
        ("active-backup", "miimon", "70", 70),
        ("active-backup", "updelay", "300", 300),
        ("active-backup", "downdelay", "400", 400),
        ("active-backup", "peer_notif_delay", "500", 500),
        ("active-backup", "arp_interval", "300", 300),
        ("active-backup", "arp_ip_target", "192.0.2.9,192.0.2.8", ("192.0.2.9", "192.0.2.8")),
        ("active-backup", "arp_all_targets", "all", "all"),
        ("active-backup", "arp_missed_max", "9", 9),
        ("active-backup", "primary_reselect", "better", "better"),
        ("active-backup", "fail_over_mac", "follow", "follow"),
        ("active-backup", "resend_igmp", "9", 9),
        ("active-backup", "num_grat_arp", "9", 9),
        ("active-backup", "all_slaves_active", "on", "on"),
        ("balance-rr", "packets_per_slave", "9", 9),
        ("balance-xor", "xmit_hash_policy", "encap3+4", "encap3+4"),
        ("802.3ad", "min_links", "9", 9),
        ("802.3ad", "lacp_active", "off", "off"),
        ("802.3ad", "lacp_rate", "fast", "fast"),
        ("802.3ad", "ad_select", "count", "count"),
        ("802.3ad", "ad_actor_sys_prio", "9", 9),
        ("802.3ad", "ad_user_port_key", "9", 9),
        ("802.3ad", "ad_actor_system", "02:00:00:00:00:09", "02:00:00:00:00:09"),
        ("balance-tlb", "tlb_dynamic_lb", "off", "off"),
        ("balance-alb", "lp_interval", "9", 9),
    ],
)
def test_netlink_and_sysfs_show_what_was_set(
    empty_bond: EmptyBond, mode: str, option: str, value: str, kept: object
) -> None:
    """An option that is set by netlink is shown alike by both."""
    bond = empty_bond.dut.bond(mode=mode, miimon=100)
    with empty_bond.dut.take_down(bond):
        answer = empty_bond.dut.attempt.set(bond, **{option: value})
    assert answer.became[option] == kept
    assert bond.now.sysfs[option] == kept


@claim("CFG-3")
def test_two_bonds_have_their_own_options(two_bonds: TwoBonds) -> None:
    """What is set on one bond leaves the other as it is."""
    dut = two_bonds.dut
    first, second = dut.bond("bond0", mode="balance-rr"), dut.bond("bond1", mode="balance-alb")
    before = second.now.netlink
    dut.set(first, miimon=50, packets_per_slave=7, num_grat_arp=3)
    assert (first.now.netlink["mode"], second.now.netlink["mode"]) == ("balance-rr", "balance-alb")
    assert first.now.netlink["packets_per_slave"] == 7
    assert second.now.netlink == before


@claim("CFG-3")
@control("test_two_bonds_have_their_own_options")
def test_two_bonds_can_be_set_alike(two_bonds: TwoBonds) -> None:
    """Both bonds take the same request."""
    bonds = two_bonds.dut.bond("bond0"), two_bonds.dut.bond("bond1")
    for bond in bonds:
        two_bonds.dut.set(bond, miimon=50)
    assert [bond.now.netlink["miimon"] for bond in bonds] == [50, 50]


@claim("IOCTL-1")
@pytest.mark.parametrize(
    ("script", "shown"),
    [(IFENSLAVE, ("eth1 eth2", "eth1")), ("", ("eth0 eth1", "eth0"))],
    ids=["ifenslave", "nothing"],
)
def test_the_old_ioctls_still_work(
    spare_slave: SpareSlave, script: str, shown: tuple[str, str]
) -> None:
    """What ifenslave asked for, to enslave, to change the active slave, to release, is done."""
    bond = spare_slave.dut.bond()
    python(spare_slave.dut, script)
    assert (bond.now.file("slaves"), bond.now.file("active_slave")) == shown


def listed(net: TwoBonds, number: int) -> set[str]:
    """Make bonds with names of 15 letters; return what is listed besides them."""
    names = {f"uplinkofrack{count:03}" for count in range(number)}
    for name in sorted(names):
        net.dut.write_file(MASTERS, f"+{name}")
    return set((net.dut.read_file(MASTERS) or "").split()) - names


@claim("SYSFS-2")
@contradicted(
    "SYSFS-2",
    kernels=">=6.1",
    evidence="bonding_show_bonds leaves no room for its ++more++ after the 256th name of 15 "
    "letters, and overwrites the end of that name: no bond is called so (difference 60)",
)
def test_a_list_of_bonds_that_is_cut_says_so(two_bonds: TwoBonds) -> None:
    """A list that is longer than a page is cut after a name, and ends with ++more++."""
    assert listed(two_bonds, 258) == {"++more++"}


@claim("SYSFS-2")
@control("test_a_list_of_bonds_that_is_cut_says_so")
def test_a_short_list_of_bonds_is_complete(two_bonds: TwoBonds) -> None:
    """Some bonds fit into the page, and nothing else is listed."""
    assert listed(two_bonds, 8) == set()


@claim("NETNS-1")
@pytest.mark.parametrize(("name", "stays"), [("bond0", True), ("other", False)])
def test_a_bond_stays_in_its_namespace(empty_bond: EmptyBond, name: str, *, stays: bool) -> None:
    """It is refused to another namespace, to which other interfaces may go."""
    empty_bond.dut.bond()
    command(empty_bond.dut, "ip link add other type dummy")
    moved = empty_bond.dut.run(["sh", "-c", MOVE, "sh", name])
    words = ("The interface netns is immutable", "Invalid argument")  # 6.1: only the errno
    there = empty_bond.dut.read_file(f"/sys/class/net/{name}/ifindex") is not None
    assert any(word in moved.stderr for word in words) == stays
    assert there == stays == (moved.returncode != 0)
