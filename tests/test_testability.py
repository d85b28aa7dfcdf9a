"""What a kernel never promised is skipped, and so is what this lab cannot show on it."""

from __future__ import annotations

import pytest

from harness import testability
from harness.bonding import BondOptions, Ignored
from harness.errors import LabError, NotPromised, NotTestable, ScenarioError
from scenarios.topologies import OneSwitch
from tests.session.test_verdicts import run

pytest_plugins = ["pytester"]

ARP = BondOptions.of(mode=1, arp_interval=100, arp_ip_target="192.0.2.254")
NEW = """
from harness.errors import NotPromised, NotTestable

def read_back(option):
    verdicts.note_seen()  # as bond[...] does
    return option

@claim("ARPMISS-1")
def test_lacks():
    raise NotPromised("not promised by 5.10.46: arp_missed_max is unknown to 5.10", hint="newer")

@claim("ARPINT-1")
@contradicted("ARPINT-1", kernels="all", evidence="it is known")
def test_blind():
    raise NotTestable("5.10.46 has no working ARP monitor over veth (ARPINT-12)")

@claim("MIIMON-2", "ARPMISS-1")
def test_fails():
    assert read_back(1) == 2

@claim("MIIMON-2", "ARPMISS-1")
def test_passes():
    assert read_back(1) == 1
"""


def test_the_arp_monitor_of_5_10_cannot_be_tested_over_veth() -> None:
    with pytest.raises(NotTestable, match=r"no working ARP monitor over veth \(ARPINT-12\)"):
        testability.demand_testable(ARP, "5.10.46", "veth")
    testability.demand_testable(ARP, "5.10.46", "")
    testability.demand_testable(ARP, "6.1.176", "veth")
    testability.demand_testable(BondOptions.of(mode=1, miimon=100), "5.10.46", "veth")


def test_an_option_that_5_10_lacks_comes_before_its_blindness() -> None:
    with pytest.raises(NotPromised, match=r"arp_missed_max is unknown to 5\.10"):
        testability.demand_testable(ARP.replace(arp_missed_max=3), "5.10.46", "veth")


def test_what_is_ignored_is_a_promise_not_made_or_a_fault_of_the_lab() -> None:
    asked = BondOptions.of(mode=4, lacp_strict="on", lacp_rate="fast")
    strict, rate = Ignored("lacp_strict", "on", None), Ignored("lacp_rate", "fast", "slow")
    assert isinstance(testability.ignored_error(asked, [strict], "6.12.101"), NotPromised)
    assert isinstance(testability.ignored_error(asked, [strict], "7.2.7"), LabError)
    assert isinstance(testability.ignored_error(asked, [strict, rate], "6.12.101"), LabError)


def test_a_word_of_a_later_kernel_is_not_promised() -> None:
    asked = BondOptions.of(mode=4, ad_select="actor_port_prio")
    assert "ad_select=actor_port_prio is refused by 6.12" in str(
        testability.not_promised(asked, "6.12.1")
    )
    assert testability.not_promised(asked, "7.2.7") is None


def test_skips_say_why_and_count_as_verdicts(pytester: pytest.Pytester) -> None:
    done = run(pytester, NEW, "-rs", kernel="5.10.46")
    done.assert_outcomes(passed=1, skipped=3)
    done.stdout.fnmatch_lines_random(
        [
            "SKIPPED *: not promised by 5.10.46: arp_missed_max is unknown to 5.10",
            "SKIPPED *: not testable here: 5.10.46 has no working ARP monitor over veth *",
            "SKIPPED *: not promised by 5.10.46: ARPMISS-1 (6.1+ *",
            "claims: 1 not testable here, 2 conform",
        ]
    )


def test_what_is_promised_and_fails_contradicts(pytester: pytest.Pytester) -> None:
    done = run(pytester, NEW, "-k", "fails", kernel="6.1.176")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["claims: 2 contradict"])


@pytest.mark.parametrize("validate", ["none", "all"])
@pytest.mark.parametrize(
    ("targets", "heard", "absent"),
    [
        ("192.0.2.254", (), ""),
        ("10.9.9.9", (), "10.9.9.9"),
        ("192.0.2.254,192.0.2.99", ("192.0.2.254",), "192.0.2.99"),
        ("192.0.2.254,192.0.2.99", ("192.0.2.99",), ""),  # somebody was given that address
    ],
)
def test_an_absent_target_is_named_whatever_keeps_the_bond_up(
    validate: str, targets: str, heard: tuple[str, ...], absent: str
) -> None:
    topology = OneSwitch.plan
    options = BondOptions.of(
        mode=1, arp_interval=100, arp_ip_target=targets, arp_validate=validate
    )
    found = testability.unheard_targets(topology, topology.bonds[0], options, heard)
    assert isinstance(found, ScenarioError) == bool(absent)
    assert f"arp_ip_target {absent} is no machine" in str(found) or not absent
