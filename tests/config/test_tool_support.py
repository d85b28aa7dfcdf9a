"""What each tool does with a file, where it need not be asked: who applies it, and its keys."""

from __future__ import annotations

import pytest

from harness.config import Source, parse
from harness.config.lint import Finding, lint
from harness.config.rules import RULES

PLAN = "network:\n  %s\n  ethernets: {left: {}, right: {}}\n  bonds:\n    up1:\n      %s\n"
MEMBERS = "interfaces: [left, right]"
BACKUP = "parameters: {mode: active-backup}"


def found(text: str, name: str = "file") -> list[Finding]:
    """Return what the rules say of a text."""
    return lint(parse([Source(name, text)]), RULES)


def of(rule: str, text: str, name: str = "file") -> list[Finding]:
    """Return what one rule says."""
    return [finding for finding in found(text, name) if finding.rule == rule]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (PLAN % ("version: 2", f"{{{MEMBERS}, {BACKUP}}}"), "error"),
        (PLAN % ("renderer: NetworkManager", f"{{{MEMBERS}, {BACKUP}}}"), ""),
        (PLAN % ("version: 2", f"{{{MEMBERS}, renderer: NetworkManager, {BACKUP}}}"), ""),
        ("DEVICE=bond3\nBONDING_OPTS='mode=active-backup'\n", "warning"),
        ("options bonding mode=active-backup\n", "error"),
        ("mode=active-backup,primary=eth7", ""),
    ],
)  # fmt: skip
def test_no_monitor_is_as_bad_as_who_applies_it_makes_it(text: str, level: str) -> None:
    assert [finding.level for finding in of("no-monitor", text)] == [level] * bool(level)


@pytest.mark.parametrize("renderer", ["networkd", "NetworkManager"])
def test_what_networkd_keeps_to_itself_is_reported_of_networkd_only(renderer: str) -> None:
    own = f"{{{MEMBERS}, parameters: {{mode: balance-alb, learn-packet-interval: 3}}}}"
    said = of("unsent", PLAN % (f"renderer: {renderer}", own))
    assert bool(said) == (renderer == "networkd")


@pytest.mark.parametrize(
    ("broken", "said", "hint"),
    [
        (PLAN % ("ehternets: {}", f"{{{MEMBERS}}}"), "ehternets: netplan has no such key here",
         "did you mean ethernets"),
        (PLAN % ("version: 2", "{interfaces: [left], paramters: {mode: 802.3ad}}"),
         "paramters: netplan has no such key here", "did you mean parameters"),
        (PLAN % ("version: 2", "{interfaces: [left], miimon: 100}"), "miimon: netplan has no",
         "options of a bond stand in parameters:"),
        (PLAN % ("version: 2", "{interfaces: [left, wrong]}"),
         "interfaces: wrong: netplan refuses a member that is defined nowhere",
         "add it below ethernets: wrong: {}"),
    ],
)  # fmt: skip
def test_what_netplan_refuses_is_an_error(broken: str, said: str, hint: str) -> None:
    (finding,) = [one for one in found(broken) if said in one.message]
    assert finding.level == "error"
    assert hint in finding.hint


def test_members_may_be_defined_in_a_file_that_is_not_given() -> None:
    text = "network: {bonds: {up1: {interfaces: [left, right], parameters: {mode: 802.3ad}}}}"
    said = [one for one in found(text) if "defined nowhere" in one.message]
    assert [one.level for one in said] == ["warning", "warning"]


@pytest.mark.parametrize("role", ["PrimarySlave", "ActiveSlave"])
def test_a_role_belongs_beside_the_bond_of_a_slave(role: str) -> None:
    netdev = Source("b.netdev", "[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=active-backup\n")
    own = Source("b.network", f"[Match]\nName=up1\n[Network]\n{role}=yes\n")
    slave = Source("s.network", f"[Match]\nName=left\n[Network]\nBond=up1\n{role}=yes\n")
    said = {one.message for one in lint(parse([netdev, own]), RULES)}
    assert any(f"{role}=yes: is set without Bond=" in message for message in said)
    said = {one.message for one in lint(parse([netdev, slave]), RULES)}
    assert not any("is set without Bond=" in message for message in said)


@pytest.mark.parametrize(
    ("key", "near"), [("MIIMonitor", "MIIMonitorSec"), ("GratuitiousARP", "GratuitousARP")]
)
def test_a_misspelt_key_is_reported_with_the_nearest(key: str, near: str) -> None:
    text = f"[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=802.3ad\n{key}=1\n"
    (finding,) = of("unknown-setting", text)
    assert f"did you mean {near}" in finding.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[NetDev]\nName=up1\nKind=bond\n[Bond]\nMIIMonitorSec=abc\n",
         "MIIMonitorSec=abc: not a whole number of ms"),
        (PLAN % ("version: 2", f"{{{MEMBERS}, parameters: {{mode: fast}}}}"),
         "mode: fast: no such value"),
        ("iface up1 inet manual\nbond-slaves a b\nbond-updelay soon\n",
         "bond-updelay soon: not a whole number of ms"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_reported_once_and_as_it_is_written(text: str, said: str) -> None:
    (finding,) = of("bad-value", text)
    assert finding.message == said


@pytest.mark.parametrize("key", ["clag-id 7", "es-sys-mac 44:38:39:ff:00:01", "clag_id 3"])
def test_a_bond_whose_other_link_is_at_another_switch_may_have_one_slave(key: str) -> None:
    text = f"auto host1\niface host1\n    bond-slaves swp5\n    bond-mode 802.3ad\n    {key}\n"
    assert not of("one-slave", text)
    assert of("one-slave", text.replace(f"    {key}\n", ""))


@pytest.mark.parametrize(
    ("early", "late", "times"),
    [
        ("Type=ether", "Name=left", 1),
        ("Type=ether wlan", "Name=left right", 2),
        ("Type=wlan", "Name=left", 0),
        ("Type=ether\nName=up1", "Name=left", 0),
        ("Name=lo", "Type=ether", 0),
    ],
)
def test_a_file_for_every_ethernet_interface_before_that_of_a_slave(
    early: str, late: str, times: int
) -> None:
    netdev = Source("b.netdev", "[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=active-backup\n")
    first = Source("10.network", f"[Match]\n{early}\n[Network]\nDHCP=yes\n")
    slave = Source("20.network", f"[Match]\n{late}\n[Network]\nBond=up1\n")
    said = [one.message for one in lint(parse([netdev, slave, first]), RULES)]
    wide = "10.network matches all of Type=ether before"
    assert sum(wide in one for one in said) == times


def test_a_target_with_a_comma_is_reported_and_the_others_count() -> None:
    text = (
        "[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=active-backup\nARPIntervalSec=1\n"
        "ARPIPTargets=192.0.2.1, 192.0.2.2\n"
    )
    (finding,) = of("unknown-setting", text)
    assert finding.hint == "write ARPIPTargets=192.0.2.1 192.0.2.2"
    assert parse([Source("file", text)]).bonds[0].asked["arp_ip_target"] == ("192.0.2.2",)


@pytest.mark.parametrize("name", ["Networks", "bond", "Bonding", "Netdevs"])
def test_a_section_that_is_almost_one(name: str) -> None:
    text = f"[NetDev]\nName=up1\nKind=bond\n[Bond]\nMode=802.3ad\n[{name}]\nA=b\n"
    assert [one.message for one in of("unknown-setting", text, "a.netdev")] == [
        f"[{name}]: systemd-networkd has no such section and ignores it"
    ]
    text = text.replace(f"[{name}]", "[NetworkEmulator]")
    assert not of("unknown-setting", text)
