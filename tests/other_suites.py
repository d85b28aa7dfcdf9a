"""The page on other suites: which scenarios check what they check.

`python -m tests.other_suites` writes docs/pages/other-suites.md from other_suites.toml. A row
names claims, so that the page follows the scenarios.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.claim_index import scenarios_by_claim
from harness.plural import counted

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "pages" / "other-suites.md"
HEAD = """\
# Other suites

What other suites check of bonding, and the scenarios here that check the same or more;
`harness claims show ID` names each scenario of a claim. *More here*: what they do not see. *Not
here*: what no scenario here sees, and why. *Void*: why their check cannot fail. A claim that is
*open* has no scenario yet.

`python -m tests.other_suites` writes this page from `tests/other_suites.toml`.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One check of another suite, or `checks` of one script that differ in a value only."""

    place: str
    what: str
    checks: int = 0
    claims: tuple[str, ...] = ()
    beyond: str = ""
    lacks: str = ""
    void: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite, where it was read, and its checks."""

    name: str
    source: str
    rows: tuple[Row, ...]


def suites() -> tuple[Suite, ...]:
    """Return the suites of other_suites.toml."""
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        Suite(
            one["name"],
            one["source"],
            tuple(Row(**{**row, "claims": tuple(row.get("claims", ()))}) for row in one["row"]),
        )
        for one in read["suite"]
    )


def files_by_claim() -> dict[str, list[str]]:
    """Return for each claim the files of its scenarios, below scenarios/."""
    index = scenarios_by_claim([ROOT / "scenarios"])
    return {
        claim: list(dict.fromkeys(_file(test) for test in tests)) for claim, tests in index.items()
    }


def _file(test: str) -> str:
    return test.partition("::")[0].rpartition("scenarios/")[2]


def page() -> Iterator[str]:
    """Yield the parts of the page."""
    files = files_by_claim()
    yield HEAD
    for suite in suites():
        checks = sum(row.checks for row in suite.rows)
        said = f", {counted(checks, 'check')}" if checks else ""
        yield f"## {suite.name}\n\n{suite.source}{said}.\n"
        yield "| where | what they check | claims | scenarios here | |\n|---|---|---|---|---|"
        yield from (_cells(row, files) for row in suite.rows)
        yield ""


def _cells(row: Row, files: Mapping[str, list[str]]) -> str:
    place = f"{row.place} ({row.checks})" if row.checks > 1 else row.place
    found = dict.fromkeys(file for claim in row.claims for file in files.get(claim, ()))
    here = ", ".join(f"`{file}`" for file in found)
    cells = [place, row.what, ", ".join(row.claims), here, " ".join(_notes(row, files))]
    return "| " + " | ".join(cells) + " |"


def _notes(row: Row, files: Mapping[str, list[str]]) -> Iterator[str]:
    waiting = [claim for claim in row.claims if claim not in files]
    if row.beyond and not waiting:
        yield f"*More here*: {row.beyond}."
    if row.void:
        yield f"*Void*: {row.void}."
    if row.lacks:
        yield f"*Not here*: {row.lacks}."
    if waiting:
        yield f"*Open*: {', '.join(waiting)}."


def text() -> str:
    """Return the page."""
    return "\n".join(page()).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
