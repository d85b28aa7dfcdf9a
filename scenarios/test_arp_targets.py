"""arp_ip_target and arp_all_targets: whom the ARP monitor probes, and how many must answer."""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.topologies import NEIGHBOUR, TARGET, OneSwitch
from scenarios.variants import EmptyBond, NoAddress

NONE = ("0.0.0.0", TARGET)  # noqa: S104  an ARP sender, not a socket
BOTH = f"{TARGET},{NEIGHBOUR}"
MANY = [f"192.0.2.{number}" for number in range(1, 18)]


@claim("ARPTGT-1")
@pytest.mark.parametrize(
    ("targets", "asked"),
    [(TARGET, [TARGET] * 4), (BOTH, [TARGET, NEIGHBOUR] * 2), (NEIGHBOUR, [NEIGHBOUR] * 4)],
)
def test_each_target_is_probed_in_order(
    one_switch: OneSwitch, targets: str, asked: list[str]
) -> None:
    """In each round every target gets one request, in the order of the list."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target=targets)
    with one_switch.watch() as run:
        one_switch.after(6 * bond.arp_interval)
    assert [probe.to for probe in run.slave("eth0").arp_probes[:4]] == asked


@claim("ARPTGT-2")
def test_the_seventeenth_target_is_refused(empty_bond: EmptyBond) -> None:
    """Sixteen targets are kept, one more is refused with EINVAL."""
    bond = empty_bond.dut.bond(mode="active-backup")
    answers = [empty_bond.dut.attempt.write(bond, "arp_ip_target", f"+{ip}") for ip in MANY]
    assert {answer.error for answer in answers[:16]} == {""}
    assert (answers[16].error, answers[16].became) == ("EINVAL", {})
    assert bond.now.netlink["arp_ip_target"] == bond.now.sysfs["arp_ip_target"] == tuple(MANY[:16])


@claim("ARPTGT-6")
@control("test_the_seventeenth_target_is_refused")
def test_netlink_replaces_the_list(empty_bond: EmptyBond) -> None:
    """A new list takes the place of the old one; of one too long the first sixteen are set."""
    bond = empty_bond.dut.bond(mode="active-backup", arp_ip_target="192.0.2.99")
    longer = empty_bond.dut.attempt.set(bond, arp_ip_target=MANY)
    shorter = empty_bond.dut.attempt.set(bond, arp_ip_target=MANY[4:6])
    assert (longer.error, longer.became) == ("EINVAL", {"arp_ip_target": tuple(MANY[:16])})
    assert (shorter.error, shorter.became) == ("", {"arp_ip_target": tuple(MANY[4:6])})


@claim("ARPTGT-3")
@pytest.mark.parametrize(
    ("text", "error", "kept"),
    [
        ("+192.0.2.7", "", ("192.0.2.254", "192.0.2.9", "192.0.2.7")),
        ("-192.0.2.254", "", ("192.0.2.9",)),
        ("-192.0.2.9", "", ("192.0.2.254",)),
        ("192.0.2.7", "EPERM", ("192.0.2.254", "192.0.2.9")),
        ("+nowhere", "EPERM", ("192.0.2.254", "192.0.2.9")),
        ("+192.0.2.9", "EINVAL", ("192.0.2.254", "192.0.2.9")),
        ("-192.0.2.7", "EINVAL", ("192.0.2.254", "192.0.2.9")),
        ("+0.0.0.0", "EINVAL", ("192.0.2.254", "192.0.2.9")),
        ("+255.255.255.255", "EINVAL", ("192.0.2.254", "192.0.2.9")),
    ],
)
def test_a_sign_adds_or_removes_a_target(
    empty_bond: EmptyBond, text: str, error: str, kept: tuple[str, ...]
) -> None:
    """Doubles, unknown and impossible addresses are refused, and so is any other text."""
    bond = empty_bond.dut.bond(mode="active-backup", arp_ip_target="192.0.2.254,192.0.2.9")
    answer = empty_bond.dut.attempt.write(bond, "arp_ip_target", text)
    assert answer.error == error
    assert bond.now.sysfs["arp_ip_target"] == kept


@claim("ARPTGT-10")
@pytest.mark.parametrize(
    ("mode", "probes"), [("active-backup", True), ("balance-tlb", False), ("balance-alb", False)]
)
def test_targets_can_be_set_where_nothing_is_probed(
    one_switch: OneSwitch, mode: str, *, probes: bool
) -> None:
    """Modes without ARP monitor keep targets and send no request for them."""
    bond = one_switch.dut.bond(mode=mode)
    answer = one_switch.dut.attempt.write(bond, "arp_ip_target", f"+{NEIGHBOUR}")
    one_switch.dut.attempt.set(bond, arp_interval=100)
    with one_switch.watch() as run:
        one_switch.after(500 * ms)
    assert (answer.error, answer.became) == ("", {"arp_ip_target": (NEIGHBOUR,)})
    assert (run.slave("eth0").arp_probes != []) == probes


@claim("ARPTGT-11", "ARPINT-14")
@pytest.mark.parametrize(
    ("removed", "warned"), [((TARGET,), False), ((TARGET, NEIGHBOUR), True)], ids=["one", "both"]
)
def test_without_a_target_nothing_is_probed(
    one_switch: OneSwitch, removed: tuple[str, ...], *, warned: bool
) -> None:
    """The last target can be removed while the monitor runs: a warning, and no further probe."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target=BOTH)
    with one_switch.watch() as run:
        for target in removed:
            one_switch.dut.write(bond, "arp_ip_target", f"-{target}")
        one_switch.after(6 * bond.arp_interval)
    assert bool(run.kernel_said("Removing last arp target with arp_interval on")) == warned
    assert (run.slave("eth0").arp_probes == []) == warned
    assert bond["arp_interval"] == 100


