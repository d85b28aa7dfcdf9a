"""Lines and commands that set what a tool does not; the driver's say is in tests/guest."""

from __future__ import annotations

import pytest

from harness.bonding import OPTIONS
from harness.bonding.values import normal
from harness.config import Source, parse
from harness.config.by_hand import in_a_stanza, of_the_module, on_a_bond, on_a_slave
from harness.config.lint import lint
from harness.config.rules import RULES

FILE = "/sys/class/net/$IFACE/bonding"
TARGETS = f"post-up echo +192.0.2.7 > {FILE}/arp_ip_target; echo +192.0.2.8 > {FILE}/arp_ip_target"
SELECTED = f"pre-up ip link set $IFACE down; echo count > {FILE}/ad_select; ip link set $IFACE up"
IFACE = "bond-slaves a b\nbond-mode 1\nbond-miimon 100"


@pytest.mark.parametrize(
    ("format_", "mode", "name", "text", "line"),
    [
        ("ifupdown2", "active-backup", "arp_ip_target", "192.0.2.7,192.0.2.8", TARGETS),
        ("ifupdown2", "802.3ad", "ad_select", "count", SELECTED),
        ("ifupdown2", "active-backup", "fail_over_mac", "active", ""),
        ("interfaces", "802.3ad", "lacp_active", "off",
         "pre-up ip link add $IFACE type bond mode 802.3ad lacp_active 0"),
        ("interfaces", "active-backup", "resend_igmp", "3",
         f"post-up echo 3 > {FILE}/resend_igmp"),
        ("interfaces", "active-backup", "ns_ip6_target", "2001:db8::1,2001:db8::2",
         "post-up ip link set $IFACE type bond ns_ip6_target 2001:db8::1,2001:db8::2"),
    ],
)  # fmt: skip
def test_lines_of_a_stanza(format_: str, mode: str, name: str, text: str, line: str) -> None:
    assert in_a_stanza(format_, mode, name, normal(OPTIONS[name], text)) == line
    if line:  # and the line reads back as the option
        stanza = f"iface bond0 inet manual\nbond-slaves eth0 eth1\nbond-mode {mode}\n{line}\n"
        (bond,) = parse([Source("x", stanza)], format_).bonds
        assert bond.asked[name] == normal(OPTIONS[name], text)
        assert "tool-drops" not in {one.rule for one in lint(parse([Source("x", stanza)], format_),
                                                             RULES)}  # fmt: skip


def test_commands_elsewhere() -> None:
    assert on_a_bond("bond7", "primary", "") == "echo > /sys/class/net/bond7/bonding/primary"
    assert of_the_module("fail_over_mac", "active") == "options bonding fail_over_mac=active"
    assert of_the_module("lacp_active", "off") == ""
    assert on_a_slave("bond7", "eth3", "prio", 9) == "ip link set eth3 type bond_slave prio 9"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("interfaces", f"iface bond0 inet manual\n{IFACE}\nbond-resend-igmp 3\n",
         f"write instead: post-up echo 3 > {FILE}/resend_igmp"),
        ("interfaces", f"iface bond0\n{IFACE}\nbond-fail-over-mac 1\n",
         "for all bonds: options bonding fail_over_mac=active"),
        ("n.yaml", "network: {bonds: {bond0: {interfaces: [], parameters: {mode: 802.3ad}}}}",
         ""),
        ("b.conf", "options bonding mode=1 miimon=100 peer_notif_delay=200",
         "run when bond0 is up: echo 200 > /sys/class/net/bond0/bonding/peer_notif_delay"),
    ],
)  # fmt: skip
def test_what_is_reported_of_options_that_a_tool_drops(name: str, text: str, said: str) -> None:
    hints = [one.hint for one in lint(parse([Source(name, text)]), RULES)
             if one.rule == "tool-drops"]  # fmt: skip
    assert [hint.endswith(said) for hint in hints] == [True] * bool(said)
