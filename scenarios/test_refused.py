"""What the driver refuses: with which errno, and that nothing has changed afterwards.

By sysfs a value is text, by netlink an attribute; both go through bond_opt_check_deps and
bond_opt_parse (bond_options.c), so each refusal is tried by one of them unless they differ.
"""

import pytest

from harness import MODES, claim, control
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond

LACP = ("802.3ad",)
ARP = ("balance-rr", "active-backup", "balance-xor", "broadcast")


@claim("REJ-1")
@pytest.mark.parametrize(
    ("option", "value", "modes"),
    [
        pytest.param("packets_per_slave", "2", ("balance-rr",), marks=claim("PPS-4")),
        ("primary", "eth0", ("active-backup", "balance-tlb", "balance-alb")),
        pytest.param(
            "tlb_dynamic_lb", "0", ("balance-tlb", "balance-alb"), marks=claim("TLBDYN-3")
        ),
        pytest.param("arp_interval", "200", ARP, marks=claim("TPUT-9")),
        pytest.param("arp_validate", "all", ARP, marks=claim("ARPVAL-18")),
        ("arp_missed_max", "3", ARP),
        ("lacp_active", "off", LACP),
        ("lacp_rate", "fast", LACP),
        ("ad_actor_sys_prio", "7", LACP),
        ("ad_actor_system", "02:00:00:00:00:99", LACP),
        ("ad_user_port_key", "7", LACP),
        ("coupled_control", "off", LACP),
        pytest.param("broadcast_neighbor", "on", LACP, marks=claim("BCN-4")),
        ("lacp_strict", "on", LACP),
        ("min_links", "1", MODES),
        ("xmit_hash_policy", "layer3+4", MODES),
        ("fail_over_mac", "active", MODES),
        ("primary_reselect", "failure", MODES),
        ("all_slaves_active", "1", MODES),
        ("arp_all_targets", "all", MODES),
        ("arp_ip_target", "192.0.2.254", MODES),
    ],
)
def test_an_option_of_some_modes_is_refused_in_the_others(
    empty_bond: EmptyBond, option: str, value: str, modes: tuple[str, ...]
) -> None:
    """In its modes it is accepted, in all others it is refused with EACCES."""
    bond = empty_bond.dut.bond()
    errors = {}
    with empty_bond.dut.take_down(bond):
        for mode in MODES:
            empty_bond.dut.set(bond, mode=mode)
            errors[mode] = empty_bond.dut.attempt.set(bond, **{option: value}).error
    assert errors == {mode: "" if mode in modes else "EACCES" for mode in MODES}


@claim("REJ-2")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize(
    ("option", "value", "error"),
    [
        pytest.param("mode", "balance-xor", "ENOTEMPTY", marks=claim("MODE-3")),
        pytest.param("fail_over_mac", "follow", "ENOTEMPTY", marks=claim("FOM-5")),
        ("primary_reselect", "better", ""),
        ("mode", "active-backup", "ENOTEMPTY"),
    ],
)
def test_some_options_need_a_bond_without_slaves(
    one_switch: OneSwitch, by: str, option: str, value: str, error: str
) -> None:
    """With a slave they are refused, and the bond keeps what it has."""
    bond = one_switch.dut.bond()
    with one_switch.dut.take_down(bond):
        answer = one_switch.dut.attempt.set_by(by, bond, option, value)
    assert answer.error == error
    assert (answer.became == {}) == (error != "")


@claim("REJ-3")
@pytest.mark.parametrize(
    ("mode", "option", "value", "error"),
    [
        pytest.param(
            "balance-rr", "mode", "active-backup", "EBUSY", marks=claim("MODE-2", "SYSFS-8")
        ),
        ("802.3ad", "lacp_rate", "fast", "EBUSY"),
        ("802.3ad", "lacp_active", "off", "EBUSY"),
        ("802.3ad", "ad_select", "count", "EBUSY"),
        ("802.3ad", "ad_user_port_key", "7", "EBUSY"),
        ("802.3ad", "coupled_control", "off", "EBUSY"),
        pytest.param("balance-tlb", "tlb_dynamic_lb", "0", "EBUSY", marks=claim("TLBDYN-3")),
        ("802.3ad", "min_links", "1", ""),
        ("active-backup", "fail_over_mac", "active", ""),
    ],
)
def test_some_options_need_a_bond_that_is_down(
    empty_bond: EmptyBond, mode: str, option: str, value: str, error: str
) -> None:
    """While the bond is up they are refused; the same request is accepted when it is down."""
    bond = empty_bond.dut.bond(mode=mode)
    up = empty_bond.dut.attempt.set(bond, **{option: value})
    with empty_bond.dut.take_down(bond):
        down = empty_bond.dut.attempt.set(bond, **{option: value})
    assert up.error == error
    assert (up.became == {}) == (error != "")
    assert down.error == ""


