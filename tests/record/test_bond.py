"""The times of a bond, as scenarios ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from harness.bonding import BondOptions
from harness.errors import ScenarioError
from harness.record.bond import Bond
from harness.record.readings import Readings
from harness.topology import BondPlan
from harness.units import Span, ms

if TYPE_CHECKING:
    from harness.lab import Network

UNUSED = cast("Network", None)  # no test here reads the kernel
ARP = {"arp_interval": 100, "arp_ip_target": "192.0.2.254"}


def made(**options: object) -> Bond:
    wanted = BondOptions.of(mode="active-backup", **options)
    plan = BondPlan("bond0", ("eth0", "eth1"))
    return Bond(plan, [wanted], {}, 100, Span(0), Readings(UNUSED, plan, lambda: None))


@pytest.mark.parametrize(
    ("bond", "time", "said", "hint"),
    [
        (made(), "miimon", "its MII monitor is off", "set miimon=100, or assert what happens"),
        (made(), "detection", "its MII monitor is off", "run.detected, run.outage"),
        (made(), "arp_interval", "its ARP monitor is off", "set arp_interval=100"),
        (made(**ARP), "miimon", "its MII monitor is off", "arp_interval is in force"),
        (made(miimon=50), "arp_interval", "its ARP monitor is off", "miimon is in force"),
    ],
)
def test_no_time_follows_from_a_monitor_that_is_off(
    bond: Bond, time: str, said: str, hint: str
) -> None:
    """A bond that is never inspected would contradict every bound, which it never promised."""
    with pytest.raises(ScenarioError, match=said) as error:
        getattr(bond, time)
    assert hint in error.value.hint


def test_the_times_of_the_monitor_in_force_are_reported() -> None:
    assert made(miimon=50).miimon == 50 * ms
    assert made(**ARP).arp_interval == 100 * ms
    assert made(miimon=50).updelay == 0 * ms
