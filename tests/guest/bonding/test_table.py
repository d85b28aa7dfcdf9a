"""The table of options against the driver of the kernel that these tests run in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.bonding import MODES, OPTIONS, BondOptions, ignored
from harness.claims import Release
from harness.errors import KernelRefused, ScenarioError
from harness.labs.netns.build import build
from harness.labs.netns.network import NetnsNetwork
from harness.loop import Loop
from harness.record.bond_maker import drop_bond, make_bond, read_back
from harness.topology import DUT, BondPlan, LinkPlan, MachinePlan, SwitchPlan, Topology

pytestmark = pytest.mark.guest

PLAN = BondPlan("bond0", ("eth0", "eth1"), "192.0.2.1")
PLAIN = Topology(
    name="plain",
    machines=(MachinePlan(DUT),),
    switches=(SwitchPlan("sw"),),
    links=(LinkPlan("eth0", DUT, "sw"), LinkPlan("eth1", DUT, "sw")),
    bonds=(PLAN,),
)
MII = {"miimon": 50, "updelay": 120, "downdelay": 160, "peer_notif_delay": 300}
ARP = {
    "arp_interval": 250,
    "arp_validate": "filter_backup",
    "arp_missed_max": 6,
    "arp_all_targets": "all",
    "arp_ip_target": "192.0.2.254,192.0.2.253",
    "ns_ip6_target": "2001:db8::1,fe80::2",
}
OTHERS = {
    "use_carrier": "on",
    "primary": "eth1",
    "primary_reselect": "failure",
    "fail_over_mac": "active",
    "xmit_hash_policy": "vlan+srcmac",
    "resend_igmp": 7,
    "num_grat_arp": 9,
    "all_slaves_active": "on",
    "min_links": 2,
    "lp_interval": 5,
    "packets_per_slave": 4,
    "lacp_active": "off",
    "lacp_rate": "fast",
    "ad_select": "count",
    "ad_actor_sys_prio": 77,
    "ad_user_port_key": 9,
    "ad_actor_system": "02:00:00:00:00:0a",
    "tlb_dynamic_lb": "off",
    "coupled_control": "off",
    "broadcast_neighbor": "on",
    "lacp_strict": "on",
}


@pytest.fixture
def plain() -> Iterator[NetnsNetwork]:
    """Two slaves, and no bond yet."""
    built = build(PLAIN, Loop())
    with built.undo:
        yield built


@pytest.mark.parametrize("mode", MODES)
def test_a_fresh_bond_reads_back_the_defaults_of_the_table(plain: NetnsNetwork, mode: str) -> None:
    asked = BondOptions.of(mode=mode)
    make_bond(plain, PLAN, asked)
    seen = read_back(plain, PLAN)
    # The kernel picks an active slave and a system address of its own.
    told = {name: seen[name] for name in seen.keys() - {"active_slave", "ad_actor_system"}}
    assert told == {name: asked[name] for name in told}
    assert told.keys() > {"mode", "miimon", "lacp_rate", "arp_validate", "num_grat_arp"}


@pytest.mark.parametrize("monitor", [MII, ARP], ids=["mii", "arp"])
@pytest.mark.parametrize("mode", MODES)
def test_every_option_reads_back_as_it_was_set(
    plain: NetnsNetwork, mode: str, monitor: dict[str, object]
) -> None:
    able = {name for name in OPTIONS if mode in OPTIONS[name].modes}
    asked = BondOptions.of(
        mode=mode, **{name: value for name, value in (monitor | OTHERS).items() if name in able}
    )
    make_bond(plain, PLAN, asked)
    lost = [one.name for one in ignored(asked, read_back(plain, PLAN))]
    lacking = asked.unknown_to(Release.parse(os.uname().release).series)
    assert lost == [said.partition(" ")[0] for said in lacking]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": 9},
        {"mode": 4, "arp_interval": 100},
        {"mode": 4, "arp_interval": 0},
        {"mode": 1, "lacp_rate": "fast"},
        {"mode": 0, "primary": "eth0"},
        {"mode": 1, "packets_per_slave": 2},
        {"miimon": 100, "arp_interval": 100},
        {"miimon": 100, "arp_validate": "all"},
        {"mode": 1, "updelay": 100},
        {"miimon": 100, "peer_notif_delay": 300_001},
        {"arp_missed_max": 0},
        {"lp_interval": 0},
        {"arp_ip_target": "0.0.0.0"},  # noqa: S104
        {"arp_ip_target": "255.255.255.255"},
        {"arp_ip_target": "192.0.2.1,192.0.2.1"},
        {"arp_ip_target": [f"192.0.2.{last}" for last in range(1, 18)]},
        {"ns_ip6_target": "ff02::1"},
        {"mode": 4, "ad_actor_system": "01:00:5e:00:00:01"},
        {"mode": 4, "ad_user_port_key": 1024},
    ],
    ids=str,
)
def test_what_the_table_refuses_the_kernel_refuses(
    plain: NetnsNetwork, options: dict[str, object]
) -> None:
    with pytest.raises(ScenarioError):
        BondOptions.of(**options)
    with pytest.raises(KernelRefused):
        make_bond(plain, PLAN, BondOptions.unchecked(**options))


@pytest.mark.parametrize(
    "options",
    [
        {"arp_ip_target": "127.0.0.1,224.0.0.1,0.1.2.3"},
        {"arp_missed_max": 255},
        {"mode": 4, "arp_ip_target": "192.0.2.254"},
        {"mode": 0, "fail_over_mac": "active", "xmit_hash_policy": "layer3+4"},
        {"mode": 1, "arp_validate": "all"},
        {"mode": 1, "miimon": 0, "updelay": 0},
    ],
    ids=str,
)
def test_what_the_table_lets_pass_the_kernel_takes(
    plain: NetnsNetwork, options: dict[str, object]
) -> None:
    asked = BondOptions.of(**options)
    make_bond(plain, PLAN, asked)
    assert ignored(asked, read_back(plain, PLAN)) == []
    drop_bond(plain, PLAN)