OUT_OF_RANGE = {
    "mode": ("balance-rr", ["active-backup", "6"], ["7", "-1", "nonsense"]),
    "miimon": ("balance-rr", ["0", "2147483647"], ["-1", "2147483648", "soon"]),
    "arp_interval": ("balance-rr", ["0", "2147483647"], ["-1", "2147483648"]),
    "arp_validate": ("active-backup", ["none", "6"], ["7", "some"]),
    "arp_all_targets": ("active-backup", ["any", "1"], ["2", "none"]),
    "arp_missed_max": ("active-backup", ["1", "255"], ["0", "256"]),
    "num_grat_arp": ("active-backup", ["0", "255"], ["256", "-1"]),
    "num_unsol_na": ("active-backup", ["0", "255"], ["256", "-1"]),
    "resend_igmp": ("active-backup", ["0", "255"], ["256", "-1"]),
    "primary_reselect": ("active-backup", ["always", "2"], ["3", "never"]),
    "fail_over_mac": ("active-backup", ["none", "2"], ["3", "always"]),
    "all_slaves_active": ("active-backup", ["0", "1"], ["2", "yes"]),
    "packets_per_slave": ("balance-rr", ["0", "65535"], ["65536", "-1"]),
    "xmit_hash_policy": ("balance-xor", ["layer2", "4"], ["9", "layer4"]),
    "min_links": ("802.3ad", ["0", "2147483647"], ["-1", "2147483648"]),
    "ad_select": ("802.3ad", ["stable", "2"], ["9", "first"]),
    "lacp_rate": ("802.3ad", ["slow", "1"], ["2", "medium"]),
    "ad_actor_sys_prio": ("802.3ad", ["1", "65535"], ["0", "65536"]),
    "ad_user_port_key": ("802.3ad", ["0", "1023"], ["1024", "-1"]),
    "lp_interval": ("balance-alb", ["1", "2147483647"], ["0", "-1"]),
}


@claim("REJ-4")
@pytest.mark.parametrize(
    "option",
    [
        pytest.param("lp_interval", marks=claim("LP-2")),
        *sorted(OUT_OF_RANGE.keys() - {"lp_interval"}),
    ],
)
def test_values_out_of_range_are_refused(empty_bond: EmptyBond, option: str) -> None:
    """Numbers beyond the range and words that do not exist are refused with EINVAL."""
    mode, _, wrong = OUT_OF_RANGE[option]
    bond = empty_bond.dut.bond(mode=mode)
    with empty_bond.dut.take_down(bond):
        answers = [empty_bond.dut.attempt.write(bond, option, text) for text in wrong]
    assert [answer.error for answer in answers] == ["EINVAL"] * len(wrong)
    assert [answer.became for answer in answers] == [{}] * len(wrong)


@claim("REJ-4", "OPT-1")
@control("test_values_out_of_range_are_refused")
@pytest.mark.parametrize("option", OUT_OF_RANGE)
def test_values_at_the_limits_are_accepted(empty_bond: EmptyBond, option: str) -> None:
    """The first and the last value of a range are kept, as word or as number."""
    mode, right, _ = OUT_OF_RANGE[option]
    bond = empty_bond.dut.bond(mode=mode)
    kept = []
    with empty_bond.dut.take_down(bond):
        for text in right:
            empty_bond.dut.write(bond, option, text)
            kept.append((bond.now.file(option) or "").split())
    assert [text in shown for text, shown in zip(right, kept, strict=True)] == [True, True]


@claim("PND-3", "REJ-4")
@pytest.mark.parametrize(
    ("by", "value", "error"),
    [
        ("sysfs", "300000", ""),
        ("netlink", "300000", ""),
        ("sysfs", "300001", "EINVAL"),
        ("netlink", "300001", "ERANGE"),
    ],
)
def test_peer_notif_delay_has_a_limit(
    one_switch: OneSwitch, by: str, value: str, error: str
) -> None:
    """Five minutes is the longest; netlink and sysfs refuse more with errnos of their own."""
    bond = one_switch.dut.bond()
    answer = one_switch.dut.attempt.set_by(by, bond, "peer_notif_delay", value)
    assert answer.error == error
    assert bond.now.netlink["peer_notif_delay"] == (0 if error else 300000)
