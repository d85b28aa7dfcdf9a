"""LACP besides its options: aggregation, odd partners, MLAG, what is shown of it and to whom."""

import pytest

from harness import Span, claim, contradicted, control, ms, s
from scenarios.channels import LacpPair, MlagPair, ScriptedPartner
from scenarios.topologies import OneSwitch

LASTS = 6 * s
SLOWLY = 100 * ms
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@claim("MODE-AD-6", "UPKEY-5", "LSEC-3")
@pytest.mark.parametrize(
    ("other", "together"),
    [
        ({}, [["eth0", "eth1"]]),
        ({"key": 2}, [["eth0"], ["eth1"]]),
        ({"system": "02:00:00:ac:00:77"}, [["eth0"], ["eth1"]]),
        ({"system_priority": 7}, [["eth0"], ["eth1"]]),
    ],
    ids=str,
)
def test_ports_to_the_same_partner_are_one_aggregator(
    scripted_partner: ScriptedPartner, other: dict[str, str], together: list[list[str]]
) -> None:
    """Another key, system or priority at one port makes two."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0)
    net.sw.speak_lacp(net.eth1, **other)  # type: ignore[arg-type]
    with net.watch(healthy=False) as run:
        net.after(LASTS)
    assert run.aggregated == together


@claim("MODE-AD-6")
@contradicted(
    "MODE-AD-6",
    kernels=">=6.1",
    evidence="ad_port_selection_logic compares system, key and priority of the partner, not its "
    "Aggregation bit (difference 61)",
)
@control("test_ports_to_the_same_partner_are_one_aggregator")
def test_links_that_the_partner_calls_individual_are_not_aggregated(
    scripted_partner: ScriptedPartner,
) -> None:
    """Same system and key, but neither port may be aggregated: two aggregators."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, aggregatable=False)
    with net.watch("out", healthy=False) as run:
        net.after(LASTS)
    assert run.aggregated == [["eth0"], ["eth1"]]


@claim("MODE-AD-6")
@pytest.mark.parametrize(
    ("settings", "used"),
    [
        ({"fast": False}, ["active"]),
        ({"active": False}, ["active"]),
        ({"in_sync": False}, ["backup"]),
        ({"hear": False}, ["backup"]),
        ({"hear": False, "in_sync": True}, ["backup"]),
    ],
    ids=str,
)
def test_a_port_is_used_with_a_partner_that_is_in_sync_with_it(
    scripted_partner: ScriptedPartner, settings: dict[str, bool], used: list[str]
) -> None:
    """Slow and passive partners are joined; not one out of sync, or that does not know the DUT."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, **settings)  # type: ignore[arg-type]
    with net.watch(healthy=False) as run:
        net.after(LASTS)
    assert run.slave("eth1").usages[-1:] == used


@claim("LACP-CHURN-1")
@pytest.mark.parametrize(
    ("in_sync", "lasts", "churn"),
    [(False, 50 * s, "monitoring"), (False, 75 * s, "churned"), (True, 75 * s, "none")],
)
def test_a_partner_out_of_sync_for_a_minute_is_churned(
    scripted_partner: ScriptedPartner,
    lasts: Span,
    churn: str,
    *,
    in_sync: bool,
) -> None:
    """60 s after the last change a port whose partner is not in sync is reported."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, in_sync=in_sync)
    with net.watch("out", every=SLOWLY, healthy=False):
        net.after(lasts)
        seen = bond.now.proc.slaves["eth0"]
    assert seen["Partner Churn State"] == churn


@claim("LACP-CHURN-1")
@control("test_a_partner_out_of_sync_for_a_minute_is_churned")
def test_a_partner_that_speaks_again_is_monitored_again(scripted_partner: ScriptedPartner) -> None:
    """Its LACPDUs are a change of state: a port that was churned has another 60 s."""
    net = scripted_partner
    bond = net.dut.bond()
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    seen = []
    with net.watch("out", every=SLOWLY, healthy=False):
        with partner.silence():
            net.after(75 * s)
            seen.append(bond.now.proc.slaves["eth0"]["Partner Churn State"])
        net.after(5 * s)
        seen.append(bond.now.proc.slaves["eth0"]["Partner Churn State"])
    assert seen == ["churned", "monitoring"]


@claim("LACP-TX-1")
def test_no_more_than_three_lacpdus_leave_in_a_second(scripted_partner: ScriptedPartner) -> None:
    """A partner with a wrong view of the DUT, told ten times a second, gets three answers."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, hear=False, every=100 * ms)
    with net.watch("out", healthy=False) as run:
        net.after(LASTS)
    assert len(run.slave("eth0").partner_lacpdus) > 50
    gaps = run.slave("eth0").lacpdu_gaps
    assert len(gaps) > 10
    assert all(bond.lacp_tick(3) <= gap for gap in gaps)


@claim("LACP-TX-1")
@control("test_no_more_than_three_lacpdus_leave_in_a_second")
def test_a_partner_that_knows_the_dut_is_told_each_second(
    scripted_partner: ScriptedPartner,
) -> None:
    """The same LACPDUs with the right view provoke none."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, every=100 * ms)
    with net.watch() as run:
        net.after(LASTS)
    assert all(gap == bond.lacp_interval("fast") for gap in run.slave("eth0").lacpdu_gaps)


