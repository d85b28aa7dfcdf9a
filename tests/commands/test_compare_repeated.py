"""`harness compare` of scenarios that were repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.results.changes import compare
from harness.results.conformance import Result
from tests.commands.test_compare import run
from tests.result_directories import place, result


def repeated(failed: int, number: int = 20) -> Result:
    """Return a scenario of which some of its runs contradicted."""
    verdicts = ["contradicts"] * failed + ["conforms"] * (number - failed)
    runs: tuple[dict[str, Any], ...] = tuple(
        {"verdict": one, "figures": {}, "history": None} for one in verdicts
    )
    return replace(result("s", verdict=verdicts[0]), runs=runs)


@pytest.mark.parametrize(
    ("old", "new", "sense"), [(1, 19, "worse"), (19, 1, "better"), (1, 3, None), (20, 20, None)]
)
def test_all_runs_count_for_the_rate_of_failures(old: int, new: int, sense: str | None) -> None:
    found = compare({"s": repeated(old)}, {"s": repeated(new)})
    assert [(one.what, one.sense) for one in found.changes] == ([("rate", sense)] if sense else [])
    if sense:
        assert found.changes[0].old.startswith(f"{old} of 20 runs failed: rate ")


def test_which_run_is_compared_is_said(tmp_path: Path) -> None:
    old, new = (place(tmp_path / name, repeated(number)) for name, number in (("a", 1), ("b", 19)))
    done = run(old, new)
    assert done.exit_code == 1
    assert "1 scenario repeated: verdicts and figures are of the run" in done.output
    assert "rates of failures, over all runs\n  x scenarios/test_a.py::s: 1 of 20" in done.output
    (told,) = json.loads(run(old, new, "--json").output)
    assert told["repeated"] == 1
