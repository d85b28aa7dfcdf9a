"""Scenarios of a few lines that read a recording, run by pytest in pytest for their verdicts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.judge import counts

HISTORIES = Path(__file__).parent / "histories"
PRELUDE = f"""
import contextlib
import unittest
from pathlib import Path
import pytest
from harness import claim, contradicted, ms
from harness.errors import KernelRefused, LabError
from harness.session import verdicts
from harness.history import load
from harness.judge.run import Run
from harness.units import MS, Span

due = Span(MS)  # as times come from a bond's options: documented

def watch(name):
    path = Path({str(HISTORIES)!r}) / name
    run = Run()
    run.freeze(load(path))
    verdicts.note_run(run, path)
    return run

def holds(figure, bound):
    return figure <= bound

def check(figure, bound):
    assert figure <= bound

def check_slaves(names):
    assert names == ["nobody"]

def check_itself(names):
    assert 1 == 2

def check_both(names):
    assert len(names) == 2

def show(what):
    print(what)

def refuse():
    verdicts.note_seen()
    raise KernelRefused("bond0", 22)

@pytest.fixture
def run():
    return watch("failover.jsonl")  # detection 92 ms, outage 99 ms, 9 of 40 frames lost

@pytest.fixture
def slaves(run):
    return run.active_slaves
"""


def reports_of(
    pytester: pytest.Pytester, bodies: Iterable[str], mark: str = ""
) -> list[pytest.TestReport]:
    """Run each body as a scenario with a claim, all in one session; return their reports."""
    heads = [
        f"{mark}@claim('MIIMON-2')\ndef test_{n}(run, slaves):\n" for n, _ in enumerate(bodies)
    ]
    scenarios = [
        head + textwrap.indent(body, "    ") for head, body in zip(heads, bodies, strict=True)
    ]
    path = pytester.makepyfile(test_it="\n\n".join([PRELUDE, *scenarios]))
    options = ["-p", "harness.plugin", "-p", "no:cacheprovider"]
    options += ["-W", "ignore"]  # of assertions on tuples and of returned values
    done = pytester.inline_run(path, *options)
    return [r for r in done.getreports("pytest_runtest_logreport") if r.when == "call"]


def verdicts_of(pytester: pytest.Pytester, bodies: Iterable[str], mark: str = "") -> list[object]:
    """Run each body as a scenario with a claim, all in one session; return their verdicts."""
    reports = reports_of(pytester, bodies, mark)
    return [dict(report.user_properties)[counts.VERDICT] for report in reports]
