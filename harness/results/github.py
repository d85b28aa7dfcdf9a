"""What GitHub Actions shows of results: the summary of a step, and annotations in the code.

Source: GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge import counts
from harness.results.changes import in_words, shown
from harness.results.conformance import Conformance, Result
from harness.results.kernel_labels import function

ROWS = 100  # of the table: a summary may have 1 MiB
MOST = 10  # annotations of each level that GitHub shows for a step
# What needs a reader, the most urgent first, with the level of its annotation.
LEVELS: Mapping[str, str] = {
    counts.CONTRADICTS: "error",
    counts.CRASHED: "error",
    counts.REPORTED: "error",
    "conforms against expectation": "error",
    counts.OWN_BOUND: "error",
    counts.EXCEEDS: "error",
    counts.NOT_JUDGED: "error",
    counts.INCONCLUSIVE: "warning",
}


class SourceLine(NamedTuple):
    """Where a scenario stands: its file, relative to the repository, and its line from 1."""

    file: str
    line: int


def summary(found: Conformance) -> Iterator[str]:
    """Yield the lines of a Markdown summary: counts by kernel, then what needs a reader."""
    yield "## Bonding: verdicts"
    yield ""
    if short := found.short():
        yield f"**The run {short}.**"
        yield ""
    words = [
        word for word in counts.WORDS if any(result.verdict == word for result in found.results)
    ]
    yield _row(["kernel", *words])
    yield _row(["---", *("---:" for _ in words)])
    count = Counter((result.kernel, result.verdict) for result in found.results)
    for label in found.labels():
        name = found.title(label) if found.kernels.get(label) else f"{label} (did not boot)"
        yield _row([_text(name), *(str(count[label, word]) for word in words)])
    wanted = urgent(found)
    if wanted:
        yield from _table(wanted, found)


def urgent(found: Conformance) -> list[Result]:
    """Return the results that need a reader, the most urgent verdict first."""
    return [result for word in LEVELS for result in found.results if result.verdict == word]


def _table(wanted: Sequence[Result], found: Conformance) -> Iterator[str]:
    yield ""
    yield _row(["verdict", "scenario", "kernel", "figure", "why", "claim"])
    yield _row(["---"] * 6)
    for one in wanted[:ROWS]:
        claims = [f"{name}: {found.claims.get(name, {}).get('text', '')}" for name in one.claims]
        yield _row(
            [
                one.verdict,
                _text(one.scenario),
                _text(one.kernel),
                _text(", ".join(_held(one))),
                _text(one.reason),
                _text("; ".join(claims)),
            ]
        )
    if len(wanted) > ROWS:
        yield ""
        yield f"... and {len(wanted) - ROWS} more in conformance.json"


def _held(one: Result) -> Iterator[str]:
    """Yield the figures that were held against a bound."""
    for name, figure in one.figures.items():
        bounds = [f"{bound['op']} {in_words(bound['ms'])}" for bound in figure.get("bounds", ())]
        if bounds:
            yield f"{name} {shown(figure)} ({' and '.join(bounds)})"


def commands(found: Conformance, lines: Mapping[str, SourceLine]) -> Iterator[str]:
    """Yield workflow commands, at most as many of each level as GitHub shows.

    `lines` has the place of each scenario function, by its id without parameters.
    """
    left = dict.fromkeys(LEVELS.values(), MOST)
    for one in urgent(found):
        level = LEVELS[one.verdict]
        if left[level]:
            left[level] -= 1
            yield _annotation(one, level, lines.get(function(one.scenario)))


def _annotation(one: Result, level: str, line: SourceLine | None) -> str:
    name = one.scenario.partition("::")[2]
    where = {"file": line.file, "line": str(line.line)} if line else {}
    given = {**where, "title": f"{one.verdict} on {one.kernel}: {name}"}
    properties = ",".join(f"{key}={_property(value)}" for key, value in given.items())
    again = f"\nreproduce: {one.reproduce}" if one.reproduce else ""
    return f"::{level} {properties}::{_data(f'{one.reason or one.verdict}{again}')}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(value: str) -> str:
    """Return a text that Markdown and HTML show as it is, in one line of a table."""
    plain = " ".join(value.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+!|~@" else letter for letter in plain)
