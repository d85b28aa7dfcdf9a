"""Options of a bond: what people write comes out checked, comparable and as the kernel says it."""

from __future__ import annotations

import pytest
from hypothesis import given

from harness.bonding import OPTIONS, BondOptions
from harness.bonding.options import ARP_MODES, MODES, PRIMARY_MODES
from harness.errors import ScenarioError, UsageError
from harness.units import ms, s
from tests.bonds import bonds

SEED = "mode=1 arp_interval=1200 arp_ip_target=192.168.50.222 arp_validate=3"


def test_a_line_of_bonding_opts_becomes_the_words_of_the_kernel() -> None:
    assert BondOptions.parse(SEED).asked == {
        "mode": "active-backup",
        "arp_interval": 1200,
        "arp_ip_target": ("192.168.50.222",),
        "arp_validate": "all",
    }


@pytest.mark.parametrize(
    "text",
    [
        "mode=active-backup miimon=100 primary=eth0",
        'BONDING_OPTS="mode=1 miimon=100 primary=eth0"',
        "BONDING_OPTS = 'mode=1 miimon=100 primary=eth0'",
        'mode="1" miimon="100" primary=eth0',
        "mode=1,miimon=100,primary=eth0",
        "options bonding mode=1 miimon=100 primary=eth0",
        "primary=eth0 miimon=100  mode=1\n",
    ],
)
def test_every_way_of_writing_the_same_is_the_same(text: str) -> None:
    same = BondOptions.of(mode="active-backup", miimon=100, primary="eth0")
    assert BondOptions.parse(text) == same
    assert hash(BondOptions.parse(text)) == hash(same)


