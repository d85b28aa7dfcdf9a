"""Small directories of results, written as a session writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.results.conformance import Conformance, Result, save

RELEASES = {"old": "6.1.176", "new": "6.12.101"}


def figure(
    ms: float | None, tolerance: float = 11.0, leeway: float = 100.0, bound: float | None = 100.0
) -> dict[str, Any]:
    """Return a figure as a recording gives it; None for one that never came."""
    bounds = [] if bound is None else [{"op": "<=", "ms": bound, "slack_ms": 10.0, "own": False}]
    return {
        "ms": ms,
        "watched_ms": 900.0 if ms is None else None,
        "tolerance_ms": tolerance,
        "leeway_ms": leeway,
        "bounds": bounds,
    }


def result(
    scenario: str, kernel: str = "old", verdict: str = "conforms", reason: str = "", **more: Any
) -> Result:
    """Return a result; figures by name may be given beside fields."""
    names = ("options", "settings", "history", "lab", "reads")
    figures = {name: value for name, value in more.items() if name not in names}
    fields = {name: value for name, value in more.items() if name in names}
    where = f"scenarios/test_a.py::{scenario}"
    return Result(where, kernel, verdict, reason=reason, figures=figures, **fields)


def conformance(*results: Result, planned: int = 0, **more: Any) -> Conformance:
    """Return a conformance of some results, whose kernels are known."""
    labels = dict.fromkeys(one.kernel for one in results)
    kernels = {label: {"kernel": RELEASES.get(label, "7.2.7")} for label in labels}
    return Conformance(results, kernels, planned or len(results), **more)


def place(directory: Path, *results: Result, **more: Any) -> Path:
    """Return a directory of results, with the recordings that they name."""
    directory.mkdir(parents=True)
    for one in results:
        if one.history:
            (directory / one.history).parent.mkdir(parents=True, exist_ok=True)
            (directory / one.history).write_text(f"recording of {one.kernel}\n")
    save(conformance(*results, **more), directory)
    return directory