@claim("LACP-LOOP-1")
@pytest.mark.parametrize(("looped", "joined"), [(True, False), (False, True)])
def test_the_own_system_is_no_partner(
    scripted_partner: ScriptedPartner, *, looped: bool, joined: bool
) -> None:
    """LACPDUs that bear the DUT's own system are ignored, with a line in the kernel's log."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, system=net.eth0.mac if looped else "")
    with net.watch("out", healthy=False) as run:
        net.after(LASTS)
    assert ("synchronization" in run.slave("eth0").partner_state) == joined
    assert bool(run.kernel_said("illegal loopback")) != joined


@claim("LSEC-4")
def test_a_switch_does_not_forward_lacpdus(one_switch: OneSwitch) -> None:
    """What one slave sends does not come back at the other."""
    one_switch.dut.bond(mode="802.3ad", lacp_rate="fast")
    with one_switch.watch(healthy=False) as run:
        one_switch.after(LASTS)
    assert run.slave("eth0").lacpdus != []
    assert run.slave("eth1").partner_lacpdus == []


@claim("LSEC-4")
@control("test_a_switch_does_not_forward_lacpdus")
def test_a_switch_that_speaks_lacp_is_heard(lacp_pair: LacpPair) -> None:
    """LACPDUs of the switch itself arrive at both slaves."""
    lacp_pair.dut.bond()
    with lacp_pair.watch(healthy=False) as run:
        lacp_pair.after(LASTS)
    assert run.slave("eth1").partner_lacpdus != []


@claim("MODE-AD-6")
@pytest.mark.parametrize(
    ("fault", "together", "ports"), [("", [["eth0", "eth1"]], 2), ("sw2", [["eth0", "eth1"]], 1)]
)
def test_two_switches_can_be_one_partner(
    mlag_pair: MlagPair, fault: str, together: list[list[str]], ports: int
) -> None:
    """Switches of one system are one aggregator (MLAG); it goes on with one of them."""
    mlag_pair.dut.bond()
    with mlag_pair.watch() as run:
        if fault:
            mlag_pair.eth1.cut()
        mlag_pair.after(2 * s)
    assert run.aggregated == together
    assert run.aggregators[-1].ports == ports
    assert run.slave("eth0").usages == ["active"]
    assert run.recovered


@claim("PROC-8", "ADPRIO-4", "NL-3")
@pytest.mark.parametrize(("by", "shown"), [("root", True), ("nobody", False)])
@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("cat /proc/net/bonding/bond0", "System priority"),
        ("cat /proc/net/bonding/bond0", "System MAC address"),
        ("ip -d link show bond0", "ad_actor_sys_prio"),
        ("ip -d link show bond0", "ad_actor_system"),
    ],
)
def test_the_systems_are_shown_to_administrators(
    lacp_pair: LacpPair, command: str, text: str, by: str, *, shown: bool
) -> None:
    """Without CAP_NET_ADMIN /proc and netlink leave out the systems and their priorities."""
    lacp_pair.dut.bond()
    argv = [*(NOBODY if by == "nobody" else ()), *command.split()]
    seen = lacp_pair.dut.run(argv).stdout
    assert "802.3ad" in seen
    assert (text in seen) == shown


@claim("NL-1")
@pytest.mark.parametrize(("key", "shown"), [(1, "1"), (9, "9")])
def test_the_keys_of_an_aggregator_are_shown_alike(
    scripted_partner: ScriptedPartner, key: int, shown: str
) -> None:
    """In sysfs and netlink: the same key of the bond, and the partner's own key."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, key=key)
    with net.watch(healthy=False):
        net.after(LASTS)
    details = net.dut.run(["ip", "-d", "link", "show", "bond0"]).stdout
    assert bond.now.file("ad_partner_key") == shown
    assert f" ad_partner_key {shown} " in details
    assert f" ad_actor_key {bond.now.file('ad_actor_key')} " in details


@claim("PROC-8")
@pytest.mark.parametrize(("fast", "partners"), [(True, "63"), (False, "61")])
def test_the_state_of_the_partners_port_is_shown(
    scripted_partner: ScriptedPartner, partners: str, *, fast: bool
) -> None:
    """A partner that asks for slow LACPDUs has another state than the own port."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, fast=fast)
    with net.watch(healthy=False):
        net.after(LASTS)
    lines = (net.dut.read_file("/proc/net/bonding/bond0") or "").splitlines()
    states = [line.rpartition(" ")[2] for line in lines if "port state: " in line]
    assert states == ["63", partners, "63", partners]
