"""ns_ip6_target: the ARP monitor's probes of IPv6 targets are neighbour solicitations."""

import pytest

from harness import Effect, claim, contradicted, control
from scenarios.interfaces import receivers
from scenarios.topologies import TARGET
from scenarios.variants import DualStack, EmptyBond

DUT6, TARGET6, OTHER6 = "2001:db8::1", "2001:db8::254", "2001:db8::7"
GROUP, GROUP_MAC = "ff02::1:ff00:254", "3333ff000254"
MANY = [f"2001:db8::{number:x}" for number in range(16, 33)]


def addressed(net: DualStack) -> Effect:
    """Give IPv6 addresses to the bond and the target; return the target's."""
    net.dut.add_address(DUT6)
    return net.target.add_address(TARGET6)


@claim("NS6-1")
@pytest.mark.parametrize("arp_interval", [100, 200])
def test_targets_are_solicited_every_interval(dual_stack: DualStack, arp_interval: int) -> None:
    """The active slave solicits the target's group in each interval, the backup does not."""
    bond = dual_stack.dut.bond(arp_interval=arp_interval, ns_ip6_target=TARGET6)
    addressed(dual_stack)
    with dual_stack.watch() as run:
        dual_stack.after(6 * bond.arp_interval)
    assert {(probe.sender, probe.to) for probe in run.slave("eth0").ns_probes} == {(DUT6, GROUP)}
    assert len(run.slave("eth0").ns_probe_gaps) >= 5
    for gap in run.slave("eth0").ns_probe_gaps:
        assert bond.arp_interval <= gap <= bond.arp_interval
    assert run.slave("eth1").ns_probes == []


@claim("NS6-1")
@pytest.mark.parametrize(
    ("targets", "asked"), [(TARGET6, {TARGET6}), (f"{TARGET6},{OTHER6}", {TARGET6, OTHER6})]
)
def test_each_ipv6_target_is_solicited(
    dual_stack: DualStack, targets: str, asked: set[str]
) -> None:
    """Every target of the list gets its own solicitations."""
    bond = dual_stack.dut.bond(arp_interval=100, ns_ip6_target=targets)
    addressed(dual_stack)
    dual_stack.neighbour.add_address(OTHER6)
    with dual_stack.watch() as run:
        dual_stack.after(6 * bond.arp_interval)
    assert {probe.ip for probe in run.slave("eth0").ns_probes} == asked


@claim("NS6-7")
@control("test_targets_are_solicited_every_interval")
@pytest.mark.parametrize(
    ("targets", "kinds"),
    [
        ({"arp_ip_target": TARGET, "ns_ip6_target": TARGET6}, (True, True)),
        ({"arp_ip_target": TARGET}, (True, False)),
    ],
)
def test_targets_of_both_families_are_probed(
    dual_stack: DualStack, targets: dict[str, str], kinds: tuple[bool, bool]
) -> None:
    """With a target of each family both kinds of probes leave the active slave."""
    bond = dual_stack.dut.bond(arp_interval=100, **targets)
    addressed(dual_stack)
    with dual_stack.watch() as run:
        dual_stack.after(6 * bond.arp_interval)
    slave = run.slave("eth0")
    assert (slave.arp_probes != [], slave.ns_probes != []) == kinds


@claim("NS6-2")
@pytest.mark.parametrize("arp_missed_max", [2, 4])
def test_silence_of_an_ipv6_target_is_noticed(dual_stack: DualStack, arp_missed_max: int) -> None:
    """The active slave is declared down in the time of the ARP monitor's rounds."""
    bond = dual_stack.dut.bond(
        arp_interval=100,
        ns_ip6_target=TARGET6,
        arp_validate="all",
        arp_missed_max=arp_missed_max,
    )
    addressed(dual_stack)
    with dual_stack.watch() as run:
        dual_stack.eth0.lose()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"


@claim("NS6-2")
@control("test_silence_of_an_ipv6_target_is_noticed")
def test_answers_of_an_ipv6_target_keep_the_slaves_up(dual_stack: DualStack) -> None:
    """The target's advertisements count for the active slave, solicitations for the backup."""
    bond = dual_stack.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate="all")
    addressed(dual_stack)
    with dual_stack.watch(healthy=False) as run:
        dual_stack.after(10 * bond.arp_interval)
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("NS6-2")
@pytest.mark.parametrize(("arp_validate", "fooled"), [("all", False), ("none", True)])
def test_only_a_targets_advertisements_are_valid(
    dual_stack: DualStack, arp_validate: str, *, fooled: bool
) -> None:
    """A neighbour's advertisements hide a dead target where they are not validated."""
    bond = dual_stack.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate=arp_validate)
    target, mac = addressed(dual_stack), dual_stack.eth0.mac
    with dual_stack.neighbour.advertises(OTHER6, DUT6, mac=mac), dual_stack.watch() as run:
        target.end()
        dual_stack.after(10 * bond.arp_interval)
    assert (run.failures["eth0"] == 0) == fooled


