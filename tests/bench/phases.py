"""A pytest plugin for the benchmark: when what happened, in a guest's worker and on the host.

It writes nothing but, on the host, the reports' times to the file named by HARNESS_BENCH_PHASES.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from harness.session import where_it_runs

FILE = "HARNESS_BENCH_PHASES"

reached: dict[str, float] = {}
_reports: list[tuple[str, str, float, float]] = []


def pytest_collection_finish() -> None:
    """Note when the collection was over."""
    reached["collected"] = time.monotonic()


def pytest_runtest_logstart() -> None:
    """Note when the first scenario began."""
    reached.setdefault("begun", time.monotonic())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note when a phase of a scenario began and ended, by the wall clock."""
    _reports.append((report.nodeid, str(report.when), report.start, report.stop))


def pytest_sessionfinish() -> None:
    """Hand over the times, on the host."""
    if FILE in os.environ and not where_it_runs.in_guest():
        Path(os.environ[FILE]).write_text(json.dumps(_reports), encoding="utf-8")
