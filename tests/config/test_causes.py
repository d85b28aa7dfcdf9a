"""One cause is one remark: what follows from it stands in it, or is not told at all."""

from __future__ import annotations

import pytest

from harness.config import Source, parse
from harness.config.lint import Finding, lint
from harness.config.rules import RULES
from tests.config.rule_pairs import IFACE, LACP, NETDEV

PLAN = "network: {ethernets: {a: {}, b: {}}, bonds: {bond0: {interfaces: [a, b], %s}}}"
KEYFILE = "[connection]\nid=bond0\ntype=bond\ninterface-name=bond0\n[bond]\n%s\n"
BARE = "iface bond0 inet manual\nbond-slaves a b\n%s"
AB = (
    "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nARPIntervalSec=100ms\n"
    "ARPValidate=all\n"
)
# A mistake, the rule that finds it, and what follows from it.
CASES = [
    (f"{LACP}PacketsPerSlave=4\n", "unsent", ""),
    (f"{NETDEV}LACPTransmitRate=fast\n", "unsent", ""),
    (f"{NETDEV}LACPTransmitRate=1\n", "unsent", ""),
    ("mode=failover primary=eth0", "bad-value", ""),
    ("mode=4 arp_interval=100", "refused", ""),
    ("mode=4 arp_interval=100 arp_ip_target=192.0.2.2", "refused", ""),
    ("mode=1 arp_interval=abc arp_ip_target=192.0.2.2 arp_validate=all", "bad-value", ""),
    (PLAN % "paramters: {mode: active-backup, mii-monitor-interval: 100}", "unknown-setting", ""),
    (PLAN % "parameters: {mode: active-backup, mii-monitor-intervall: 100}", "unknown-setting",
     ""),
    (PLAN % "parameters: {mode: active-backup, arp-validate: filter, mii-monitor-interval: 100}",
     "tool-limits", ""),
    (KEYFILE % "mode=active-backup\nmii-mon=100", "unknown-setting",
     "without it NetworkManager sets miimon=100"),
    (KEYFILE % "mod=active-backup\nmiimon=100", "unknown-setting",
     "without it bond0 has no mode and is balance-rr"),
    (BARE % "mode active-backup\nbond-miimon 100\n", "unknown-setting",
     "without it bond0 has no mode and is balance-rr"),
    (BARE % "bond-mode active-backup\nmiimon 100\n", "unknown-setting",
     "without it no monitor is left"),
    (NETDEV.replace("MIIMonitorSec", "MIIMonitor"), "unknown-setting",
     "without it no monitor is left"),
    (f"{IFACE}bond-arp-interval 100\nbond-ports eth3\n", "tool-drops",
     "no monitor is left, and bond0 never fails over"),
    (f"{IFACE}bond-miimon 100\nbond-primary eth7\n", "foreign-primary", ""),
    (f"{IFACE}bond-arp-interval 100\nbond-arp-ip-target 192.0.2.1\nbond-arp-validate all\n",
     "unfit-target", ""),
    (NETDEV.replace("[Bond]", "[Bonds]"), "unknown-setting",
     "without it bond0 has no mode and is balance-rr and no monitor is left"),
    (f"{KEYFILE % 'mode=active-backup'}".replace("[bond]", "[bonds]"), "unknown-setting",
     "without it bond0 has no mode and is balance-rr and NetworkManager sets miimon=100"),
    (KEYFILE % "mode=802.3ad\nmiimon=100\narp_ip_target=192.0.2.2", "unmonitored",
     "and NetworkManager refuses the profile"),
    (f"{AB}ARPIPTargets=192.0.2.2,192.0.2.3\n", "unknown-setting", "no target is left"),
    ("mode=1 miimon=100 use_carrier=0", "use-carrier-off", ""),
]  # fmt: skip


def found(text: str) -> list[Finding]:
    """Return what the rules say of a text, less the notes."""
    return [one for one in lint(parse([Source("file", text)]), RULES) if one.level != "note"]


@pytest.mark.parametrize(("text", "rule", "follows"), CASES)
def test_one_cause_is_one_finding(text: str, rule: str, follows: str) -> None:
    (finding,) = found(text)
    assert finding.rule == rule
    assert finding.message.endswith(follows)


def test_two_faults_of_one_option_are_two_findings() -> None:
    rules = {one.rule for one in found("mode=1 miimon=7 miimon=5")}
    assert rules == {"given-twice", "unit"}
