"""IPv6 over a bond: who has addresses, duplicate address detection, announcements."""

import pytest

from harness import claim, control, ms, s
from scenarios.programs import talk
from scenarios.variants import DualStack

FIRST, SECOND, OTHER = "2001:db8::1", "2001:db8::2", "2001:db8::fe"
TENTATIVE, FAILED = 0x40, 0x08  # IFA_F_TENTATIVE, IFA_F_DADFAILED (linux/if_addr.h)


def addresses(net: DualStack, name: str) -> dict[str, int]:
    """Return the IPv6 addresses of an interface of the DUT as /proc/net/if_inet6 shows them."""
    rows = [row.split() for row in (net.dut.read_file("/proc/net/if_inet6") or "").splitlines()]
    return {row[0]: int(row[4], 16) for row in rows if row[5] == name}


@claim("IPV6-1")
@pytest.mark.parametrize(("name", "count"), [("bond0", 1), ("eth0", 0), ("eth1", 0), ("eth2", 1)])
def test_slaves_have_no_ipv6_address(dual_stack: DualStack, name: str, count: int) -> None:
    """The bond has a link-local address as any interface that is up; its slaves have none."""
    dual_stack.dut.bond()
    dual_stack.eth2.admin_up()
    with dual_stack.watch() as run:
        dual_stack.after(500 * ms)
    assert run.lost == 0
    assert len(addresses(dual_stack, name)) == count


@claim("IPV6-2")
@pytest.mark.parametrize(("duplicate", "flag"), [(False, 0), (True, FAILED)])
def test_a_bond_finds_duplicates_of_others_only(
    dual_stack: DualStack, flag: int, *, duplicate: bool
) -> None:
    """Its own solicitations, which reach the backup slave, do not make an address a duplicate."""
    dual_stack.dut.bond()
    if duplicate:
        dual_stack.neighbour.add_address(FIRST)
    with dual_stack.watch() as run:
        dual_stack.dut.add_address(FIRST, dad=True)
        dual_stack.after(3 * s)
    flags = addresses(dual_stack, "bond0")["20010db8000000000000000000000001"]
    assert run.lost == 0
    assert flags & FAILED == flag
    assert bool(flags & TENTATIVE) == duplicate


@claim("GARP-9")
@pytest.mark.parametrize("num_grat_arp", [1, 3])
def test_each_ipv6_address_is_announced(dual_stack: DualStack, num_grat_arp: int) -> None:
    """Each round has an unsolicited advertisement for each address, to replace what is known."""
    dual_stack.dut.bond(num_grat_arp=num_grat_arp, peer_notif_delay=200)
    dual_stack.dut.add_address(FIRST)
    dual_stack.dut.add_address(SECOND)
    with dual_stack.watch() as run:
        dual_stack.eth0.cut()
    for address in (FIRST, SECOND):
        told = [one for one in run.unsolicited_nas if one.ip == address]
        assert [(one.port, one.mac) for one in told] == (
            [("eth1", dual_stack.eth0.mac)] * num_grat_arp
        )
        assert all(one.override for one in told)


@claim("GARP-9", "GARP-4")
@control("test_each_ipv6_address_is_announced")
def test_no_ipv6_address_is_announced_unasked(dual_stack: DualStack) -> None:
    """num_unsol_na=0 keeps the bond silent after a failover."""
    dual_stack.dut.bond(num_unsol_na=0)
    dual_stack.dut.add_address(FIRST)
    with dual_stack.watch() as run:
        dual_stack.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.unsolicited_nas == []


@claim("IPV6-4")
@pytest.mark.parametrize(("dad", "told"), [(True, False), (False, True)])
def test_a_tentative_address_is_not_announced(
    dual_stack: DualStack, *, dad: bool, told: bool
) -> None:
    """A failover during duplicate address detection announces other addresses only."""
    dual_stack.dut.bond()
    dual_stack.dut.add_address(FIRST)
    with dual_stack.watch() as run:
        dual_stack.dut.add_address(SECOND, dad=dad)
        dual_stack.eth0.cut()
    announced = {one.ip for one in run.unsolicited_nas}
    assert FIRST in announced
    assert (SECOND in announced) == told


@claim("IPV6-5")
@pytest.mark.parametrize(("num_unsol_na", "told"), [(1, "eth1"), (0, "eth0")])
def test_an_advertisement_replaces_what_neighbours_know(
    dual_stack: DualStack, num_unsol_na: int, told: str
) -> None:
    """With fail_over_mac=active they have the new MAC before they ask for it again."""
    net = dual_stack
    net.dut.bond(num_unsol_na=num_unsol_na, fail_over_mac="active")
    net.dut.add_address(FIRST)
    net.target.add_address(OTHER)
    with net.watch():
        talk(net, [FIRST], net.target)
        net.after(2 * s)
        net.eth0.cut()
        net.after(1 * s)
        known = net.target.run(["ip", "neighbour", "show", "dev", "target"]).stdout
    macs = {net.eth0.mac: "eth0", net.eth1.mac: "eth1"}
    assert [macs[mac] for mac in macs if f"{FIRST} lladdr {mac} " in known] == [told]
