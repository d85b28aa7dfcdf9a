"""The slave that a new bond begins with."""

from __future__ import annotations

import pytest

from harness.bonding import BondOptions
from harness.record import first_slave
from harness.topology import BondPlan

PLAN = BondPlan("bond0", ("eth0", "eth1"), "192.0.2.1", {})


@pytest.mark.parametrize(
    ("options", "slave"),
    [
        ({}, "eth0"),
        ({"primary": "eth1"}, "eth1"),
        ({"primary": "eth1", "primary_reselect": "failure"}, "eth1"),
        ({"active_slave": "eth1"}, "eth1"),
        ({"primary": "eth0", "active_slave": "eth1"}, "eth1"),
    ],
)
def test_a_new_bond_begins_with_the_slave_asked_for(options: dict[str, str], slave: str) -> None:
    asked = BondOptions.of(mode="active-backup", miimon=100, **options)
    assert first_slave.intended(PLAN, asked) == slave