@claim("ARPALL-1", "ARPTGT-7", "MON-3")
def test_one_of_two_targets_is_enough(one_switch: OneSwitch) -> None:
    """With arp_all_targets=any a target that fails has no effect."""
    bond = one_switch.dut.bond(
        arp_interval=100, arp_ip_target=BOTH, arp_validate="all", arp_all_targets="any"
    )
    with one_switch.watch() as run:
        one_switch.neighbour.die()
        one_switch.after(10 * bond.arp_interval)
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert run.lost == 0


@claim("ARPALL-2")
@control("test_one_of_two_targets_is_enough")
def test_all_targets_must_answer(one_switch: OneSwitch) -> None:
    """With arp_all_targets=all one dead target takes the slave down in the time of its rounds."""
    bond = one_switch.dut.bond(
        arp_interval=100, arp_ip_target=BOTH, arp_validate="all", arp_all_targets="all"
    )
    with one_switch.watch() as run:
        one_switch.neighbour.die()
        one_switch.after(10 * bond.arp_interval)
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert None in run.active_slaves


@claim("ARPALL-3")
@contradicted(
    "ARPALL-3",
    kernels=">=5.10",
    evidence="without validation target_last_arp_rx is never written, and slave_last_rx takes "
    "its least value all the same: every slave goes down (difference 8)",
)
def test_without_validation_all_targets_has_no_effect(one_switch: OneSwitch) -> None:
    """A bond whose target answers stays up: arp_all_targets concerns validated slaves only."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target=TARGET, arp_all_targets="all")
    with one_switch.watch(healthy=False) as run:
        one_switch.after(10 * bond.arp_interval)
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPALL-2", "ARPALL-3")
@control("test_without_validation_all_targets_has_no_effect")
def test_with_validation_a_target_that_answers_is_enough(one_switch: OneSwitch) -> None:
    """The same bond with arp_validate=all stays up."""
    bond = one_switch.dut.bond(
        arp_interval=100, arp_ip_target=TARGET, arp_all_targets="all", arp_validate="all"
    )
    with one_switch.watch(healthy=False) as run:
        one_switch.after(10 * bond.arp_interval)
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPALL-6")
@pytest.mark.parametrize(
    ("mode", "arp_validate", "fails"),
    [
        ("balance-rr", "none", False),
        ("balance-xor", "none", False),
        ("broadcast", "none", False),
        ("active-backup", "all", True),
    ],
)
def test_balancing_modes_do_not_ask_for_all_targets(
    one_switch: OneSwitch, mode: str, arp_validate: str, *, fails: bool
) -> None:
    """A dead target of two takes no slave down in the modes that balance."""
    bond = one_switch.dut.bond(
        mode=mode, arp_interval=100, arp_ip_target=BOTH, arp_validate=arp_validate
    )
    with one_switch.watch(healthy=False) as run:
        one_switch.neighbour.die()
        one_switch.dut.set(bond, arp_all_targets="all")
        one_switch.after(8 * bond.arp_interval)
    assert (run.failures["eth0"] > 0) == fails


@claim("ARPINT-11")
def test_a_bond_without_address_probes_from_none(no_address: NoAddress) -> None:
    """Where no route leads to the target, the requests have the sender 0.0.0.0."""
    bond = no_address.dut.bond(arp_interval=100, arp_ip_target=TARGET)
    with no_address.watch(healthy=False) as run:  # without requests no path would be healthy
        no_address.after(12 * bond.arp_interval)
    assert {(probe.ip, probe.to) for probe in run.slave("eth0").arp_probes} == {NONE}
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPINT-11")
@control("test_a_bond_without_address_probes_from_none")
def test_a_bond_with_an_address_probes_from_it(one_switch: OneSwitch) -> None:
    """The requests have the bond's address where it is in the target's network."""
    bond = one_switch.dut.bond(arp_interval=100, arp_ip_target=TARGET)
    with one_switch.watch() as run:
        one_switch.after(6 * bond.arp_interval)
    assert {(probe.ip, probe.to) for probe in run.slave("eth0").arp_probes} == {
        (bond.address, TARGET)
    }
