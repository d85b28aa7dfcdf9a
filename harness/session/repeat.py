"""`--repeat N`: run each scenario N times in its guest; the results have every run.

A scenario fails if one of its runs does. Its report is that of the worst run: by verdict, then by
the longest outage.

In virtual time a scenario that is merely run again has the same result to the nanosecond. So the
runs differ in what is random in real time: in which frames are lost, and in the phase of the
bond's monitor at which the fault comes. The phases are spread evenly, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from harness.judge import counts
from harness.results import repetition
from harness.results.conformance import Conformance
from harness.session.option_types import number_of
from harness.session.outcome import outcome

OPTION = "--repeat"
NUMBER = pytest.StashKey[int]()  # of the current run, from 0
KEPT = ("verdict", "reason", "guest_seconds", "attempts", "figures", "history")
RUNS, FAILED = "runs", "runs_failed"  # properties
MOST = 20  # scenarios that the terminal shows

Reports = list[pytest.TestReport]


def add_option(group: pytest.OptionGroup) -> None:
    """Add the option."""
    group.addoption(
        OPTION,
        type=number_of("runs", 1),
        default=1,
        metavar="N",
        help="run each scenario N times, with the fault at other phases of the bond's monitor and "
        "other losses; show median, p95, p99, maximum and bounds of the failure rate (default: 1)",
    )


def folder(item: pytest.Item) -> str:
    """Return the name of the directory of the current run, "" for the first."""
    number = item.stash.get(NUMBER, 0)
    return f"run-{number + 1}" if number else ""


def phase(number: int) -> float:
    """Return the share of the monitor's interval by which the fault of a run is delayed.

    0, 1/2, 1/4, 3/4, 1/8 ...: the first runs are spread as evenly as all of them (the sequence of
    van der Corput).
    """
    share, part = 0.0, 0.5
    while number:
        share += part * (number & 1)
        number >>= 1
        part /= 2
    return share


def run(
    item: pytest.Item, once: Callable[[], Reports], note: Callable[[Mapping[str, Any]], None]
) -> Reports:
    """Run an item by `once` as often as --repeat asks; return the reports of the worst run.

    `note` gets each run as soon as it is over.
    """
    wanted = item.config.getoption("repeat", default=1)
    if wanted == 1:
        return once()
    kept: Reports = []
    runs: list[Mapping[str, Any]] = []
    for number in range(wanted):
        item.stash[NUMBER] = number
        reports = once()
        runs.append(of_outcome(outcome(reports)))
        note(runs[-1])
        if not kept or _weight(runs[-1]) > max(map(_weight, runs[:-1])):
            kept = reports
    failed = repetition.of_runs(runs).failed
    for report in kept:
        report.user_properties += [(RUNS, wanted), (FAILED, failed)]
    return kept


def of_outcome(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of one run."""
    return {name: found[name] for name in KEPT}


def _weight(run: Mapping[str, Any]) -> tuple[int, float]:
    outage = run["figures"].get("outage", {"ms": 0.0})["ms"]
    return list(counts.WORDS).index(run["verdict"]), float("inf") if outage is None else outage


def lines(found: Conformance) -> Iterator[str]:
    """Yield the statistics of repeated scenarios, those that failed most often first."""
    repeated = [result for result in found.results if result.statistics]
    order = sorted(repeated, key=lambda result: -result.statistics["failed"])
    several = len(found.labels()) > 1
    for result in order[:MOST]:
        name = result.scenario.partition("::")[2] or result.scenario
        label = f"{name} on {result.kernel}" if several else name
        yield from repetition.lines(label, result.statistics, result.figures)
    if len(order) > MOST:
        yield f"... and {len(order) - MOST} more scenarios: statistics in conformance.json"
