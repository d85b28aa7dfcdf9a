"""What the files of recordings cost in real scenarios, in virtual time by the host's clock."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from harness.errors import HarnessError
from tests.bench.guest import Bench
from tests.bench.item_times import FILE, KEEPS, NOTHING
from tests.bench.table import Cell, Table

NAME = "kept-scenarios"
SCENARIOS = (
    "scenarios/test_miimon.py",
    "scenarios/test_arp_validate.py",
    "scenarios/test_fail_over_mac.py",
    "scenarios/test_num_grat_arp.py",
    "scenarios/test_lacp_rate.py",
    "scenarios/test_balance_alb.py",
)
FILES = "history and frames"
PASSES = 3  # of each way; other work of the machine lengthens some


def table(bench: Bench) -> Table:
    """Return what the scenarios take with files and without; the two ways take turns."""
    best: dict[str, dict[str, float]] = {NOTHING: {}, FILES: {}}
    for _ in range(PASSES):
        for way, known in best.items():
            for name, spent in _run(bench, way).items():
                known[name] = min(spent, known.get(name, spent))
    total = {way: sum(known.values()) for way, known in best.items()}
    rows: tuple[dict[str, Cell], ...] = tuple(
        {
            "kept": way,
            "ms a scenario": f"{1000 * spent / len(best[way]):.1f}",
            "more than nothing": f"{100 * (spent / total[NOTHING] - 1):+.1f} %",
        }
        for way, spent in total.items()
    )
    files = ", ".join(Path(one).stem for one in SCENARIOS)
    counted = f"{len(best[NOTHING])} scenarios of {files}"
    notes = (f"{counted}; each by the shortest of its {PASSES} runs on one guest",)
    return Table(NAME, "real scenarios by what is kept of them", rows, notes)


def _run(bench: Bench, way: str) -> dict[str, float]:
    """Run the scenarios once; return the seconds of each."""
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as place:
        times = Path(place, "times.json")
        arguments = ["-p", "tests.bench.item_times", "-p", "no:cacheprovider", "--guests=1"]
        arguments += [f"--results={place}/results", *SCENARIOS]
        done = bench.pytest(*arguments, environment={FILE: str(times), KEEPS: way})
        if done.returncode:
            raise HarnessError(
                f"pytest ended with exit status {done.returncode}",
                hint=f"run it: pytest --kernel={bench.choice} {' '.join(SCENARIOS)}",
            )
        found: dict[str, float] = json.loads(times.read_text(encoding="utf-8"))
        return found
