"""Options become netlink attributes in the kernel's order, and come back as they went."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given

from harness.bonding import (
    OPTIONS,
    BondOptions,
    decode,
    ignored,
    packed,
    slave_numbers,
)
from harness.errors import ScenarioError
from tests.bonds import bonds

ARP = BondOptions.of(
    mode=1,
    arp_validate="all",
    arp_missed_max=3,
    arp_ip_target="192.0.2.1,192.0.2.2",
    arp_interval=1200,
    primary="eth1",
)


def test_attributes_come_in_the_order_in_which_the_kernel_applies_them() -> None:
    numbers = [OPTIONS[name].number for name in ("mode", "arp_interval", "arp_ip_target")]
    numbers += [OPTIONS[name].number for name in ("arp_validate", "primary", "arp_missed_max")]
    assert [number for number, _ in packed(ARP, {"eth1": 7})] == numbers
    assert dict(packed(ARP, {"eth1": 7}))[OPTIONS["primary"].number] == struct.pack("I", 7)


def test_an_address_of_version_6_is_a_nested_attribute_too() -> None:
    options = BondOptions.of(mode=1, miimon=100, peer_notif_delay=300, ns_ip6_target="fe80::1")
    target = struct.pack("HH", 20, 0) + bytes.fromhex("fe80" + 13 * "00" + "01")
    assert packed(options)[2:] == [(28, struct.pack("I", 300)), (31, target)]


def test_a_system_address_is_six_bytes() -> None:
    options = BondOptions.of(mode=4, ad_actor_system="02:00:00:00:00:0a")
    number = OPTIONS["ad_actor_system"].number
    assert packed(options)[1] == (number, b"\x02\0\0\0\0\x0a")


def test_targets_are_nested_attributes_numbered_from_0() -> None:
    payload = dict(packed(ARP, {"eth1": 7}))[8]
    assert payload == b"".join(
        struct.pack("HH", 8, i) + bytes([192, 0, 2, i + 1]) for i in range(2)
    )


def test_a_delay_of_0_is_not_sent_to_a_bond_without_miimon() -> None:
    """DOWNDELAY-4: the kernel answers EPERM even to 0."""
    mode, miimon, updelay = (OPTIONS[name].number for name in ("mode", "miimon", "updelay"))
    assert packed(BondOptions.of(mode=1, updelay=0)) == [(mode, b"\x01")]
    assert packed(BondOptions.of(miimon=0, updelay=0)) == [(miimon, bytes(4))]
    assert packed(BondOptions.of(mode=4, updelay=0))[1] == (updelay, bytes(4))
    assert packed(BondOptions.unchecked(updelay=9)) == [(updelay, struct.pack("I", 9))]


def test_an_unknown_primary_names_the_interfaces_that_exist() -> None:
    with pytest.raises(ScenarioError, match="primary=eth1: there is no such") as caught:
        packed(ARP, {"eth0": 2})
    assert caught.value.hint == "there are eth0"


def test_what_does_not_fit_into_netlink_is_an_error_not_a_traceback() -> None:
    with pytest.raises(ScenarioError, match="arp_missed_max=256: does not fit into the u8"):
        packed(BondOptions.unchecked(mode=1, arp_missed_max=256))


@given(bonds())
def test_what_is_packed_reads_back(options: BondOptions) -> None:
    names = {str(options[name]): i for i, name in enumerate(("primary", "active_slave"), start=1)}
    seen = decode(dict(packed(options, names)), {i: name for name, i in names.items()})
    given = {name: seen[name] for name, _ in options.given if name in seen}
    assert given == {name: options[name] for name in given}
    assert {name for name, setting in options.given if setting} <= seen.keys()


def test_names_and_plain_values_read_back_as_numbers_and_bytes_do() -> None:
    seen = decode(
        {"IFLA_BOND_MODE": 1, "IFLA_BOND_MIIMON": 100, "IFLA_BOND_PRIMARY": 7, 30: b"\x05"},
        {7: "eth1"},
    )
    assert seen["mode"] == "active-backup"
    assert (seen["miimon"], seen["primary"], seen["arp_missed_max"]) == (100, "eth1", 5)
    assert seen["active_slave"] == ""
    assert decode({"IFLA_BOND_PRIMARY": 8}, {7: "eth1"})["primary"] == "8"


def test_nothing_is_ignored_where_everything_reads_back() -> None:
    seen = decode(dict(packed(ARP, {"eth1": 7})), {7: "eth1"})
    assert ignored(ARP, seen) == []


def test_rounding_is_not_ignoring() -> None:
    asked = BondOptions.of(mode=1, miimon=100, updelay=250)
    seen = decode({"IFLA_BOND_MODE": 1, "IFLA_BOND_MIIMON": 100, "IFLA_BOND_UPDELAY": 200})
    assert ignored(asked, seen) == []


def test_what_an_older_kernel_drops_in_silence_is_named() -> None:
    asked = BondOptions.of(mode=4, lacp_strict="on", lacp_rate="fast")
    seen = decode({"IFLA_BOND_MODE": 4, "IFLA_BOND_AD_LACP_RATE": 0})
    assert [str(one) for one in ignored(asked, seen)] == [
        "lacp_rate=fast was ignored: the kernel reads back slow",
        "lacp_strict=on was ignored: this kernel does not know the option",
    ]


def test_a_system_address_left_to_the_kernel_may_read_back_as_any() -> None:
    asked = BondOptions.of(mode=4, ad_actor_system="00:00:00:00:00:00")
    seen = decode({"IFLA_BOND_MODE": 4, "IFLA_BOND_AD_ACTOR_SYSTEM": "02:00:00:00:00:01"})
    assert ignored(asked, seen) == []


def test_every_option_has_a_wire_form() -> None:
    for option in OPTIONS.values():
        options = BondOptions(((option.name, option.default),))
        assert packed(options) or option.requires == "miimon"


def test_options_of_a_slave_are_numbers_by_attribute() -> None:
    given = {"prio": -5, "queue_id": 2}
    assert slave_numbers(given) == [
        ("IFLA_BOND_SLAVE_QUEUE_ID", 2),
        ("IFLA_BOND_SLAVE_PRIO", -5),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prios": 1}, "prios is no option of a slave"),
        ({"prio": 2**31}, "does not fit into the s32"),
        ({"prio": "high"}, "no such value"),
    ],
)
def test_an_option_of_a_slave_that_cannot_be_sent_is_an_error(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(ScenarioError, match=said):
        slave_numbers(given)