@claim("NS6-3")
def test_the_seventeenth_ipv6_target_is_refused(empty_bond: EmptyBond) -> None:
    """None is set by default; of seventeen in a request the first sixteen are set."""
    bond = empty_bond.dut.bond(mode="active-backup")
    before = bond.now.netlink.get("ns_ip6_target", ())
    answer = empty_bond.dut.attempt.set(bond, ns_ip6_target=MANY)
    assert before == ()
    assert (answer.error, answer.became) == ("EINVAL", {"ns_ip6_target": tuple(MANY[:16])})


@claim("NS6-3", "NL-1")
@control("test_the_seventeenth_ipv6_target_is_refused")
def test_sixteen_ipv6_targets_are_accepted(empty_bond: EmptyBond) -> None:
    """One fewer is accepted, and a later list replaces it."""
    bond = empty_bond.dut.bond(mode="active-backup")
    sixteen = empty_bond.dut.attempt.set(bond, ns_ip6_target=MANY[:16])
    one = empty_bond.dut.attempt.set(bond, ns_ip6_target=TARGET6)
    assert (sixteen.error, sixteen.became) == ("", {"ns_ip6_target": tuple(MANY[:16])})
    assert (one.error, one.became) == ("", {"ns_ip6_target": (TARGET6,)})


@claim("NS6-4")
@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("::", "EINVAL"),
        ("::1", "EINVAL"),
        ("ff02::1", "EINVAL"),
        ("fe80::1", ""),
        ("2001:db8::1", ""),
    ],
)
def test_only_unicast_addresses_can_be_targets(
    empty_bond: EmptyBond, target: str, error: str
) -> None:
    """The unspecified, the loopback and multicast addresses are refused."""
    bond = empty_bond.dut.bond(mode="active-backup")
    answer = empty_bond.dut.attempt.set(bond, ns_ip6_target=target)
    assert answer.error == error
    assert bond.now.netlink.get("ns_ip6_target", ()) == (() if error else (target,))


@claim("NS6-6")
@pytest.mark.parametrize(("arp_validate", "groups"), [("all", ["eth1"]), ("none", [])])
def test_a_validated_backup_receives_the_solicitations(
    dual_stack: DualStack, arp_validate: str, groups: list[str]
) -> None:
    """The backup slave joins the target's group where it is validated."""
    dual_stack.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate=arp_validate)
    assert receivers(dual_stack.dut, GROUP_MAC, "eth0", "eth1", "eth2") == groups


@claim("NS6-6")
@contradicted(
    "NS6-6",
    kernels=">=6.1",
    evidence="bond_hw_addr_swap runs before the slaves change their roles, so the old active "
    "slave does not join the group (difference 58)",
)
def test_the_membership_follows_the_roles(dual_stack: DualStack) -> None:
    """When the other slave is chosen, the old active slave joins, and the new one leaves."""
    bond = dual_stack.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate="all")
    dual_stack.dut.set(bond, active_slave="eth1")
    assert receivers(dual_stack.dut, GROUP_MAC, "eth0", "eth1", "eth2") == ["eth0"]


@claim("NS6-6")
@control("test_the_membership_follows_the_roles")
def test_the_membership_follows_a_failover(dual_stack: DualStack) -> None:
    """The slave that has failed joins, and the new active slave leaves the group."""
    dual_stack.dut.bond(arp_interval=100, ns_ip6_target=TARGET6, arp_validate="all")
    addressed(dual_stack)
    with dual_stack.watch() as run:
        dual_stack.eth0.lose()
    assert run.active_slaves == ["eth0", "eth1"]
    assert receivers(dual_stack.dut, GROUP_MAC, "eth0", "eth1", "eth2") == ["eth0"]


ALL = {"arp_validate": "all", "arp_all_targets": "all"}


@claim("ARPALL-4")
@contradicted(
    "ARPALL-4",
    kernels=">=6.1",
    evidence="target_last_arp_rx has one slot for the IPv4 and the IPv6 target of an index: the "
    "first hides that the second is dead (difference 9)",
)
def test_a_dead_ipv6_target_is_missed_where_all_must_answer(dual_stack: DualStack) -> None:
    """With arp_all_targets=all the bond goes down when only its IPv4 target answers."""
    bond = dual_stack.dut.bond(
        arp_interval=100, arp_ip_target=TARGET, ns_ip6_target=TARGET6, **ALL
    )
    target = addressed(dual_stack)
    with dual_stack.watch() as run:
        target.end()
        dual_stack.after(10 * bond.arp_interval)
    assert run.failures["eth0"] > 0


@claim("ARPALL-5", "ARPALL-2")
@control("test_a_dead_ipv6_target_is_missed_where_all_must_answer")
@pytest.mark.parametrize(
    ("targets", "failed"),
    [(f"{TARGET6},{OTHER6}", True), (f"{OTHER6},{TARGET6}", False)],
    ids=["first", "second"],
)
def test_of_ipv6_targets_alone_the_first_counts(
    dual_stack: DualStack, targets: str, *, failed: bool
) -> None:
    """The first of a bond's IPv6 targets takes it down when it dies, the second does not."""
    bond = dual_stack.dut.bond(arp_interval=100, ns_ip6_target=targets, **ALL)
    target = addressed(dual_stack)
    dual_stack.neighbour.add_address(OTHER6)
    with dual_stack.watch() as run:
        target.end()
        dual_stack.after(10 * bond.arp_interval)
    assert (run.failures["eth0"] > 0) == failed