@pytest.mark.parametrize(
    "targets",
    [
        "arp_ip_target=192.0.2.1,192.0.2.2",
        "arp_ip_target=+192.0.2.1,+192.0.2.2",
        "arp_ip_target=192.0.2.1 arp_ip_target=192.0.2.2",
        "arp_ip_target=192.0.2.1,192.0.2.2,arp_validate=none",
    ],
)
def test_targets_are_a_list_however_they_are_given(targets: str) -> None:
    options = BondOptions.parse(f"mode=1 arp_interval=100 {targets}")
    assert options["arp_ip_target"] == ("192.0.2.1", "192.0.2.2")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("miimom=100", "miimom is no option of a bond", "did you mean miimon"),
        ("mode=bonded", "mode=bonded: no such value", "it takes balance-rr"),
        ("miimon", "miimon is no NAME=VALUE", "write"),
        ("mode='1", "No closing quotation", "close the quotation"),
        ("miimon=1 miimon=2", "miimon is given twice", "give each option once"),
        ("num_grat_arp=1 num_unsol_na=2", "contradict each other", "one option"),
        ("max_bonds=2", "a parameter of the bonding module", "leave it out"),
    ],
)
def test_a_bad_line_is_a_usage_error_with_a_hint(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        BondOptions.parse(text)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": 4, "arp_interval": 100}, "arp_interval cannot be set in mode 802.3ad"),
        ({"mode": 5, "arp_interval": 0}, "not even to its default"),
        ({"mode": 1, "lacp_rate": "fast"}, "lacp_rate cannot be set in mode active-backup"),
        ({"mode": 0, "primary": "eth0"}, "primary cannot be set in mode balance-rr"),
        ({"mode": 1, "packets_per_slave": 2}, "packets_per_slave cannot be set"),
        ({"miimon": 100, "arp_interval": 100}, "miimon=100 and arp_interval=100 exclude"),
        ({"miimon": 100, "arp_validate": "all"}, "miimon=100 and arp_validate=all exclude"),
        ({"updelay": 100}, "updelay=100 needs miimon, which is 0"),
        ({"mode": 1, "peer_notif_delay": 5}, "peer_notif_delay=5 needs miimon"),
    ],
)
def test_what_the_driver_refuses_is_rejected_before_it_is_sent(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        BondOptions.of(**options)
    assert caught.value.hint


def test_a_mode_that_forces_miimon_takes_delays_without_one() -> None:
    assert BondOptions.of(mode="802.3ad", updelay=250).effective()["updelay"] == 200


def test_unchecked_options_leave_the_refusal_to_the_kernel() -> None:
    options = BondOptions.unchecked(mode=4, arp_interval=100, miimon=-5, updelay=3)
    assert options.asked == {
        "mode": "802.3ad",
        "miimon": -5,
        "updelay": 3,
        "arp_interval": 100,
    }
    with pytest.raises(ScenarioError, match="miimon=-5"):
        BondOptions.of(**options.asked)


def test_what_is_not_given_is_at_the_default_of_the_mode() -> None:
    assert BondOptions.of(mode=1)["miimon"] == 0
    assert BondOptions.of(mode=6)["miimon"] == 100
    assert dict(BondOptions.of(mode=1)).keys() == OPTIONS.keys()


def test_changed_holds_only_what_is_not_the_default_of_the_mode() -> None:
    options = BondOptions.of(mode=4, miimon=100, lacp_rate="fast", min_links=0)
    assert options.changed() == {"mode": "802.3ad", "lacp_rate": "fast"}


def test_replace_changes_some_and_checks_again() -> None:
    options = BondOptions.of(mode=1, miimon=100, updelay=200)
    assert options.replace(miimon=50, num_unsol_na=3).text() == (
        "mode=active-backup miimon=50 updelay=200 num_grat_arp=3"
    )
    assert options.replace(updelay=None) == BondOptions.of(mode=1, miimon=100)
    with pytest.raises(ScenarioError, match="updelay=200 needs miimon"):
        options.replace(miimon=None)


def test_times_are_spans_and_the_rest_is_as_the_kernel_says() -> None:
    options = BondOptions.of(mode=1, miimon=100, updelay=5000)
    assert (options.miimon, options.updelay, options.lp_interval) == (100 * ms, 5 * s, 1 * s)
    assert (options.num_unsol_na, options.fail_over_mac) == (1, "none")
    with pytest.raises(AttributeError, match="no option colour"):
        _ = options.colour


@pytest.mark.parametrize(
    ("asked", "read"), [(250, 200), (99, 0), (100, 100), (0, 0), (1099, 1000)]
)
def test_delays_read_back_as_multiples_of_miimon(asked: int, read: int) -> None:
    """DOWNDELAY-2, UPDELAY-2."""
    options = BondOptions.of(mode=1, miimon=100, updelay=asked, downdelay=asked)
    assert options.effective()["updelay"] == options.effective()["downdelay"] == read


@pytest.mark.parametrize(
    ("text", "series", "lacking"),
    [
        ("mode=1 miimon=100 use_carrier=0", (5, 10), []),
        ("mode=1 miimon=100 use_carrier=0", (7, 2), ["use_carrier=off is refused by 7.2"]),
        ("mode=4 lacp_strict=on", (6, 12), ["lacp_strict is unknown to 6.12"]),
        ("mode=4 ad_select=3", (6, 1), ["ad_select=actor_port_prio is refused by 6.1"]),
        ("mode=1 arp_interval=100 arp_missed_max=3", (6, 1), []),
    ],
)
def test_what_a_kernel_lacks_is_known_beforehand(
    text: str, series: tuple[int, int], lacking: list[str]
) -> None:
    assert BondOptions.parse(text).unknown_to(series) == lacking


@given(bonds())
def test_text_and_parse_undo_each_other(options: BondOptions) -> None:
    assert BondOptions.parse(options.text()) == options
    assert BondOptions.of(**options.asked) == options


@given(bonds())
def test_what_reads_back_would_be_accepted_and_read_back_the_same(options: BondOptions) -> None:
    once = options.effective()
    assert once.effective() == BondOptions.of(**once.asked) == once


def test_the_modes_of_the_monitors_are_those_of_the_driver() -> None:
    assert {"802.3ad", "balance-tlb", "balance-alb"} == set(MODES) - ARP_MODES
    assert {"active-backup", "balance-tlb", "balance-alb"} == PRIMARY_MODES
