"""The times between learning packets and between membership reports, by a bond's options."""

from __future__ import annotations

import pytest

from harness.bonding import BondOptions
from harness.bonding.windows import spans
from harness.units import MS, Span


@pytest.mark.parametrize(("hz", "late"), [(100, 100), (1000, 80)])
def test_learning_packets_come_each_lp_interval_and_late_by_the_wheel(hz: int, late: int) -> None:
    options = BondOptions.of(mode="balance-alb", lp_interval=3)
    times = spans(options, hz, Span(0))
    assert times.learning_interval.ns == 3000 * MS
    assert times.learning_interval.slack == 3 * late * MS


def test_membership_reports_are_a_fifth_of_a_second_apart() -> None:
    times = spans(BondOptions.of(mode="active-backup", miimon=100), 100, Span(0))
    assert (times.igmp_interval.ns, times.igmp_interval.slack) == (200 * MS, 10 * MS)
