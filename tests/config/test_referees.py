"""Files that we write, and files that people write, before the tools that own the formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bonding import OPTIONS, Setting
from harness.bonding.checks import check
from harness.bonding.options import MODES, Option
from harness.bonding.values import normal
from harness.config import (
    Addressing,
    BondConfig,
    Configuration,
    Given,
    Match,
    Place,
    SlaveConfig,
    Source,
    Upper,
    parse,
)
from harness.config.lint import lint
from harness.config.rules import RULES
from harness.config.spelling import spelled
from harness.config.tool_support import TOOLS
from harness.config.write import write
from harness.errors import ScenarioError
from tests import referees
from tests.config.tool_files import IFACE, KEYFILE, NETDEV, NETPLAN, READ
from tests.other_tools import Verdict, find_file
from tests.referees import REFEREES

HERE = Place("made up")
# What releases in use do not know is written all the same, and told by the rule tool-version.
LATELY = {"PeerNotifyDelaySec", "ARPMissedMax", "ns_ip6_target", "lacp_active", "arp_missed_max"}
SOFT = "of out range"  # ifupdown2 warns and sets it


def given(text: str) -> tuple[Given, ...]:
    """Return options of a text."""
    pairs = [word.split("=", 1) for word in text.split()]
    return tuple(Given.read(name, value, HERE, "") for name, value in pairs)


def bond(text: str, name: str = "bond0", ports: str = "eth0 eth1", **more: object) -> BondConfig:
    """Return a bond."""
    slaves = tuple(SlaveConfig(port) for port in ports.split())
    return BondConfig(name, given(text), slaves, **more)  # type: ignore[arg-type]


AB = "mode=active-backup miimon=100"
STATIC = Addressing(("192.0.2.1/24", "2001:db8::1/64"), gateways=("192.0.2.254", "2001:db8::fe"))
BR = Upper("br0", "bridge", ("bond0",), ip=Addressing(dhcp4=True))
VLAN = Upper("bond0.7", "vlan", ("bond0",), 7, Addressing(("198.51.100.1/24",)))
SYSTEMS = {
    "static": bond(AB, ip=STATIC),
    "dhcp": bond(AB, ip=Addressing(dhcp4=True)),
    "dhcp of both kinds": bond(AB, ip=Addressing(dhcp4=True, dhcp6=True)),
    "dhcp beside an address": bond(AB, ip=Addressing(("192.0.2.1/24",), dhcp4=True)),
    "jumbo frames": bond(AB, ip=Addressing(("192.0.2.1/24",), mtu=9000)),
    "two addresses": bond(AB, ip=Addressing(("192.0.2.1/24", "198.51.100.1/24"))),
    "bridge": bond(AB, uppers=(BR,)),
    "bridge with two ports": bond(
        AB, uppers=(Upper("lan", "bridge", ("bond0", "eth7"), ip=STATIC),)
    ),
    "vlan": bond("mode=802.3ad lacp_rate=fast updelay=200", uppers=(VLAN,)),
    "bridge over a vlan": bond(
        AB,
        ip=Addressing(("192.0.2.1/24",)),
        uppers=(VLAN, Upper("br7", "bridge", ("bond0.7",), ip=Addressing(("203.0.113.1/24",)))),
    ),
    "vlan over a bridge": bond(
        AB, uppers=(Upper("br0", "bridge", ("bond0",)), Upper("br0.9", "vlan", ("br0",), 9))
    ),
    "bridge with an address on its port": bond(AB, ip=STATIC, uppers=(BR,)),
    "by MAC": bond(AB, ports="", matches=(Match("mac", "02:00:00:00:00:07"),)),
    "by pattern": bond(AB, ports="eth9", matches=(Match("name", "enp1s0f*"),)),
    "a primary that is nowhere": bond(f"{AB} primary=eth0", ports=""),
    "switches": bond("mode=balance-tlb miimon=100 tlb_dynamic_lb=0 all_slaves_active=1"),
    "no monitor": bond("mode=active-backup"),
    "no mode": bond("miimon=100"),
    "slow 802.3ad": bond("mode=802.3ad miimon=100 updelay=500 downdelay=500"),
}


def ask(format_: str, configuration: Configuration, place: Path) -> Verdict:
    """Write a configuration and ask the tool that owns the format."""
    return REFEREES[format_](write(configuration, format_).files, place)


def objections(verdict: Verdict) -> list[str]:
    """Return what a tool minds, less what is told by a rule."""
    said = (*verdict.refused, *verdict.ignored)
    return [line for line in said if SOFT not in line and not any(w in line for w in LATELY)]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("format_", [name for name in REFEREES if name != "ifupdown2"])
def test_no_tool_minds_what_we_write(format_: str, system: str, tmp_path: Path) -> None:
    assert not objections(ask(format_, Configuration((SYSTEMS[system],)), tmp_path))


def renamed(number: int, one: BondConfig) -> BondConfig:
    """Return a bond with names that no other has, so that many stand in one file."""
    ports = tuple(SlaveConfig(f"x{number}y{nth}") for nth, _ in enumerate(one.slaves))
    kept = [g for g in one.given if g.name not in ("primary", "active_slave")]
    return BondConfig(f"b{number}", tuple(kept), ports, one.ip)


def test_ifupdown2_minds_nothing(tmp_path: Path) -> None:
    many = tuple(renamed(n, one) for n, one in enumerate(SYSTEMS.values()))
    assert not objections(ask("ifupdown2", Configuration(many), tmp_path))


def values(option: Option) -> list[str]:
    """Return values of an option: all its words, or some numbers."""
    if option.values:
        return [str(value.word) for value in option.values]
    made = {"ip4": "192.0.2.9", "ip6": "2001:db8::9", "mac": "02:00:00:00:00:01"}
    if option.wire in made:
        return [made[option.wire]]
    return [] if option.wire == "index" else [str(option.low or 1), "200", str(option.high)]


def alone(option: Option, value: str) -> str:
    """Return options in which one can be set: a mode that takes it, and what it needs."""
    able = [mode for mode in MODES if mode in option.modes and option.has_effect_in(mode)]
    text = f"mode={able[-1] if able else 'active-backup'} "
    if option.name == "mode":
        text = ""
    if option.requires:
        text += "miimon=100 "
    if option.name.startswith(("arp_", "ns_")):
        text = "mode=active-backup arp_interval=100 arp_ip_target=192.0.2.7 "
    return f"{text}{option.name}={value}"


def every_value() -> Iterator[BondConfig]:
    """Yield a bond for each value of each option."""
    texts = [alone(option, text) for option in OPTIONS.values() for text in values(option)]
    for number, text in enumerate(texts):
        yield bond(text, f"b{number}", f"x{number} y{number}")


@pytest.mark.parametrize("format_", REFEREES)
def test_no_tool_minds_any_value_that_we_write(format_: str, tmp_path: Path) -> None:
    assert not objections(ask(format_, Configuration(tuple(every_value())), tmp_path))


# The rules that speak of what a tool does with a file, whatever the kernel thinks of it.
OF_TOOLS = {"bad-value", "given-twice", "unknown-setting", "unread", "no-target", "unmonitored",
            "tool-drops", "tool-limits", "tool-words", "refused",
            "rounded-delay", "tool-version"}  # fmt: skip
CASES = [
    pytest.param(format_, name, text % setting, id=f"{format_}: {setting}")
    for format_, name, text, settings in READ
    for setting in settings
]


@pytest.mark.parametrize(("format_", "name", "text"), CASES)
def test_check_minds_what_the_tool_minds(
    format_: str, name: str, text: str, tmp_path: Path
) -> None:
    verdict = REFEREES[format_]({name: text}, tmp_path)
    found = lint(parse([Source(name, text)], format_), RULES)
    minded = [one for one in found if one.rule in OF_TOOLS and one.level != "note"
              and (one.rule != "unmonitored" or one.level == "error")]  # fmt: skip
    assert bool(minded) == bool(verdict.refused or verdict.ignored), (verdict, minded)


@pytest.mark.parametrize(
    "text",
    [
        "mode=802.3ad miimon=100 updelay=200 downdelay=200",
        "mode=802.3ad updelay=200",
        f"{AB} updelay=200 primary=eth0 primary_reselect=failure fail_over_mac=active",
        "mode=active-backup arp_interval=100 arp_ip_target=192.0.2.2 arp_validate=all",
        "mode=balance-tlb miimon=100 tlb_dynamic_lb=0",
        "mode=balance-rr miimon=100 packets_per_slave=7",
    ],
)
def test_the_driver_takes_what_ifenslave_writes_in_its_order(text: str, tmp_path: Path) -> None:
    script = find_file(referees.IFENSLAVE, "ifenslave")
    (stanza,) = write(Configuration((bond(text),)), "interfaces").files.values()
    lines = [line.split(None, 1) for line in stanza.splitlines()]
    options = {words[0]: words[1] for words in lines if words and words[0].startswith("bond-")}
    state: dict[str, Setting] = {name: option.default for name, option in OPTIONS.items()}
    for name, raw in referees.written_by_ifenslave(script, "bond0", options, tmp_path):
        if name in OPTIONS:
            state[name] = normal(OPTIONS[name], raw)
            try:
                check(state, {name: state[name]})
            except ScenarioError as error:
                pytest.fail(f"echo {raw} > {name}: {error.message}")


@pytest.mark.parametrize("mode", MODES)
def test_check_minds_what_network_manager_minds_of_an_option_in_a_mode(
    mode: str, tmp_path: Path
) -> None:
    """Of what it takes, the driver may still refuse a part."""
    texts = {
        f"{option.name}{nth}.nmconnection": KEYFILE
        % f"mode={mode}\nmiimon=50\n{spelled('nm', option.name, value)}"
        for option in OPTIONS.values()
        if option.name not in ("mode", "miimon")
        for nth, value in enumerate(values(option)[-1:] or ["eth0"])
    }
    verdict = REFEREES["nm"](texts, tmp_path)
    said = {line.partition(":")[0] for line in (*verdict.refused, *verdict.ignored)}
    minded = {
        name
        for name, text in texts.items()
        if any(
            one.rule in OF_TOOLS and one.level != "note"
            for one in lint(parse([Source(name, text)], "nm"), RULES)
        )
    }
    assert said <= minded


def test_the_referees_refuse_what_is_wrong(tmp_path: Path) -> None:
    """The control: each tool that is here minds a file that is plainly wrong."""
    wrong = {
        "netplan": ("60.yaml", NETPLAN % "mode: nonsense"),
        "nm": ("b.nmconnection", KEYFILE % "mode=nonsense"),
        "nmcli": ("b.nmcli", "nmcli connection add type bond bond.options mode=nonsense"),
        "interfaces": ("interfaces", "iface bond0\n    bond-mode 1\n"),
        "ifupdown2": ("interfaces", IFACE % "bond-mode nonsense"),
        "networkd": ("a.netdev", NETDEV % "Mode=nonsense"),
    }  # fmt: skip
    for format_, (name, text) in wrong.items():
        (tmp_path / format_).mkdir()
        verdict = REFEREES[format_]({name: text}, tmp_path / format_)
        assert verdict.refused or verdict.ignored, format_
    assert set(wrong) == set(REFEREES) <= set(TOOLS)
