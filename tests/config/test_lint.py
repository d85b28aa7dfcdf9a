"""Each rule speaks where it should, and says nothing of the same bond when it is mended."""

from __future__ import annotations

import pytest

from harness import claims
from harness.config import (
    Addressing,
    BondConfig,
    Configuration,
    SlaveConfig,
    Source,
    parse,
)
from harness.config.lint import LEVELS, Around, Finding, lint, status
from harness.config.rules import RULES
from harness.config.rules.surroundings import ENVIRONMENTS
from tests.config.rule_pairs import ARP, IFACE, MII, NETDEV, PAIRS, PLAN

ANYWHERE = Around()


def found(text: str, around: Around = ANYWHERE) -> list[Finding]:
    """Return what the rules say of a text."""
    return lint(parse([Source("file", text)]), RULES, around)


@pytest.mark.parametrize(("rule", "broken", "mended"), PAIRS)
def test_a_rule_speaks_only_where_it_is_broken(rule: str, broken: str, mended: str) -> None:
    assert rule in {finding.rule for finding in found(broken)}
    assert rule not in {finding.rule for finding in found(mended)}


def test_every_rule_has_a_pair() -> None:
    by_surroundings = {"shared-mac", "kernel-lacks"}
    assert {rule for rule, _, _ in PAIRS} | by_surroundings == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_names_a_claim_that_there_is(rule: object) -> None:
    claim = getattr(rule, "claim", "")
    assert not claim or claims.find(claim).id == claim
    assert getattr(rule, "level", "") in LEVELS


def test_every_remark_says_what_to_do() -> None:
    for _, broken, _ in PAIRS:
        for finding in found(broken):
            assert finding.hint or finding.rule == "given-twice", finding
            assert not finding.claim or finding.promised
            assert finding.place.line


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_shared_mac_is_an_error_where_ports_are_bound_to_theirs(environment: str) -> None:
    there = Around(environment)
    rules = {finding.rule for finding in found(MII, there)}
    assert "shared-mac" in rules
    assert "shared-mac" in {f.rule for f in found("mode=4", there)}
    assert "shared-mac" not in {f.rule for f in found(f"{MII} fail_over_mac=active", there)}
    assert "shared-mac" not in {f.rule for f in found(MII)}


def test_options_that_a_kernel_lacks() -> None:
    text = f"{ARP} arp_missed_max=3"
    old, new = found(text, Around(kernel=(5, 10))), found(text, Around(kernel=(6, 1)))
    assert [f.message for f in old if f.rule == "kernel-lacks"] == [
        "arp_missed_max=3 is unknown to 5.10"
    ]
    assert "kernel-lacks" not in {f.rule for f in new}


def test_microseconds_are_an_error_and_the_darkness_is_reported() -> None:
    (finding,) = [f for f in found(ARP.replace("=100", "=5000000")) if f.rule == "unit"]
    assert finding.level == "error"
    assert "5000 s" in finding.message
    assert "a dead path is noticed after up to 15000 s" in finding.message
    assert finding.hint == "5000000 microseconds are arp_interval=5000"


def test_errors_decide_the_exit_status_and_warnings_only_if_strict() -> None:
    warned = [f for f in found(ARP.replace(",192.0.2.3", "")) if f.level != "note"]
    assert [f.level for f in warned] == ["warning"]
    assert (status(warned), status(warned, strict=True)) == (0, 1)
    assert (status(found("mode=1")), status([])) == (1, 0)


def test_remarks_come_in_the_order_of_lines() -> None:
    places = [
        f.place for f in found(f"{IFACE}bond-arp-interval 5\nbond-arp-ip-target 192.0.2.9\n")
    ]
    assert len(places) > 2
    assert places == sorted(places)


def test_a_file_that_is_no_configuration_is_a_note() -> None:
    both = [Source("a", MII), Source("b", "hello")]
    assert [f.message for f in lint(parse(both), RULES) if f.rule == "unread"] == [
        "b: a file of no format known here"
    ]
    assert isinstance(parse(both), Configuration)


def test_what_ifupdown2_has_and_ifenslave_drops_says_so() -> None:
    text = f"{IFACE}bond-miimon 100\nbond-min-links 2\n"
    (finding,) = [f for f in found(text) if f.rule == "tool-drops"]
    assert "ifenslave has no such option, so it is silently dropped" in finding.message
    assert "--from ifupdown2" in finding.hint
    read = parse([Source("file", text)], "ifupdown2")
    assert "tool-drops" not in {f.rule for f in lint(read, RULES)}


