"""`--max-outage 200ms`: the user's own limit, which no documentation promises.

A scenario that conforms fails with the verdict "exceeds limit" where a recording was dark for
longer, beyond its tolerance. A scenario that contradicts the documentation or is inconclusive
keeps that verdict.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, OverLimit
from harness.units import MS, Measured, in_ms

if TYPE_CHECKING:
    from harness.history import History

OPTION = "--max-outage"
UNITS = {"us": MS // 1000, "ms": MS, "s": 1000 * MS}
HINT = f"write a number above 0 with its unit ({', '.join(UNITS)}), such as 200ms or 1.5s"


def add_option(group: pytest.OptionGroup) -> None:
    """Add the option; its value is in ns."""
    group.addoption(
        OPTION,
        type=_duration,
        metavar="TIME",
        help="fail each scenario in which traffic was dark for longer, such as 200ms: a limit of "
        'your own, with a verdict of its own ("exceeds limit")',
    )


def _duration(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(us|ms|s)", text.strip())
    ns = round(float(found[1]) * UNITS[found[2]]) if found else 0
    if not ns:
        raise argparse.ArgumentTypeError(f'"{text}" is no time (hint: {HINT})')
    return ns


def option(config: pytest.Config) -> list[str]:
    """Return the option as on a command line, [] without it."""
    limit = config.getoption("max_outage", default=None)
    return [f"{OPTION}={limit / MS:g}ms"] if limit else []


def exceeded(config: pytest.Config, recordings: Iterable[History]) -> OverLimit | None:
    """Return which recording was dark for longer than the limit allows, None without any."""
    limit = config.getoption("max_outage", default=None)
    for history in recordings if limit else ():
        found = _outage(history)
        if found is None or (found.happened and found.ns <= limit + found.tolerance):
            continue
        took = f"took {found}" if found.happened else f"had not ended after {in_ms(found.ns)}"
        return OverLimit(
            f"outage {took}, {OPTION} allows {in_ms(limit)} "
            f"(tolerance {in_ms(found.tolerance)}: {found.why})",
            hint="this is your own limit: what is documented holds",
        )
    return None


def _outage(history: History) -> Measured | None:
    """Return the outage of a recording, None where it has none that can be judged."""
    from harness.judge import fitness, outages  # noqa: PLC0415  (all of pytest's sessions wait)

    try:
        fitness.demand_judgeable(history)
        if not history.about.interval or fitness.without_partner(history):
            return None
        return outages.outage(history)
    except HarnessError:
        return None
