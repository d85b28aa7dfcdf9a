"""What the page shows of a scenario that was repeated: how often it failed, and each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.picture import strip
from harness.picture.strip import Dot
from harness.results import repetition
from harness.results.repetition import RunRecord


class Strip(NamedTuple):
    """A figure of all runs: its quantiles as text, and a dot for each run as an SVG element."""

    name: str
    text: str
    svg: str


class Repeated(NamedTuple):
    """The number of failed runs, as text, and the strips."""

    failed: str
    strips: tuple[Strip, ...]


def of(runs: Sequence[RunRecord]) -> Repeated | None:
    """Return the statistics of several runs, None for a single run.

    There is a strip for each figure that any run compared with a bound; without any, for the
    outage.
    """
    if len(runs) < 2:
        return None
    names = dict.fromkeys(name for run in runs for name in run["figures"])
    bound = [name for name in names if any(_bounds(run, name) for run in runs)]
    shown = bound or [name for name in names if name == "outage"]
    return Repeated(str(repetition.of_runs(runs)), tuple(_strip(name, runs) for name in shown))


def _bounds(run: RunRecord, name: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = run["figures"].get(name, {}).get("bounds", ())
    return found


def _strip(name: str, runs: Sequence[RunRecord]) -> Strip:
    dots = [
        Dot(number, run["figures"][name]["ms"], str(run["verdict"]))
        for number, run in enumerate(runs, 1)
        if name in run["figures"]
    ]
    values = [dot.ms for dot in dots]
    quantiles = (
        f"{word} {_text(repetition.quantile(values, share))}"
        for word, share in repetition.SHARES.items()
    )
    bounds = [bound for run in runs for bound in _bounds(run, name)]
    return Strip(name, f"{name}: {', '.join(quantiles)}", strip.draw(name, dots, bounds))


def _text(ms: float | None) -> str:
    return "never" if ms is None else f"{ms:.1f} ms"
