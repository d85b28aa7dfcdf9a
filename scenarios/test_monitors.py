"""The MII and the ARP monitor exclude each other, and delays belong to the first."""

import pytest

from harness import Span, claim, control, ms
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond


@claim("REJ-5")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize(
    "option",
    [
        pytest.param("updelay", marks=claim("UPDELAY-3")),
        pytest.param("downdelay", marks=claim("DOWNDELAY-4")),
        pytest.param("peer_notif_delay", marks=claim("PND-4")),
    ],
)
@pytest.mark.parametrize(("miimon", "error"), [(0, "EPERM"), (100, "")])
def test_delays_need_the_mii_monitor(
    one_switch: OneSwitch, option: str, by: str, miimon: int, error: str
) -> None:
    """Without miimon a delay is refused with EPERM, and stays 0."""
    bond = one_switch.dut.bond(miimon=miimon)
    answer = one_switch.dut.attempt.set_by(by, bond, option, "200")
    assert answer.error == error
    assert bond.now.netlink[option] == (0 if error else 200)


@claim("PND-4")
@pytest.mark.parametrize(
    ("monitor", "error"),
    [({"miimon": "100"}, ""), ({"arp_interval": "100", "arp_ip_target": "192.0.2.254"}, "EPERM")],
)
def test_a_delay_of_announcements_needs_miimon_too(
    one_switch: OneSwitch, monitor: dict[str, str], error: str
) -> None:
    """Under the ARP monitor peer_notif_delay is refused, as the text of 7.2 says."""
    bond = one_switch.dut.bond(**monitor)
    answer = one_switch.dut.attempt.set(bond, peer_notif_delay=200)
    assert answer.error == error
    assert (answer.became == {}) == (error != "")


@claim("REJ-6", "ARPINT-4", "MON-1")
@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"arp_interval": "100"}, "EINVAL"),
        ({"arp_validate": "active"}, "EINVAL"),
        ({"arp_all_targets": "all"}, ""),
    ],
)
def test_both_monitors_in_one_request_are_refused(
    empty_bond: EmptyBond, other: dict[str, str], error: str
) -> None:
    """A netlink request with miimon and an option of the ARP monitor's is refused."""
    bond = empty_bond.dut.bond(mode="active-backup")
    answer = empty_bond.dut.attempt.set(bond, miimon=50, **other)
    assert answer.error == error
    assert bond.now.netlink["arp_interval"] == 0
    assert bond.now.netlink["arp_validate"] == "none"


@claim("MON-1", "ARPINT-4", "SYSFS-9")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
def test_the_later_monitor_switches_the_earlier_one_off(empty_bond: EmptyBond, by: str) -> None:
    """Of two single requests the second one counts; targets are kept, validation is not."""
    dut = empty_bond.dut
    bond = dut.bond(mode="active-backup", miimon=100)
    first = dut.attempt.set_by(by, bond, "arp_interval", "200")
    dut.set(bond, arp_ip_target="192.0.2.254", arp_validate="all")
    second = dut.attempt.set_by(by, bond, "miimon", "50")
    assert first.became == {"arp_interval": 200, "miimon": 0}
    assert second.became == {"arp_interval": 0, "miimon": 50, "arp_validate": "none"}
    assert bond.now.netlink["arp_ip_target"] == ("192.0.2.254",)


@claim("MON-1")
@control("test_the_later_monitor_switches_the_earlier_one_off")
def test_switching_a_monitor_off_leaves_the_other_alone(empty_bond: EmptyBond) -> None:
    """arp_interval=0 is no ARP monitor: miimon stays as it is."""
    bond = empty_bond.dut.bond(mode="active-backup", miimon=100)
    answer = empty_bond.dut.attempt.set(bond, arp_interval=0)
    assert (answer.error, answer.became) == ("", {})


@claim("REJ-12", "ARPINT-6", "ARPMISS-6")
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("balance-rr", ""),
        ("active-backup", ""),
        ("balance-xor", ""),
        ("broadcast", ""),
        ("802.3ad", "EACCES"),
        ("balance-tlb", "EACCES"),
        ("balance-alb", "EACCES"),
    ],
)
def test_three_modes_refuse_even_to_switch_the_arp_monitor_off(
    empty_bond: EmptyBond, mode: str, error: str
) -> None:
    """arp_interval=0 is refused like any other value where there is no ARP monitor."""
    bond = empty_bond.dut.bond(mode=mode)
    attempt = empty_bond.dut.attempt
    assert attempt.set(bond, arp_interval=0).error == error
    assert attempt.write(bond, "arp_missed_max", "2").error == error


@claim("ARPINT-6")
@pytest.mark.parametrize(
    ("mode", "kept"),
    [("balance-xor", (200, 0)), ("802.3ad", (0, 100)), ("balance-tlb", (0, 100))],
)
def test_a_mode_without_arp_monitor_starts_the_other(
    empty_bond: EmptyBond, mode: str, kept: tuple[int, int]
) -> None:
    """A bond that changes to such a mode has miimon=100 instead of its ARP monitor."""
    bond = empty_bond.dut.bond(mode="active-backup", arp_interval=200)
    with empty_bond.dut.take_down(bond):
        empty_bond.dut.set(bond, mode=mode)
    assert (bond.now.netlink["arp_interval"], bond.now.netlink["miimon"]) == kept


@claim("USECARR-1", "REJ-11", "MON-5")
@pytest.mark.parametrize("by", ["netlink", "sysfs"])
@pytest.mark.parametrize(("value", "error"), [("0", "EINVAL"), ("1", "")])
def test_only_the_carrier_can_be_used(
    empty_bond: EmptyBond, by: str, value: str, error: str
) -> None:
    """use_carrier is 1 and cannot be switched off."""
    bond = empty_bond.dut.bond()
    answer = empty_bond.dut.attempt.set_by(by, bond, "use_carrier", value)
    assert answer.error == error
    assert bond.now.file("use_carrier") == "1"


@claim("USECARR-2")
@pytest.mark.parametrize(
    ("down", "used"), [(0 * ms, ["eth0"]), (500 * ms, ["eth0", "eth1"])], ids=["kept", "lost"]
)
def test_without_use_carrier_a_lost_link_is_noticed_too(
    one_switch: OneSwitch, down: Span, used: list[str]
) -> None:
    """Where use_carrier=0 is known, ethtool's word for the link leads to the same failover."""
    bond = one_switch.dut.bond(use_carrier="off")
    with one_switch.watch() as run:
        if down:
            one_switch.eth0.flap(down=down)
        one_switch.after(500 * ms)
    assert bond["use_carrier"] == "off"
    assert run.active_slaves == used
