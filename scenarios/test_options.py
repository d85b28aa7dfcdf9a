"""Options in general: words and numbers, defaults, the order of checks, requests of several."""

import pytest

from harness import claim, control
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond


@claim("OPT-1")
@pytest.mark.parametrize(
    ("mode", "option", "number", "text"),
    [
        ("balance-rr", "mode", "1", "active-backup 1"),
        ("balance-rr", "mode", "6", "balance-alb 6"),
        ("balance-rr", "mode", "4", "802.3ad 4"),
        ("balance-xor", "xmit_hash_policy", "1", "layer3+4 1"),
        ("balance-xor", "xmit_hash_policy", "2", "layer2+3 2"),
        ("balance-xor", "xmit_hash_policy", "3", "encap2+3 3"),
        ("balance-xor", "xmit_hash_policy", "4", "encap3+4 4"),
        ("balance-xor", "xmit_hash_policy", "5", "vlan+srcmac 5"),
        ("active-backup", "arp_validate", "1", "active 1"),
        ("active-backup", "arp_validate", "2", "backup 2"),
        ("active-backup", "arp_validate", "3", "all 3"),
        ("active-backup", "arp_validate", "4", "filter 4"),
        ("active-backup", "arp_validate", "5", "filter_active 5"),
        ("active-backup", "arp_validate", "6", "filter_backup 6"),
        ("active-backup", "arp_all_targets", "1", "all 1"),
        ("active-backup", "fail_over_mac", "1", "active 1"),
        ("active-backup", "fail_over_mac", "2", "follow 2"),
        ("active-backup", "primary_reselect", "1", "better 1"),
        ("active-backup", "primary_reselect", "2", "failure 2"),
        ("802.3ad", "lacp_rate", "1", "fast 1"),
        ("802.3ad", "ad_select", "1", "bandwidth 1"),
        ("802.3ad", "ad_select", "2", "count 2"),
    ],
)
def test_a_word_and_its_number_are_the_same(
    empty_bond: EmptyBond, mode: str, option: str, number: str, text: str
) -> None:
    """The file shows both, and writing the word sets what writing the number did."""
    bond = empty_bond.dut.bond(mode=mode, miimon=None)
    default = (bond.now.file(option) or "").split()
    with empty_bond.dut.take_down(bond):
        empty_bond.dut.write(bond, option, number)
        by_number = (bond.now.file(option) or "").split()
        empty_bond.dut.write(bond, option, default[0])
        again = (bond.now.file(option) or "").split()
        empty_bond.dut.write(bond, option, by_number[0])
    assert again == default != by_number
    assert bond.now.file(option) == text == " ".join(by_number)
    assert bond.now.netlink[option] == by_number[0]


@claim("OPT-2")
@pytest.mark.parametrize(
    ("option", "default"),
    [
        pytest.param("mode", "balance-rr", marks=claim("MODE-1")),
        ("miimon", 0),
        pytest.param("arp_interval", 0, marks=claim("ARPINT-5")),
        pytest.param("arp_ip_target", (), marks=claim("ARPTGT-4")),
        ("arp_validate", "none"),
        pytest.param("arp_all_targets", "any", marks=claim("ARPALL-7")),
        pytest.param("arp_missed_max", 2, marks=claim("ARPMISS-4")),
        pytest.param("downdelay", 0, marks=claim("DOWNDELAY-3")),
        pytest.param("updelay", 0, marks=claim("UPDELAY-3")),
        pytest.param("peer_notif_delay", 0, marks=claim("PND-2")),
        pytest.param("fail_over_mac", "none", marks=claim("FOM-NONE-2")),
        ("lacp_active", "on"),
        ("lacp_rate", "slow"),
        ("ad_select", "stable"),
        ("min_links", 0),
        pytest.param("num_grat_arp", 1, marks=claim("GARP-5")),
        ("resend_igmp", 1),
        ("packets_per_slave", 1),
        ("primary_reselect", "always"),
        ("primary", ""),
        ("tlb_dynamic_lb", "on"),
        ("xmit_hash_policy", "layer2"),
        ("lp_interval", 1),
        pytest.param("all_slaves_active", "off", marks=claim("ASA-1")),
        ("use_carrier", "on"),
    ],
)
def test_an_option_that_is_not_given_has_its_default(
    empty_bond: EmptyBond, option: str, default: object
) -> None:
    """A new bond reads the documented default, by netlink and by sysfs."""
    bond = empty_bond.dut.bond()
    assert bond.now.netlink[option] == default
    assert bond.now.sysfs[option] == default


