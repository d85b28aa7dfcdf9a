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
class Held:
    """A figure against a bound, in ms: `ms` is None where the event was never seen."""

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
    """What all scenarios of a claim gave on one kernel and lab: the verdict that says most."""

    verdict: str
    glyph: str
    held: Held | None
    scenarios: int


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim with its sentence, and a cell for each column."""

    claim: str
    text: str
    section: str
    cells: tuple[ClaimCell | None, ...]


def held(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[Held]:
    """Yield each figure that a scenario compared with a bound."""
    for name, one in figures.items():
        for bound in one.get("bounds", ()):
            yield Held(name, one["ms"], bound["op"], bound["ms"], bound["slack_ms"])


def nearest(figures: Mapping[str, Mapping[str, Any]]) -> Held | None:
    """Return the figure nearest to its bound, or farthest beyond it."""
    return max(held(figures), key=lambda one: one.excess, default=None)


def columns(found: Conformance) -> list[Column]:
    """Return the kernels and labs that have results, in order."""
    order = found.labels()
    pairs = dict.fromkeys((one.kernel, one.lab) for one in found.results)
    return sorted(pairs, key=lambda pair: order.index(pair[0]))


def rows(found: Conformance) -> list[ClaimRow]:
    """Return a row for each claim that was tried: in the documentation's order, then others."""
    heads = columns(found)
    tried: dict[str, dict[Column, list[Result]]] = {}
    for one in found.results:
        for claim in one.claims:
            tried.setdefault(claim, {}).setdefault((one.kernel, one.lab), []).append(one)
    known = catalogue().claims
    order = sorted((name for name in known if name in tried), key=lambda name: _place(known[name]))
    order += sorted(set(tried) - set(known))
    return [
        ClaimRow(
            name,
            known[name].text if name in known else "not in this version's catalogue",
            known[name].section if name in known else "",
            tuple(_cell(tried[name].get(head, ())) for head in heads),
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
    worst = max((one.verdict for one in own), key=list(counts.WORDS).index)
    figures = [found for one in own if one.verdict == worst and (found := nearest(one.figures))]
    most = max(figures, key=lambda one: one.excess, default=None)
    return ClaimCell(worst, grid.glyph(worst), most, len(own))


def legend(table: Iterable[ClaimRow]) -> list[tuple[str, str]]:
    """Return the letters that a table uses, and what they mean."""
    used = {cell.verdict for row in table for cell in row.cells if cell}
    return [
        (grid.glyph(word), grid.LEGEND.get(word, word)) for word in counts.WORDS if word in used
    ]