@pytest.mark.parametrize(
    ("ip", "said"),
    [
        (Addressing(("192.0.2.7/24",)), "has 192.0.2.7/24 of its own"),
        (Addressing(dhcp4=True), "has DHCP of its own"),
        (Addressing(("2001:db8::7/64",), dhcp6=True), "has DHCP and 2001:db8::7/64 of its own"),
    ],
)
def test_a_slave_with_ip_of_its_own(ip: Addressing, said: str) -> None:
    slaves = (SlaveConfig("eth0", ip=ip), SlaveConfig("eth1"))
    rules = {f.message for f in lint(Configuration((BondConfig("b", slaves=slaves),)), RULES)}
    assert any(said in message for message in rules)
    bare = BondConfig("b", slaves=(SlaveConfig("eth0"), SlaveConfig("eth1")))
    assert "slave-ip" not in {f.rule for f in lint(Configuration((bare,)), RULES)}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (NETDEV.replace("100ms", "100"),
         "MIIMonitorSec=100 is 100 s, for systemd counts a number without unit in seconds",
         "write MIIMonitorSec=100ms"),
        (NETDEV.replace("100ms", "30s"), "MIIMonitorSec=30s is 30 s, so a dead path",
         "usual are 50 to 1000 ms; were 30 ms meant, write MIIMonitorSec=30ms"),
        (f"{NETDEV}UpDelaySec=200\n", "UpDelaySec=200 is 200 s, for systemd counts",
         "write UpDelaySec=200ms"),
        (PLAN % ("active-backup", "mii-monitor-interval: 1"),
         "mii-monitor-interval: 1 is 1 ms: was 1 s meant?",
         "1 s is mii-monitor-interval: 1000; usual are 50 to 1000 ms"),
        ("ip link add b type bond mode 1 miimon 2", "miimon 2 is 2 ms: was 2 s meant?",
         "2 s is miimon 2000; usual are 50 to 1000 ms"),
        (f"{IFACE}bond_miimon 2\n", "bond_miimon 2 is 2 ms: was 2 s meant?",
         "2 s is bond-miimon 2000; usual are 50 to 1000 ms"),
    ],
)  # fmt: skip
def test_times_are_reported_in_the_spelling_of_the_file(
    text: str, message: str, hint: str
) -> None:
    (finding,) = [f for f in found(text) if f.rule == "unit"]
    assert finding.message.startswith(message)
    assert finding.hint == hint


@pytest.mark.parametrize(
    "text",
    [
        f"{MII} updelay=30000",
        "mode=4 miimon=100 updelay=45000",
        f"{NETDEV}UpDelaySec=30\n",
        PLAN % ("active-backup", "mii-monitor-interval: 100, up-delay: 60000"),
    ],
)
def test_a_delay_for_a_port_that_forwards_late_is_nothing_strange(text: str) -> None:
    assert "unit" not in {f.rule for f in found(text)}


@pytest.mark.parametrize("mode", ["802.3ad", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize("monitor", ["miimon=0", "miimon=100"])
def test_no_hint_speaks_of_an_option_that_the_mode_refuses(mode: str, monitor: str) -> None:
    for finding in found(f"mode={mode} {monitor}"):
        assert "arp_" not in finding.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{NETDEV}ARPIPTargets=192.0.2.1\n", "with ARPValidate"),
        (PLAN % ("active-backup", "mii-monitor-interval: 100"), "arp-interval with arp-validate"),
        (f"{IFACE}bond-miimon 100\n", "use bond-arp-interval with bond-arp-validate"),
        ("BONDING_MASTER=yes\nBONDING_MODULE_OPTS='mode=1 miimon=100'\n", "arp_interval"),
    ],
)  # fmt: skip
def test_hints_have_the_words_of_the_file(text: str, said: str) -> None:
    assert said in " ".join(finding.hint for finding in found(text))


@pytest.mark.parametrize(
    ("again", "counts", "mode"),
    [("bond-mode 4", "first", "active-backup"), ("bond_mode 4", "last", "802.3ad")],
)
def test_an_option_that_stands_there_twice(again: str, counts: str, mode: str) -> None:
    text = f"iface b inet manual\nbond-slaves e1 e2\nbond-mode 1\n{again}\nbond-miimon 100\n"
    (finding,) = [one for one in found(text) if one.level != "note"]
    assert finding.message == (
        f"{again}: the stanza has bond-mode 1 before, and the {counts} one counts"
    )
    assert parse([Source("file", text)]).bonds[0].unchecked.mode == mode


DELAY = f"{IFACE}bond-arp-interval 100\nbond-arp-ip-target 192.0.2.2\nbond-updelay 0\n"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (DELAY, "note"),
        ("ip link add b type bond mode 1 arp_interval 100 updelay 0", "error"),
        (f"{NETDEV}UpDelaySec=0\n".replace("MIIMonitorSec=100ms\n", ""), ""),
        ("options bonding mode=1 arp_interval=100 updelay=0", ""),
    ],
)
def test_a_delay_of_0_without_miimon_is_as_bad_as_its_tool_makes_it(text: str, level: str) -> None:
    assert [f.level for f in found(text) if f.rule == "refused"] == [level] * bool(level)


def test_what_ifupdown2_drops_is_reported_with_what_is_left() -> None:
    text = f"{IFACE}bond-arp-interval 100\nbond-arp-ip-target 192.0.2.2\nbond-ports eth3\n"
    interval, target = [f for f in found(text) if f.level != "note"]
    assert interval.message == (
        "bond-arp-interval 100: ifupdown2 has no such option, so it is dropped with only a "
        "warning: no monitor is left, and bond0 never fails over"
    )
    assert interval.hint.endswith(
        "set bond-miimon 100, or write instead: "
        "post-up echo 100 > /sys/class/net/$IFACE/bonding/arp_interval"
    )
    assert target.rule == interval.rule == "tool-drops"


def test_options_on_the_command_line_belong_to_no_tool() -> None:
    text = "mode=1 arp_interval=100 ns_ip6_target=2001:db8::1 arp_validate=all"
    given = lint(parse([Source("<command line>", text)]), RULES)
    assert "tool-drops" not in {finding.rule for finding in given}
