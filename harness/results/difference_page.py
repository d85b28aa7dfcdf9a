"""A known difference as a page in Markdown: its claims, scenario, verdicts and a recording."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.claims import Difference, find
from harness.errors import UsageError
from harness.history import load
from harness.judge import report
from harness.results.conformance import Conformance, Result

WIDTH = 100  # columns of a timeline


def page(one: Difference, folder: Path, results: Mapping[Path, Conformance]) -> str:
    """Return the page of a difference.

    `folder` has the directory `scenarios`; `results` are those of its scenario, by directory.
    Raises UsageError where the scenario is not there or no result is.
    """
    own = [
        (place, result)
        for place, found in results.items()
        for result in found.results
        if _function(result.scenario) == one.scenario
    ]
    if not own:
        raise UsageError(
            f"there is no result of {one.scenario or f'difference {one.number}'}",
            hint=f"run it first: pytest {one.scenario or 'scenarios/'} --kernel virtual@7.2",
        )
    verdicts = ((results[at].title(row.kernel), row.verdict) for at, row in own)
    return "\n".join(
        [
            f"# Difference {one.number}",
            "",
            f"The documentation: {one.documentation}.",
            "",
            f"The kernel: {one.kernel}.",
            "",
            *_claims(one),
            *_kernels(verdicts),
            *_scenario(one, folder),
            *_timeline(own),
            *(["## Cause", "", one.cause.strip(), ""] if one.cause else []),
            *(["## Report", "", *_block(one.report.strip()), ""] if one.report else []),
        ]
    ).rstrip()


def source(scenario: str, folder: Path) -> str:
    """Return the text of a scenario, decorators included; raises UsageError."""
    file, _, name = scenario.partition("::")
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{folder / file} cannot be read: {error.strerror}",
            hint="run it in a checkout of the harness",
        ) from error
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise UsageError(f"{file} has no {name}", hint="correct `scenario` in differences.toml")


def _function(scenario: str) -> str:
    return scenario.partition("[")[0]


def _claims(one: Difference) -> Iterator[str]:
    for name in one.ids:
        claim = find(name)
        yield f"* {name}: {claim.text}"
        if claim.quote:
            yield f'  bonding.rst, {claim.section}: "{claim.quote}"'
    yield ""


def _kernels(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the table of kernels; equal verdicts of one scenario with several parameters once."""
    table = sorted(set(rows), key=lambda row: (_version(row[0]), row[1]))
    yield from ("## Kernels", "", "| kernel | verdict |", "| --- | --- |")
    yield from (f"| {kernel} | {verdict} |" for kernel, verdict in table)
    if not any(verdict.startswith("contradicts") for _, verdict in table):
        yield from ("", "The scenario asserts what the kernel does, not what is documented.")
    yield ""


def _version(kernel: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", kernel)]


def _scenario(one: Difference, folder: Path) -> list[str]:
    head = ["## Scenario", "", f"    pytest {one.scenario} --kernel virtual@7.2", ""]
    return [*head, "```python", source(one.scenario, folder), "```", ""]


def _timeline(own: Sequence[tuple[Path, Result]]) -> list[str]:
    """Return the recording of the newest kernel that contradicts, [] where none was recorded."""
    recorded = [
        (place, result)
        for place, result in own
        if result.history and result.verdict.startswith("contradicts")
    ]
    if not recorded:
        return []
    place, result = max(recorded, key=lambda one: _version(one[1].kernel))
    history = load(place / str(result.history))
    if history.mark("disturb") is None:
        return []
    drawn = report.drawn(history, [], WIDTH)
    return ["## Timeline", "", f"Recorded on {result.kernel}.", "", *_block(drawn), ""]


def _block(text: str) -> list[str]:
    return ["```text", *(line.rstrip() for line in text.splitlines()), "```"]
