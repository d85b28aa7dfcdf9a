"""How long `pytest scenarios/` takes against the time that was recorded, and what the rest is."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.history import load
from tests.bench.guest import Bench
from tests.bench.phases import FILE
from tests.bench.table import Cell, Table

NAME = "suite"
MARKS = {
    "recording": "recorded: waiting for a healthy path",
    "baseline": "recorded: baseline",
    "disturb": "recorded: disturbed by the scenario",
    "settle": "recorded: horizon",
}
PHASES = {"setup": "set-up: build", "call": "call, besides", "teardown": "tear down"}


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of all scenarios: when it began and ended (wall clock, s), and what it kept."""

    begin: float
    end: float
    code: int
    said: str
    reports: tuple[tuple[str, str, float, float], ...]
    recorded: dict[str, float]
    facts: dict[str, Any]

    @property
    def wall(self) -> float:
        """Its whole length in seconds."""
        return self.end - self.begin


def table(bench: Bench) -> Table:
    """Run all scenarios once and return what the seconds of all guests were spent on."""
    guests = len(os.sched_getaffinity(0))
    suite = _run(bench)
    bench.facts.update(suite.facts)
    recorded = sum(suite.recorded.values())
    share = recorded / guests
    rows: tuple[Mapping[str, Cell], ...] = tuple(
        {"of all guests' seconds": text, "s": seconds, "%": 100 * seconds / (guests * suite.wall)}
        for text, seconds in _parts(suite, guests)
    )
    notes = (
        (
            f"wall {suite.wall:.1f} s on {guests} guests; recorded {recorded:.1f} s in all, "
            f"{share:.1f} s a guest: ratio {suite.wall / share if share else 0:.2f}"
        ),
        f"pytest (exit {suite.code}): {suite.said}",
    )
    return Table(NAME, "the whole of `pytest scenarios/`", rows, notes)


def _parts(suite: Suite, guests: int) -> Iterator[tuple[str, float]]:
    """Yield what the seconds of all guests together were spent on."""
    for name, text in MARKS.items():
        yield text, suite.recorded[name]
    spent = dict.fromkeys(PHASES, 0.0)
    for _, when, start, stop in suite.reports:
        spent[when] += stop - start
    spent["call"] -= sum(suite.recorded.values())
    for when, text in PHASES.items():
        yield f"{text}{' (bond, decode, save, judge)' if when == 'call' else ''}", spent[when]
    first = min((report[2] for report in suite.reports), default=suite.end)
    last = max((report[3] for report in suite.reports), default=suite.end)
    before, after = guests * (first - suite.begin), guests * (suite.end - last)
    yield "before the first scenario: collection, boot", before
    yield "after the last scenario", after
    known = sum(suite.recorded.values()) + sum(spent.values()) + before + after
    idle = guests * last - sum(_last_ends(suite, guests)) if suite.reports else 0.0
    yield "other guests still at work", idle
    yield "between scenarios", guests * suite.wall - known - idle


def _last_ends(suite: Suite, guests: int) -> list[float]:
    """Return when each guest had done its share, putting its items one behind the other."""
    spans: dict[str, tuple[float, float]] = {}
    for name, _, start, stop in suite.reports:
        spans[name] = (spans[name][0] if name in spans else start, stop)
    ends = [0.0] * guests
    for start, stop in sorted(spans.values()):
        free = [end for end in ends if end <= start]
        ends[ends.index(max(free, default=min(ends)))] = stop
    return ends


def _run(bench: Bench) -> Suite:
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as place:
        reports, results = Path(place, "phases.json"), Path(place, "results")
        arguments = ["-p", "tests.bench.phases", f"--results={results}", "scenarios/"]
        begin = time.time()
        done = bench.pytest(*arguments, environment={FILE: str(reports)})
        end = time.time()
        found = json.loads(reports.read_text(encoding="utf-8")) if reports.exists() else []
        said = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
        return Suite(begin, end, done.returncode, said, tuple(found), *_recorded(results))


def _recorded(results: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the seconds of all recordings between each two marks, and the facts of a kernel."""
    spent, facts = dict.fromkeys(MARKS, 0.0), dict[str, Any]()
    stretches = list(pairwise([*MARKS, "end"]))
    for path in results.glob("latest/*/history*.jsonl"):
        history = load(path)
        kernel = history.about.kernel
        facts = {"hz": kernel.hz, "jitter": kernel.jitter}
        for name, following in stretches:
            start, stop = history.mark(name), history.mark(following)
            if start is not None and stop is not None:
                spent[name] += (stop - start) / 1e9
    return spent, facts
