"""What is written of a bond's IP and of what stands on it, in the words of each format."""

from __future__ import annotations

import pytest

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
from harness.config.tool_support import FORMATS, RUNNING
from harness.config.write import Written, write
from tests.configs import PROC

HERE = Place("made up")
MII = "mode=1 miimon=100"
NOTHING = Addressing()
TRUNK = Upper("up1.30", "vlan", ("up1",), 30, Addressing(("203.0.113.5/28",)))
LAN = Upper("lan", "bridge", ("up1", "wan7"), ip=Addressing(dhcp4=True))
NAMED = Upper("mgmt", "vlan", ("up1",), 12)


def bond(text: str, *uppers: Upper, ip: Addressing = NOTHING) -> BondConfig:
    """Return a bond with two slaves."""
    pairs = [word.split("=", 1) for word in text.split()]
    given = tuple(Given.read(name, value, HERE, "") for name, value in pairs)
    return BondConfig("up1", given, (SlaveConfig("p1"), SlaveConfig("p2")), ip, uppers=uppers)


def written(format_: str, *args: Upper, text: str = MII, **more: Addressing) -> str:
    """Return all files in one."""
    return "\n".join(write(Configuration((bond(text, *args, **more),)), format_).files.values())


def named(made: Written) -> str:
    """Return what is listed as left out."""
    return " ".join(f"{cannot.what}" for cannot in made.cannot)


@pytest.mark.parametrize(
    ("format_", "four", "six"),
    [
        ("ifcfg", "BOOTPROTO=dhcp", "IPV6_AUTOCONF=yes"),
        ("interfaces", "iface up1 inet dhcp", "iface up1 inet6 auto"),
        ("ifupdown2", "iface up1 inet dhcp", "iface up1 inet6 auto"),
        ("suse", "BOOTPROTO='dhcp4'", "BOOTPROTO='dhcp6'"),
        ("nm", "[ipv4]\nmethod=auto", "[ipv6]\nmethod=auto"),
        ("nmcli", "ipv4.method auto", "ipv6.method auto"),
        ("networkd", "DHCP=ipv4", "DHCP=ipv6"),
        ("netplan", "dhcp4: true", "dhcp6: true"),
        ("nmstate", "ipv4:\n    enabled: true\n    dhcp: true", "autoconf: true"),
    ],
)
def test_dhcp_is_written(format_: str, four: str, six: str) -> None:
    assert four in written(format_, ip=Addressing(dhcp4=True))
    assert six in written(format_, ip=Addressing(dhcp6=True))
    neither = written(format_, ip=Addressing(("192.0.2.3/24",)))
    assert four not in neither
    assert six not in neither


@pytest.mark.parametrize(
    ("format_", "gateway", "mtu"),
    [
        ("ifcfg", "GATEWAY=192.0.2.99", "MTU=8950"),
        ("interfaces", "gateway 192.0.2.99", "mtu 8950"),
        ("ifupdown2", "gateway 192.0.2.99", "mtu 8950"),
        ("nm", "gateway=192.0.2.99", "mtu=8950"),
        ("nmcli", "ipv4.gateway 192.0.2.99", "802-3-ethernet.mtu 8950"),
        ("networkd", "Gateway=192.0.2.99", "MTUBytes=8950"),
        ("netplan", "to: 0.0.0.0/0\n        via: 192.0.2.99", "mtu: 8950"),
        ("nmstate", "next-hop-address: 192.0.2.99", "mtu: 8950"),
    ],
)
def test_gateway_and_mtu_are_written(format_: str, gateway: str, mtu: str) -> None:
    ip = Addressing(("192.0.2.3/24",), gateways=("192.0.2.99",), mtu=8950)
    text = written(format_, ip=ip)
    assert gateway in text
    assert mtu in text


@pytest.mark.parametrize(
    ("format_", "vlan", "bridge"),
    [
        ("ifcfg", "PHYSDEV=up1\nVLAN_ID=30", "BRIDGE=lan"),
        ("interfaces", "vlan-raw-device up1", "bridge-ports up1 wan7"),
        ("ifupdown2", "vlan-raw-device up1", "bridge-ports up1 wan7"),
        ("suse", "ETHERDEVICE='up1'\nVLAN_ID='30'", "BRIDGE_PORTS='up1 wan7'"),
        ("nm", "id=30\nparent=up1", "master=lan\nslave-type=bridge"),
        ("nmcli", "dev up1 id 30", "master lan slave-type bridge"),
        ("networkd", "VLAN=up1.30", "Bridge=lan"),
        ("netplan", "id: 30\n      link: up1", "interfaces:\n      - up1\n      - wan7"),
        ("nmstate", "base-iface: up1\n    id: 30", "- name: up1\n    - name: wan7"),
    ],
)
def test_what_stands_on_a_bond_is_written(format_: str, vlan: str, bridge: str) -> None:
    text = written(format_, TRUNK, LAN)
    assert vlan in text
    assert bridge in text
    assert "203.0.113.5" in text


