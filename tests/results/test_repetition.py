"""Several runs of a scenario: quantiles, and the bounds of how often it fails."""

from __future__ import annotations

from typing import Any

import pytest

from harness.history import History
from harness.results import changes, evidence, repetition
from harness.results.repetition import Rate, quantile, rate
from harness.units import MS, Measured
from tests.result_directories import figure
from tests.stories import described


@pytest.mark.parametrize(
    ("failed", "judged", "low", "high"),
    [
        # Two-sided, 95 %: as of R's binom.test, and of tables of the exact interval.
        (1, 20, 0.001265, 0.248733),
        (5, 100, 0.016432, 0.112835),
        (5, 10, 0.187086, 0.812914),
        (10, 100, 0.049005, 0.176223),
        (2, 3, 0.094299, 0.991596),
    ],
)
def test_the_bounds_are_those_of_clopper_and_pearson(
    failed: int, judged: int, low: float, high: float
) -> None:
    found = rate(failed, judged)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-6)


@pytest.mark.parametrize("judged", [1, 3, 10, 60, 1000, 20000])
def test_without_a_failure_the_bound_is_the_rule_of_three(judged: int) -> None:
    found = rate(0, judged)
    assert found.low == 0
    assert found.high == pytest.approx(1 - 0.05 ** (1 / judged))
    if judged >= 60:
        assert found.high == pytest.approx(3 / judged, rel=0.03)
    mirrored = rate(judged, judged)
    assert mirrored.low == pytest.approx(1 - found.high)
    assert mirrored.high == 1


def test_the_bounds_cover_what_they_promise() -> None:
    """For any true rate, in at least 95 % of all cases it lies within them."""
    trials = 25
    for true in (0.02, 0.1, 0.3, 0.5, 0.77):
        covered = sum(
            repetition._at_most(k, trials, true) - (repetition._at_most(k - 1, trials, true))
            for k in range(trials + 1)
            if (bounds := rate(k, trials)).low <= true <= bounds.high
        )
        assert covered >= 0.95 - 1e-9


def test_a_rate_reads_as_a_sentence() -> None:
    assert str(rate(0, 100)) == "0 of 100 runs failed: rate at most 2.95 %"
    assert str(rate(1, 20)) == "1 of 20 runs failed: rate 0.127 % to 24.9 %"
    assert str(rate(1, 1)) == "1 of 1 run failed: rate at least 5 %"
    assert str(rate(0, 0)) == "no run could be judged"
    assert rate(0, 0) == Rate(0, 0, 0, 1)


def test_quantiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert [quantile([3.0, 1.0], share) for share in (0.5, 0.95)] == [1, 3]
    assert quantile([7.0], 0.5) == 7


def test_what_never_came_is_longer_than_anything() -> None:
    assert quantile([None, 1.0, 2.0], 0.5) == 2
    assert quantile([None, 1.0, 2.0], 0.95) is None


def run(verdict: str, ms: float | None = 92.0) -> dict[str, Any]:
    return {"verdict": verdict, "figures": {"detection": figure(ms)}}


def test_runs_that_say_nothing_are_not_counted() -> None:
    runs = [run("conforms", 90), run("contradicts", None), run("contradicts as known", 94)]
    runs += [run("inconclusive", 95), {"verdict": "not judged", "figures": {}}]
    found = repetition.statistics(runs)
    assert (found["runs"], found["judged"], found["failed"]) == (5, 3, 1)
    assert (found["rate_low"], found["rate_high"]) == pytest.approx(rate(1, 3)[2:], abs=1e-6)
    assert found["figures"]["detection"] == {
        "runs": 4,
        "never": 1,
        "median_ms": 94,
        "p95_ms": None,
        "p99_ms": None,
        "max_ms": None,
    }
    assert list(repetition.lines("test_x", found, {"detection": figure(92)})) == [
        "test_x: 1 of 3 runs failed: rate 0.84 % to 90.6 %, 2 more could not be judged",
        "  detection: median 94.0, p95 never, p99 never, max never ms (never in 1)",
    ]


def test_one_run_has_no_statistics() -> None:
    assert repetition.statistics([run("conforms")]) == {}


def test_a_phase_that_was_varied_on_purpose_is_leeway_in_virtual_time_too() -> None:
    """A repeated scenario is not worse than one run, which has the one phase that is usual."""
    bond = {"slaves": ["eth0", "eth1"], "changed": {"mode": 1, "miimon": 100}}
    recorded = History(described(clock="virtual", bonds={"bond0": bond}), ())

    def seen(ms: int, *, phased: bool) -> dict[str, Any]:
        took = Measured("outage", ms * MS, 11 * MS)
        return evidence.figure("outage", took, (), recorded, phased=phased)

    once, later = seen(60, phased=False), seen(110, phased=False)
    assert changes.figures(once, later) == "worse"
    worst = seen(110, phased=True)
    assert worst["leeway_ms"] >= 100
    assert changes.figures(once, worst) is None
