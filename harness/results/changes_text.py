"""A comparison as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.plural import counted
from harness.results.changes import Change, Comparison

MARKS = {"worse": "x", "better": "+", "changed": "*"}
ORDER = ("worse", "changed", "better")
TITLES = {
    "verdict": "verdicts",
    "rate": "rates of failures, over all runs",
    "figure": "figures",
    "setting": "settings of bonds",
    "option": "options",
}


def text(found: Comparison) -> Iterator[str]:
    """Yield the differences as lines, worse ones first; one line if there are none."""
    old, new = found.names
    yield f"{old} -> {new}: {summary(found)}"
    if found.repeated:
        repeated = counted(found.repeated, "scenario")
        yield f"{repeated} repeated: verdicts and figures are of the run that says most"
        yield "`harness stats` has all runs"
    for what, title in TITLES.items():
        own = [change for change in found.changes if change.what == what]
        if own:
            yield title
        for change in sorted(own, key=lambda change: ORDER.index(change.sense)):
            yield from _lines(change)
    yield from _only(old, found.only_old)
    yield from _only(new, found.only_new)


def summary(found: Comparison) -> str:
    """Return the number of compared scenarios and of differences, in one line."""
    counts = [
        f"{count} {sense}"
        for sense in ORDER
        if (count := sum(change.sense == sense for change in found.changes))
    ]
    return f"{counted(found.common, 'scenario')} on both, {', '.join(counts) or 'nothing changed'}"


def _lines(change: Change) -> Iterator[str]:
    yield f"  {MARKS[change.sense]} {change.name}: {change.old} -> {change.new} ({change.sense})"
    if change.detail:
        yield f"      {change.detail}"


def _only(name: str, scenarios: tuple[str, ...]) -> Iterator[str]:
    if scenarios:
        yield f"only in {name}"
        yield from (f"  - {scenario}" for scenario in scenarios)


def as_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain JSON values."""
    return {
        "old": found.names[0],
        "new": found.names[1],
        "common": found.common,
        "repeated": found.repeated,
        "worse": found.worse,
        "changes": [asdict(change) for change in found.changes],
        "only_old": list(found.only_old),
        "only_new": list(found.only_new),
    }
