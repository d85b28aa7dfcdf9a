"""resend_igmp: so many membership reports leave by the new active slave after a failover."""

import pytest

from harness import Net, claim, control, s
from scenarios.channels import StaticChannel
from scenarios.topologies import OneSwitch
from scenarios.variants import DualStack

SECOND = 1 * s  # between two probes
JOIN = ["ip", "address", "add", "239.1.2.3/32", "dev", "bond0", "autojoin"]


def join(net: Net) -> None:
    """Join a group, and let the reports of that pass before the recording that counts."""
    net.dut.run(JOIN)
    with net.watch(every=SECOND, healthy=False):
        net.after(30 * s)


@claim("IGMP-1", "IGMP-2")
@pytest.mark.parametrize(("resend_igmp", "reports"), [(None, 1), (0, 0), (1, 1), (3, 3)])
def test_so_many_reports_follow_a_failover(
    one_switch: OneSwitch, resend_igmp: int | None, reports: int
) -> None:
    """Reports of a joined group leave by the new active slave, 200 ms apart; 0 sends none."""
    bond = one_switch.dut.bond(resend_igmp=resend_igmp)
    join(one_switch)
    with one_switch.watch(every=SECOND) as run:
        one_switch.eth0.cut()
        one_switch.after(5 * s)
    assert [(frame.port, frame.group) for frame in run.sent_of("igmp")] == [
        ("eth1", "239.1.2.3")
    ] * reports
    assert all(gap == bond.igmp_interval for gap in run.slave("eth1").gaps_of("igmp"))


@claim("IGMP-1")
@control("test_so_many_reports_follow_a_failover")
def test_without_a_failover_no_report_follows(one_switch: OneSwitch) -> None:
    """When the backup slave fails nothing is reported."""
    one_switch.dut.bond(resend_igmp=3)
    join(one_switch)
    with one_switch.watch(every=SECOND) as run:
        one_switch.eth1.cut()
        one_switch.after(5 * s)
    assert run.sent_of("igmp") == []


@claim("IGMP-3")
@pytest.mark.parametrize(
    ("mode", "reports"),
    [
        ("active-backup", 1),
        ("balance-tlb", 1),
        ("balance-alb", 1),
        ("balance-rr", 1),
        ("balance-xor", 0),
        ("broadcast", 0),
    ],
)
def test_modes_with_a_current_slave_report(
    static_channel: StaticChannel, mode: str, reports: int
) -> None:
    """Reports follow a failure in modes 0, 1, 5 and 6, and in no other."""
    static_channel.dut.bond(mode=mode)
    join(static_channel)
    with static_channel.watch(every=SECOND, healthy=False) as run:
        static_channel.eth0.cut()
        static_channel.after(5 * s)
    assert len(run.sent_of("igmp")) == reports


@claim("IGMP-5")
@pytest.mark.parametrize(("resend_igmp", "reports"), [(0, 0), (1, 1), (3, 3)])
def test_groups_of_ipv6_are_reported_by_mld(
    dual_stack: DualStack, resend_igmp: int, reports: int
) -> None:
    """Reports of MLD leave by the new active slave in the same rounds."""
    bond = dual_stack.dut.bond(resend_igmp=resend_igmp)
    with dual_stack.watch(every=SECOND, healthy=False):
        dual_stack.after(30 * s)  # reports of the addresses' own groups pass
    with dual_stack.watch(every=SECOND) as run:
        dual_stack.eth0.cut()
        dual_stack.after(5 * s)
    assert [frame.port for frame in run.sent_of("mld")] == ["eth1"] * reports
    assert all(gap == bond.igmp_interval for gap in run.slave("eth1").gaps_of("mld"))


@claim("IGMP-5")
@control("test_groups_of_ipv6_are_reported_by_mld")
def test_without_a_failover_mld_reports_nothing(dual_stack: DualStack) -> None:
    """When the backup slave fails nothing is reported."""
    dual_stack.dut.bond(resend_igmp=3)
    with dual_stack.watch(every=SECOND, healthy=False):
        dual_stack.after(30 * s)
    with dual_stack.watch(every=SECOND) as run:
        dual_stack.eth1.cut()
        dual_stack.after(5 * s)
    assert run.sent_of("mld") == []


@claim("IGMP-6")
@pytest.mark.parametrize(("above", "tagged"), [("vlan10", True), ("bond0", False)])
def test_groups_of_a_vlan_above_are_reported(
    static_channel: StaticChannel, above: str, *, tagged: bool
) -> None:
    """A group that is joined on a VLAN on top of the bond is reported with its tag."""
    net = static_channel
    net.dut.bond(mode="active-backup")
    net.dut.run(["ip", "address", "add", "239.1.2.3/32", "dev", above, "autojoin"])
    with net.watch(every=SECOND, healthy=False):
        net.after(30 * s)
    with net.watch(every=SECOND, healthy=False) as run:
        net.eth0.cut()
        net.after(5 * s)
    assert {(frame.group, frame.tagged) for frame in run.sent_of("igmp")} == {
        ("239.1.2.3", tagged)
    }
