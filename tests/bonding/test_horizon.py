"""How long a baseline takes: a whole judgement of the monitor, begun at a bucket of its timer."""

from __future__ import annotations

import pytest

from harness import ms
from harness.bonding import BondOptions, settle
from harness.bonding.horizon import judgement
from harness.bonding.wheel import bucket, grain, jiffy
from harness.units import MS

TARGET = "192.0.2.254"


@pytest.mark.parametrize("hz", [100, 250, 1000])
def test_a_grain_is_a_multiple_of_the_buckets_of_usual_timers(hz: int) -> None:
    for seconds in (1, 10, 100, 250):
        assert grain(hz) % (bucket(seconds * hz) * jiffy(hz)) == 0


@pytest.mark.parametrize(("missed", "rounds"), [(1, 4), (2, 5), (5, 8)])
def test_arp_judges_a_backup_only_when_it_was_missed_once_more(missed: int, rounds: int) -> None:
    options = BondOptions.of(mode=1, arp_interval=100, arp_ip_target=TARGET, arp_missed_max=missed)
    assert judgement(options, 100) == rounds * 110 * MS


def test_mii_judges_with_each_inspection_and_what_its_driver_tells_late() -> None:
    options = BondOptions.of(mode=1, miimon=100, updelay=5000)
    assert judgement(options, 100) == 110 * MS
    assert judgement(options, 100, 100 * ms) == 210 * MS
    assert settle(options, 2, 100) > 5000 * MS


def test_without_a_monitor_nothing_is_judged() -> None:
    assert judgement(BondOptions.of(mode=1, miimon=0), 100) == 0