@claim("OPT-5")
@pytest.mark.parametrize(
    ("mode", "option", "other", "expected"),
    [
        ("active-backup", "xmit_hash_policy", "layer3+4", ("", "layer2 0")),
        ("active-backup", "miimon", "50", ("", "0")),
        ("active-backup", "primary_reselect", "failure", ("", "always 0")),
        ("active-backup", "num_grat_arp", "7", ("", "1")),
        ("active-backup", "resend_igmp", "7", ("", "1")),
        ("balance-rr", "packets_per_slave", "7", ("", "1")),
        ("active-backup", "arp_missed_max", "7", ("", "2")),
        ("active-backup", "peer_notif_delay", "100", ("EINVAL", "100")),
        ("802.3ad", "lacp_rate", "fast", ("EINVAL", "fast 1")),
    ],
)
def test_default_is_a_word_where_the_driver_knows_one(
    empty_bond: EmptyBond, mode: str, option: str, other: str, expected: tuple[str, str]
) -> None:
    """The word brings the default back; two options do not know it and keep their value."""
    bond = empty_bond.dut.bond(mode=mode, miimon=100)
    with empty_bond.dut.take_down(bond):
        empty_bond.dut.write(bond, option, other)
        answer = empty_bond.dut.attempt.write(bond, option, "default")
    assert (answer.error, bond.now.file(option)) == expected


@claim("OPT-6")
@pytest.mark.parametrize(
    ("mode", "slaves", "option", "up", "down"),
    [
        ("balance-rr", 1, "lacp_rate", "EACCES", "EACCES"),
        ("balance-rr", 1, "mode", "ENOTEMPTY", "ENOTEMPTY"),
        ("balance-rr", 0, "mode", "EBUSY", "EINVAL"),
        ("802.3ad", 1, "ad_select", "EBUSY", "EINVAL"),
        ("802.3ad", 1, "min_links", "EINVAL", "EINVAL"),
    ],
)
def test_conditions_are_checked_before_the_value(
    empty_bond: EmptyBond, mode: str, slaves: int, option: str, up: str, down: str
) -> None:
    """A wrong value is refused for the mode, the slaves, the bond being up, or at last itself."""
    bond = empty_bond.dut.bond(mode=mode)
    if slaves:
        empty_bond.dut.enslave(bond, empty_bond.eth0)
    while_up = empty_bond.dut.attempt.write(bond, option, "nonsense")
    with empty_bond.dut.take_down(bond):
        while_down = empty_bond.dut.attempt.write(bond, option, "nonsense")
    assert (while_up.error, while_down.error) == (up, down)


@claim("OPT-7")
def test_a_request_that_is_refused_may_be_applied_in_part(empty_bond: EmptyBond) -> None:
    """What precedes the refused attribute is in force although the request failed."""
    bond = empty_bond.dut.bond()
    with empty_bond.dut.take_down(bond):
        answer = empty_bond.dut.attempt.set(bond, mode="active-backup", ad_actor_sys_prio=7)
    assert (answer.error, answer.became) == ("EACCES", {"mode": "active-backup"})


@claim("OPT-7")
@control("test_a_request_that_is_refused_may_be_applied_in_part")
def test_what_follows_the_refused_attribute_is_not_applied(empty_bond: EmptyBond) -> None:
    """The driver takes attributes in its own order and stops at the first refusal."""
    bond = empty_bond.dut.bond()
    with empty_bond.dut.take_down(bond):
        answer = empty_bond.dut.attempt.set(bond, primary="eth0", min_links=3)
    assert (answer.error, answer.became) == ("EACCES", {})


@claim("DOWNDELAY-7")
@pytest.mark.parametrize(
    ("miimon", "kept"), [(50, (100, 50, 150)), (100, (200, 100, 300)), (200, (400, 200, 600))]
)
def test_delays_are_multiples_and_follow_miimon(
    one_switch: OneSwitch, miimon: int, kept: tuple[int, int, int]
) -> None:
    """A delay is stored as a number of inspections: with miimon it changes in proportion."""
    options = {"downdelay": "200", "updelay": "100", "peer_notif_delay": "300"}
    bond = one_switch.dut.bond(miimon=100, **options)
    one_switch.dut.set(bond, miimon=miimon)
    assert tuple(bond.now.netlink[name] for name in options) == kept


@claim("ARPVAL-14")
@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [("arp_validate", "all", "none"), ("arp_all_targets", "all", "all"), ("miimon", 50, 50)],
)
def test_a_change_of_mode_resets_arp_validate(
    empty_bond: EmptyBond, option: str, value: object, kept: object
) -> None:
    """It is none in the new mode, which could use it; other options stay as they are."""
    bond = empty_bond.dut.bond(mode="active-backup")
    empty_bond.dut.write(bond, option, str(value))
    before = bond.now.netlink[option]
    with empty_bond.dut.take_down(bond):
        empty_bond.dut.set(bond, mode="balance-rr")
    assert (before, bond.now.netlink[option]) == (value, kept)


@claim("ARPVAL-15")
@pytest.mark.parametrize(("miimon", "error"), [(0, ""), (100, "EINVAL")])
def test_arp_validate_needs_no_arp_interval(
    empty_bond: EmptyBond, miimon: int, error: str
) -> None:
    """It can be set before the monitor is, but not together with that of the carrier."""
    bond = empty_bond.dut.bond(mode="active-backup")
    answer = empty_bond.dut.attempt.set(bond, arp_validate="all", miimon=miimon)
    assert answer.error == error
    assert bond.now.netlink["arp_interval"] == 0
    assert ("arp_validate" in answer.became) == (error == "")
