"""What ends of a path lose when an interface goes down."""

from __future__ import annotations

import pytest

from harness.history import Event
from harness.record.bond_health import neighbours_forgotten
from harness.record.subject import Subject
from harness.topology import BondPlan

REVIVED = Event(20, "fault", "target", {"action": "revive", "role": "repair"})
DIED = Event(20, "fault", "target", {"action": "die", "role": "fault"})
UP = Event(20, "carrier", "dut/bond0", {"up": True})
FOREIGN = Event(20, "carrier", "dut/bond7", {"up": True})
LOST = Event(20, "carrier", "dut/bond0", {"up": False})


BOND = Subject((BondPlan("bond0", ("eth0", "eth1")),), frozenset({"bond0"}), 10, ("dut", "target"))


@pytest.mark.parametrize("event", [REVIVED, UP])
def test_an_interface_that_was_down_has_forgotten_its_neighbours(event: Event) -> None:
    assert neighbours_forgotten([event], BOND, since=10)
    assert not neighbours_forgotten([event], BOND, since=30)


@pytest.mark.parametrize("event", [DIED, LOST, FOREIGN])
def test_what_stays_down_or_is_not_on_the_path_asks_nobody(event: Event) -> None:
    assert not neighbours_forgotten([event], BOND, since=10)
