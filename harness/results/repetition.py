"""What several runs of one scenario show together: quantiles of figures, and how often it fails.

The bound of the failure rate is the exact one of Clopper and Pearson (Biometrika 26, 1934): it
holds for few runs and for rates near 0, where approximations do not. It is two-sided, 95 %, but
for no failure at all (or nothing but failures), where only one side is open: then it is one-sided,
95 %, which for many runs is 3 divided by their number, the rule of three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.judge import counts
from harness.plural import counted

CONFIDENCE = 0.95
SHARES: Mapping[str, float] = {"median": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
# Verdicts that say nothing of how often it fails: those runs are not counted.
UNCOUNTED = (*(counts.INCONCLUSIVE, counts.NOT_JUDGED, counts.NOT_TESTABLE, counts.NOT_PROMISED),)
FINE = ("conforms", "contradicts as known")
RunRecord = Mapping[str, Any]


class Rate(NamedTuple):
    """How many of the judged runs failed, and between which rates the true one lies."""

    failed: int
    judged: int
    low: float
    high: float

    def __str__(self) -> str:
        if not self.judged:
            return "no run could be judged"
        of = f"{self.failed} of {counted(self.judged, 'run')} failed"
        if not self.failed:
            return f"{of}: rate at most {_percent(self.high)}"
        if self.failed == self.judged:
            return f"{of}: rate at least {_percent(self.low)}"
        return f"{of}: rate {_percent(self.low)} to {_percent(self.high)}"


def rate(failed: int, judged: int) -> Rate:
    """Return the rate of failures with its bounds; 0 to 1 where no run was judged."""
    if not judged:
        return Rate(0, 0, 0.0, 1.0)
    beyond = 1 - CONFIDENCE
    if 0 < failed < judged:
        beyond /= 2
    low = high = 0.0
    if failed:
        low = _solve(lambda p: _at_most(judged - failed, judged, 1 - p), beyond, rising=True)
    high = 1.0
    if failed < judged:
        high = _solve(lambda p: _at_most(failed, judged, p), beyond, rising=False)
    return Rate(failed, judged, low, high)


def _at_most(most: int, trials: int, chance: float) -> float:
    """Return the probability of at most `most` successes in a number of trials."""
    if chance <= 0:
        return 1.0
    if chance >= 1:
        return 1.0 if most >= trials else 0.0
    whole, yes, no = math.lgamma(trials + 1), math.log(chance), math.log1p(-chance)
    return math.fsum(
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * yes + (trials - k) * no
        )
        for k in range(most + 1)
    )


def _solve(of: Callable[[float], float], wanted: float, *, rising: bool) -> float:
    """Return where a monotonous function of a probability has a value, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (of(middle) < wanted) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """Return a quantile by nearest rank: the least value that `share` of all do not exceed.

    None is a time that never came, which is longer than any.
    """
    order = sorted(values, key=lambda value: math.inf if value is None else value)
    return order[max(0, math.ceil(share * len(order) - 1e-9) - 1)]


def of_runs(runs: Sequence[RunRecord]) -> Rate:
    """Return how often runs failed; those that say nothing are left out."""
    judged = [run for run in runs if run["verdict"] not in UNCOUNTED]
    return rate(sum(one["verdict"] not in FINE for one in judged), len(judged))


def statistics(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """Return rate and quantiles (ms) of runs as plain values; {} for fewer than two."""
    if len(runs) < 2:
        return {}
    failed, judged, low, high = of_runs(runs)
    names = dict.fromkeys(name for run in runs for name in run["figures"])
    return {
        "runs": len(runs),
        "judged": judged,
        "failed": failed,
        "rate_low": round(low, 6),
        "rate_high": round(high, 6),
        "confidence": CONFIDENCE,
        "figures": {name: _figure([run["figures"].get(name) for run in runs]) for name in names},
    }


def _figure(figures: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return the quantiles of one figure over the runs that have it."""
    seen = [figure["ms"] for figure in figures if figure is not None]
    found: dict[str, Any] = {"runs": len(seen), "never": seen.count(None)}
    return found | {f"{name}_ms": quantile(seen, share) for name, share in SHARES.items()}


def lines(name: str, found: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the statistics of a scenario as text: rate, then the figures held against bounds.

    `figures` are those of one run, with their bounds; without any, the outage is told.
    """
    seen = Rate(found["failed"], found["judged"], found["rate_low"], found["rate_high"])
    left = found["runs"] - found["judged"]
    more = f", {left} more could not be judged" if left else ""
    yield f"{name}: {seen}{more}"
    bound = [one for one in found["figures"] if figures.get(one, {}).get("bounds")]
    for figure in bound or [one for one in ("outage",) if one in found["figures"]]:
        own = found["figures"][figure]
        quantiles = ", ".join(f"{share} {_ms(own[f'{share}_ms'])}" for share in SHARES)
        never = f" (never in {own['never']})" if own["never"] else ""
        yield f"  {figure}: {quantiles} ms{never}"


def _ms(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
