"""A pytest plugin for the benchmark: what each scenario takes, by the clock of the host.

In virtual time a guest's clock says nothing about that: with one guest, it is the time from one
scenario's last report to the next one's. The host writes it to the file named by
HARNESS_BENCH_TIMES; with HARNESS_BENCH_KEEPS=nothing a guest keeps no files of a scenario.
"""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from harness.session import where_it_runs, worker

FILE, KEEPS, NOTHING = "HARNESS_BENCH_TIMES", "HARNESS_BENCH_KEEPS", "nothing"

_ends: list[tuple[str, float]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """In a guest: forget where the files of scenarios are kept."""
    stash = item.config.stash
    if os.environ.get(KEEPS) == NOTHING and where_it_runs.in_guest() and worker.RESULTS in stash:
        del stash[worker.RESULTS]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note when the last report of a scenario has come."""
    if report.when == "teardown":
        _ends.append((report.nodeid, time.monotonic()))


def pytest_sessionfinish() -> None:
    """Hand over the times, on the host; the first scenario only begins them."""
    if FILE in os.environ and not where_it_runs.in_guest():
        took = {name: end - before for (_, before), (name, end) in pairwise(_ends)}
        Path(os.environ[FILE]).write_text(json.dumps(took), encoding="utf-8")
