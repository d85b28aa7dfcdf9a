"""A device that cuts a cable while the recording goes on: the time it took is no lateness."""

from __future__ import annotations

import pytest

from harness.errors import Inconclusive
from harness.history import History
from harness.judge import fitness, lateness, traffic
from harness.units import MS
from tests.stories import INITIAL, MACS, active, fault, marks, probing, slave, tell


def slow_cut(**more: int) -> History:
    """Return a failover whose cut took 400 ms."""
    when, kind, where, data = fault(0, "eth0")
    cut = [(when, kind, where, {**data, "took": 400 * MS, **more})]
    rest = [slave(92, "eth0", "down"), active(93, "eth1"), *probing({"both": (0.0, 93.0)})]
    return tell([*marks(), *INITIAL, *MACS, *cut, *rest])


def test_a_cut_by_a_slow_device_is_judged_within_the_time_that_it_took() -> None:
    with pytest.raises(Inconclusive, match=r"the tester was late by 400\.0 ms"):
        fitness.demand_judgeable(slow_cut())
    history = slow_cut(went_on=399 * MS)
    fitness.demand_judgeable(history)
    fault_at = traffic.disturb_at(history)
    assert lateness.lateness(history, fault_at, traffic.end_at(history)).steps == 400 * MS
