"""Which devices can be slaves: kinds of Ethernet devices, how many, and what they cannot do."""

import pytest

from harness import MODES, claim, control, s
from scenarios.interfaces import command
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond

# By `ip`: how a device called `other` of each kind is made. A tun device has no Ethernet header.
KINDS = {
    "dummy": "link add other type dummy",
    "macvlan": "link add link eth0 name other type macvlan mode bridge",
    "vlan": "link add link eth0 name other type vlan id 5",
    "bond": "link add other type bond mode active-backup",
    "tap": "tuntap add dev other mode tap",
    "tun": "tuntap add dev other mode tun",
}
CANNOT_SET_MAC = "link add other type ifb"  # without ndo_set_mac_address (ifb.c)


@claim("FAQ-2")
@pytest.mark.parametrize(
    ("kind", "modes"),
    [
        ("dummy", MODES),
        ("macvlan", MODES),
        ("vlan", MODES),
        ("tap", MODES),
        ("bond", MODES),
        ("tun", ()),
    ],
)
def test_ethernet_devices_of_any_kind_are_slaves(
    empty_bond: EmptyBond, kind: str, modes: tuple[str, ...]
) -> None:
    """Beside an Ethernet slave each is accepted in every mode, but a tunnel in none."""
    net = empty_bond
    bond = net.dut.bond()
    net.eth0.admin_up()  # for the devices above it
    command(net.dut, "ip link add first type dummy")
    accepted = []
    for mode in MODES:
        with net.dut.take_down(bond):
            net.dut.set(bond, mode=mode)
        command(net.dut, "ip link set first down")
        command(net.dut, "ip link set first master bond0")
        command(net.dut, f"ip {KINDS[kind]}")
        if net.dut.run("ip link set other master bond0").returncode == 0:
            accepted.append(mode)
        for name in ("other", "first"):
            net.dut.run(f"ip link set {name} nomaster")
        command(net.dut, "ip link delete other")
    assert tuple(accepted) == modes


@claim("FAQ-5")
@pytest.mark.parametrize(("more", "slaves"), [(0, 2), (126, 128)])
def test_a_bond_has_as_many_slaves_as_there_are_devices(
    one_switch: OneSwitch, more: int, slaves: int
) -> None:
    """With 128 slaves as with two it fails over, and shows all of them."""
    net = one_switch
    bond = net.dut.bond()
    for number in range(more):
        command(net.dut, f"ip link add d{number} type dummy")
        command(net.dut, f"ip link set d{number} master bond0")
    with net.watch() as run:
        net.eth0.cut()
    assert len((bond.now.file("slaves") or "").split()) == slaves
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.recovered


@pytest.mark.parametrize(
    ("first", "fail_over_mac", "error"),
    [
        pytest.param(True, "active", "", marks=claim("FOM-ACTIVE-4")),
        pytest.param(
            False, "none", "does not support setting the MAC address", marks=claim("FOM-7")
        ),
    ],
)
@claim("FOM-NONE-1")
def test_a_slave_that_cannot_change_its_mac(
    empty_bond: EmptyBond, fail_over_mac: str, error: str, *, first: bool
) -> None:
    """As the first slave it selects the policy that leaves its MAC alone, later it is refused."""
    net = empty_bond
    bond = net.dut.bond(mode="active-backup")
    command(net.dut, f"ip {CANNOT_SET_MAC}")
    if not first:
        net.dut.enslave(bond, net.eth0)
    refused = net.dut.run("ip link set other master bond0").stderr
    assert error in refused
    assert (refused == "") == (error == "")
    assert bond.now.netlink["fail_over_mac"] == fail_over_mac


@claim("FOM-7")
@control("test_a_slave_that_cannot_change_its_mac")
def test_fail_over_mac_active_has_slaves_that_cannot_change_their_mac(
    empty_bond: EmptyBond,
) -> None:
    """By that policy such a second slave is accepted, and keeps its MAC."""
    net = empty_bond
    bond = net.dut.bond(mode="active-backup", fail_over_mac="active")
    command(net.dut, f"ip {CANNOT_SET_MAC}")
    before = net.dut.read_file("/sys/class/net/other/address")
    net.dut.enslave(bond, net.eth0)
    command(net.dut, "ip link set other master bond0")
    assert bond.now.file("slaves") == "eth0 other"
    assert net.dut.read_file("/sys/class/net/other/address") == before


@claim("USECARR-3")
@pytest.mark.parametrize(("use_carrier", "state"), [("off", "up"), ("on", "down")])
def test_a_device_that_tells_nothing_is_assumed_up(
    one_switch: OneSwitch, use_carrier: str, state: str
) -> None:
    """A dummy answers neither question of use_carrier=0; its carrier is asked for by 1."""
    net = one_switch
    net.dut.bond(use_carrier=use_carrier)
    command(net.dut, "ip link add other type dummy")
    command(net.dut, "ip link set other master bond0")
    with net.watch() as run:
        net.dut.write_file("/sys/class/net/other/carrier", "0")
        net.after(1 * s)
        shown = net.dut.read_file("/sys/class/net/other/bonding_slave/mii_status")
    assert run.lost == 0
    assert (shown or "").strip() == state
