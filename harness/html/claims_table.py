"""The page's table of claims: one row a claim, one column for each kernel and lab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.claims import Claim, catalogue
from harness.judge import counts
from harness.results import grid
from harness.results.conformance import Conformance, Result

Column = tuple[str, str]  # the kernel's label, the lab


@dataclass(frozen=True, slots=True)
class BoundedFigure:
    """A figure and a bound, in ms: `ms` is None if the event never happened."""

    name: str
    ms: float | None
    op: str
    bound: float
    slack: float

    @property
    def excess(self) -> float:
        """Return how far the figure is beyond its bound (ms); negative within it."""
        if self.ms is None:
            return float("inf")
        over = self.ms - self.bound if self.op in ("<", "<=") else self.bound - self.ms
        return over - self.slack

    def __str__(self) -> str:
        """Return the figure as text, as in `outage 60.0 <= 100.0 ms (+10.0)`."""
        seen = "never" if self.ms is None else f"{self.ms:.1f}"
        slack = f" (+{self.slack:.1f})" if self.slack and self.op in ("<", "<=") else ""
        sign = {"<=": "\N{LESS-THAN OR EQUAL TO}", ">=": "\N{GREATER-THAN OR EQUAL TO}"}
        return f"{self.name} {seen}; bound {sign.get(self.op, self.op)} {self.bound:.1f} ms{slack}"


@dataclass(frozen=True, slots=True)
class ClaimCell:
    """The result of a claim's scenarios on one kernel and lab: the weightiest verdict."""

    verdict: str
    glyph: str
    compared: BoundedFigure | None
    scenarios: int


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim with its sentence, and a cell for each column."""

    claim: str
    text: str
    section: str
    cells: tuple[ClaimCell | None, ...]


def comparisons(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[BoundedFigure]:
    """Yield each figure that a scenario compared with a bound."""
    for name, figure in figures.items():
        for bound in figure.get("bounds", ()):
            yield BoundedFigure(name, figure["ms"], bound["op"], bound["ms"], bound["slack_ms"])


def nearest(figures: Mapping[str, Mapping[str, Any]]) -> BoundedFigure | None:
    """Return the figure nearest to its bound, or farthest beyond it."""
    return max(comparisons(figures), key=lambda compared: compared.excess, default=None)


def columns(found: Conformance) -> list[Column]:
    """Return the kernels and labs that have results, in order."""
    order = found.labels()
    pairs = dict.fromkeys((result.kernel, result.lab) for result in found.results)
    return sorted(pairs, key=lambda pair: order.index(pair[0]))


def rows(found: Conformance) -> list[ClaimRow]:
    """Return a row for each claim that was tested: in the documentation's order, then others."""
    heads = columns(found)
    tested: dict[str, dict[Column, list[Result]]] = {}
    for result in found.results:
        column = result.kernel, result.lab
        for claim in result.claims:
            tested.setdefault(claim, {}).setdefault(column, []).append(result)
    known = catalogue().claims
    order = sorted(
        (name for name in known if name in tested), key=lambda name: _place(known[name])
    )
    order += sorted(set(tested) - set(known))
    return [
        ClaimRow(
            name,
            known[name].text if name in known else "not in this version's catalogue",
            known[name].section if name in known else "",
            tuple(_cell(tested[name].get(head, ())) for head in heads),
        )
        for name in order
    ]


def _place(claim: Claim) -> tuple[int, ...]:
    """Return the number of a claim's section, such as (2, 21): the order in bonding.rst."""
    number = claim.section.partition(" ")[0]
    parts = number.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else (1000,)


def _cell(results: Iterable[Result]) -> ClaimCell | None:
    own = list(results)
    if not own:
        return None
    worst = max((result.verdict for result in own), key=list(counts.WORDS).index)
    figures = [
        found for result in own if result.verdict == worst and (found := nearest(result.figures))
    ]
    most = max(figures, key=lambda compared: compared.excess, default=None)
    return ClaimCell(worst, grid.glyph(worst), most, len(own))


def legend(table: Iterable[ClaimRow]) -> list[tuple[str, str]]:
    """Return the letters that a table uses, and what they mean."""
    used = {cell.verdict for row in table for cell in row.cells if cell}
    return [
        (grid.glyph(word), grid.LEGEND.get(word, word)) for word in counts.WORDS if word in used
    ]