@pytest.mark.parametrize("format_", [name for name in FORMATS if name in RUNNING])
@pytest.mark.parametrize("what", ["DHCP IPv4", "gateway 192.0.2.99", "MTU 8950", "vlan up1.30"])
def test_what_cannot_be_written_is_listed(format_: str, what: str) -> None:
    ip = Addressing(("192.0.2.3/24",), dhcp4=True, gateways=("192.0.2.99",), mtu=8950)
    assert what in named(write(Configuration((bond("mode=1", TRUNK, ip=ip),)), format_))


@pytest.mark.parametrize("format_", ["nm", "nmcli", "suse", "modprobe", "ifcfg"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode=5 tlb_dynamic_lb=off", "tlb_dynamic_lb=0"),
        ("mode=6 all_slaves_active=on", "all_slaves_active=1"),
        ("mode=1 use_carrier=off", "use_carrier=0"),
    ],
)
def test_switches_are_numbers_where_tools_want_numbers(format_: str, text: str, said: str) -> None:
    made = write(Configuration((bond(text),)), format_)
    assert said in "\n".join(made.files.values()) or said.partition("=")[0] in named(made)
    assert not [text for text in made.files.values() if "=on" in text or "=off" in text]


@pytest.mark.parametrize("format_", ["networkd", "netplan"])
@pytest.mark.parametrize(
    ("text", "word"),
    [("mode=4 lacp_rate=1", "fast"), ("mode=2 xmit_hash_policy=1", "layer3+4"),
     ("mode=1 fail_over_mac=2", "follow"), ("mode=6", "balance-alb")],
)  # fmt: skip
def test_words_where_tools_want_words(format_: str, text: str, word: str) -> None:
    assert word in written(format_, text=text)


@pytest.mark.parametrize("format_", ["interfaces", "ifcfg", "suse", "ifupdown2"])
@pytest.mark.parametrize(
    "text", ["mode=4 updelay=200", "mode=6 downdelay=300", "mode=5 updelay=1"]
)
def test_miimon_is_before_the_delays_of_a_mode_that_brings_it(format_: str, text: str) -> None:
    made = written(format_, text=text)
    assert -1 < made.find("miimon") < max(made.find("updelay"), made.find("downdelay"))


@pytest.mark.parametrize("mode", ["IEEE 802.3ad Dynamic link aggregation",
                                  "adaptive load balancing"])  # fmt: skip
def test_the_miimon_of_a_bond_that_runs_is_written(mode: str) -> None:
    shown = PROC.replace("fault-tolerance (active-backup) (fail_over_mac active)", mode)
    made = write(parse([Source("up4", shown)]), "interfaces").files["interfaces"]
    assert "bond-miimon 100" in made
    assert "bond-updelay 5000" in made


@pytest.mark.parametrize("format_", ["netplan", "networkd", "interfaces"])
@pytest.mark.parametrize("name", ["primary", "active_slave"])
def test_no_slave_is_named_that_the_tool_would_miss(format_: str, name: str) -> None:
    one = BondConfig("up1", (Given.read("mode", "1", HERE, ""), Given.read(name, "p9", HERE, "")))
    made = write(Configuration((one,)), format_)
    assert "p9" not in "\n".join(made.files.values())
    assert f"{name}=p9" in named(made)


@pytest.mark.parametrize(
    ("format_", "said"), [("nm", "id=12"), ("networkd", "Id=12"), ("netplan", "id: 12")]
)
def test_a_vlan_may_have_any_name(format_: str, said: str) -> None:
    assert said in written(format_, NAMED)
    ifupdown = write(Configuration((bond("mode=1", NAMED),)), "interfaces")
    assert "vlan mgmt on up1" in named(ifupdown)


@pytest.mark.parametrize(
    ("format_", "match", "said"),
    [
        ("nm", Match("mac", "02:00:00:00:00:07"), "mac-address=02:00:00:00:00:07"),
        ("networkd", Match("mac", "02:00:00:00:00:07"), "MACAddress=02:00:00:00:00:07"),
        ("networkd", Match("name", "enp7s0f*"), "Name=enp7s0f*"),
        ("netplan", Match("mac", "02:00:00:00:00:07", "left"), "left:\n      match:"),
    ],
)
def test_slaves_that_a_rule_selects_stay_selected(format_: str, match: Match, said: str) -> None:
    one = BondConfig("up1", (Given.read("mode", "1", HERE, ""),), matches=(match,))
    made = write(Configuration((one,)), format_)
    assert said in "\n".join(made.files.values())
    assert match.spelled in named(write(Configuration((one,)), "interfaces"))


@pytest.mark.parametrize("format_", ["nm", "nmcli"])
def test_networkmanager_gives_a_port_of_a_bridge_no_ip_and_that_is_listed(format_: str) -> None:
    ip = Addressing(("192.0.2.3/24",), gateways=("192.0.2.99",))
    made = write(Configuration((bond("mode=1", LAN, ip=ip),)), format_)
    assert "192.0.2.3" not in "\n".join(made.files.values())
    assert "addresses 192.0.2.3/24" in named(made)
    assert "gateway 192.0.2.99" in named(made)
