"""What figures were held against, as windows: kept in conformance.json beside the recordings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.judge.figure import Limit
from harness.judge.report import windows_of
from harness.judge.timeline import Allowed
from harness.results import conformance
from harness.units import MS, Span

ABOVE = 2  # directories above a recording, in one of which its conformance.json is


def of_figures(figures: Mapping[str, Mapping[str, Any]]) -> list[Allowed]:
    """Return the window of each figure that a scenario compared with a bound.

    Older results do not tell whose a bound is: it is taken for the documentation's.
    """
    return windows_of(
        Limit(name, bound["op"], span_of(bound))
        for name, one in figures.items()
        for bound in one.get("bounds", ())
    )


def of_recording(path: Path) -> list[Allowed]:
    """Return the windows of a recording, [] if the results that it belongs to are not there."""
    file = path.resolve()
    for directory in file.parents[:ABOVE]:
        if not (directory / conformance.NAME).is_file():
            continue
        try:
            results = conformance.load(directory).results
        except UsageError:
            return []
        own = file.relative_to(directory).as_posix()
        for result in results:
            if result.history == own:
                return of_figures(result.figures)
    return []


def span_of(bound: Mapping[str, Any]) -> Span:
    """Return a stored bound as a span."""
    slack, late = round(bound["slack_ms"] * MS), bound["op"] in ("<=", ">")
    own = bound.get("own", False)
    return Span(round(bound["ms"] * MS), slack if late else 0, 0 if late else slack, own)
