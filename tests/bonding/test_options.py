"""The table of options is whole, consistent, and says what the driver's sources say."""

from __future__ import annotations

import pytest

from harness.bonding import MODES, OPTIONS, SLAVE_OPTIONS, BondOptions, Option, default
from harness.bonding.options import near
from harness.bonding.table import SYNONYMS
from harness.bonding.values import normal, option_called
from harness.errors import ScenarioError

EVERY = [*OPTIONS.values(), *SLAVE_OPTIONS.values()]

# IFLA_BOND_* of include/uapi/linux/if_link.h, 1 to 34; 23 is a report, not an option.
NUMBERS = {*range(1, 35)} - {23}

# The defaults that a fresh bond reads back (OPT-2), by the kernel's words.
FRESH = {
    "mode": "balance-rr",
    "miimon": 0,
    "arp_interval": 0,
    "arp_validate": "none",
    "arp_all_targets": "any",
    "arp_missed_max": 2,
    "downdelay": 0,
    "updelay": 0,
    "fail_over_mac": "none",
    "lacp_active": "on",
    "lacp_rate": "slow",
    "ad_select": "stable",
    "min_links": 0,
    "num_grat_arp": 1,
    "resend_igmp": 1,
    "packets_per_slave": 1,
    "peer_notif_delay": 0,
    "primary_reselect": "always",
    "tlb_dynamic_lb": "on",
    "xmit_hash_policy": "layer2",
    "lp_interval": 1,
    "all_slaves_active": "off",
    "coupled_control": "on",
    "broadcast_neighbor": "off",
    "lacp_strict": "off",
}


def test_every_attribute_of_the_kernel_is_an_option_once() -> None:
    assert sorted(option.number for option in OPTIONS.values()) == sorted(NUMBERS)


@pytest.mark.parametrize("option", EVERY, ids=lambda option: option.name)
def test_every_option_takes_its_own_default(option: Option) -> None:
    assert normal(option, option.default) == option.default


@pytest.mark.parametrize("option", EVERY, ids=lambda option: option.name)
def test_every_relation_names_an_option(option: Option) -> None:
    assert {*option.excludes, *filter(None, [option.requires])} <= OPTIONS.keys()
    assert option.modes <= set(MODES)


@pytest.mark.parametrize(("name", "value"), FRESH.items())
def test_the_defaults_are_those_a_fresh_bond_reads_back(name: str, value: object) -> None:
    assert BondOptions()[name] == value


@pytest.mark.parametrize(
    ("mode", "miimon"), [*zip(MODES, [0, 0, 0, 0, 100, 100, 100], strict=True)]
)
def test_only_the_modes_without_arp_monitor_come_with_a_miimon(mode: str, miimon: int) -> None:
    assert default("miimon", mode) == miimon


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.values])
def test_a_word_and_its_number_are_the_same_value(name: str) -> None:
    for value in OPTIONS[name].values:
        assert normal(OPTIONS[name], value.word) == value.word
        assert normal(OPTIONS[name], value.number) == value.word
        assert normal(OPTIONS[name], str(value.number)) == value.word
        assert OPTIONS[name].number_of(value.word) == value.number


@pytest.mark.parametrize(
    ("name", "raw", "setting"),
    [
        ("miimon", "off", 0),
        ("miimon", "maxval", 2**31 - 1),
        ("xmit_hash_policy", "default", "layer2"),
        ("num_grat_arp", "default", 1),
        ("tlb_dynamic_lb", False, "off"),
        ("all_slaves_active", 1, "on"),
        ("arp_ip_target", ["192.0.2.1", "192.0.2.2"], ("192.0.2.1", "192.0.2.2")),
        ("arp_ip_target", "+192.0.2.1, +192.0.2.2", ("192.0.2.1", "192.0.2.2")),
        ("ns_ip6_target", "2001:DB8::0001", ("2001:db8::1",)),
        ("ad_actor_system", "02-00-00-00-00-0A", "02:00:00:00:00:0a"),
        ("lp_interval", "minval", 1),
    ],
)
def test_values_become_the_words_of_the_kernel(name: str, raw: object, setting: object) -> None:
    assert normal(OPTIONS[name], raw) == setting


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("mode", 7, "no value of that number"),
        ("arp_validate", "activ", "did you mean active"),
        ("lacp_rate", "default", "no such value"),
        ("miimon", "100ms", "not a whole number of ms"),
        ("miimon", -1, "out of range"),
        ("miimon", 2**31, "out of range"),
        ("miimon", 1.5, "neither a word nor a number"),
        ("peer_notif_delay", 300_001, "out of range"),
        ("arp_missed_max", 0, "out of range"),
        ("arp_missed_max", 256, "out of range"),
        ("ad_user_port_key", 1024, "out of range"),
        ("arp_ip_target", "192.0.2", "not an IP address"),
        ("arp_ip_target", "2001:db8::1", "not a plain IPv4 address"),
        ("arp_ip_target", "0.0.0.0", "the kernel refuses"),  # noqa: S104
        ("arp_ip_target", "255.255.255.255", "the kernel refuses"),
        ("arp_ip_target", "192.0.2.1,192.0.2.1", "192.0.2.1 is given twice"),
        ("arp_ip_target", [f"192.0.2.{i}" for i in range(1, 18)], "17 addresses are too many"),
        ("arp_ip_target", 5, "not a list"),
        ("ns_ip6_target", "::1", "the kernel refuses"),
        ("ns_ip6_target", "ff02::1", "the kernel refuses"),
        ("ns_ip6_target", "fe80::1%eth0", "not a plain IPv6 address"),
        ("ad_actor_system", "01:00:5e:00:00:01", "multicast"),
        ("ad_actor_system", "02:00", "not a MAC address"),
        ("primary", "eth 0", "no interface can have that name"),
        ("primary", "sixteen-letters!", "no interface can have that name"),
        ("primary", 3, "not the name of an interface"),
    ],
)
def test_a_bad_value_is_rejected_and_what_exists_is_named(
    name: str, raw: object, said: str
) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        normal(OPTIONS[name], raw)
    assert name in caught.value.message
    assert caught.value.hint == f"it takes {OPTIONS[name].choices()}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("arp_validat", "did you mean arp_validate"),
        ("foo", "there are active_slave, "),
        ("max_bonds", "leave it out"),
        ("prio", "set it on the slave"),
    ],
)
def test_an_unknown_option_says_what_was_probably_meant(name: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        option_called(name)
    assert caught.value.hint.startswith(said)


def test_the_two_names_of_the_notification_count_are_one_option() -> None:
    assert option_called("num_unsol_na") is OPTIONS["num_grat_arp"]
    assert SYNONYMS.keys().isdisjoint(OPTIONS)


@pytest.mark.parametrize(
    ("name", "series", "known"),
    [
        ("miimon", (5, 10), True),
        ("arp_missed_max", (5, 10), False),
        ("arp_missed_max", (6, 1), True),
        ("coupled_control", (6, 1), True),
        ("coupled_control", (6, 6), False),
        ("broadcast_neighbor", (6, 12), False),
        ("lacp_strict", (7, 2), True),
    ],
)
def test_back_ports_to_stable_series_are_known(
    name: str, series: tuple[int, int], *, known: bool
) -> None:
    assert OPTIONS[name].known_to(series) is known


def test_near_lists_everything_where_nothing_is_near() -> None:
    assert near("qqq", ["b", "a"]) == "there are a, b"
