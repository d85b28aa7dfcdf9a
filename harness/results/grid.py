"""The table of scenarios and kernels, as text and JSON: verdict, worst figure, differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.judge import counts
from harness.results import changes, conformance
from harness.results.conformance import Conformance, Result
from harness.results.kernel_labels import function

NAME = "matrix.json"
DIFFERS = "*"
NARROWEST = 20  # letters of a scenario's name
NOT_RUN = "not run"
GLYPHS = {
    NOT_RUN: "-",
    "not testable here": "o",
    counts.NOT_PROMISED: ".",
    "conforms": "+",
    "contradicts as known": "k",
    "not judged": "!",
    counts.EXCEEDS: "l",
    counts.OWN_BOUND: "b",
    counts.INCONCLUSIVE: "?",
    "conforms against expectation": "^",
    "contradicts": "x",
}
LEGEND = {
    NOT_RUN: "not run",
    "not testable here": "this lab cannot show it there",
    counts.NOT_PROMISED: "not promised by that kernel",
}


def glyph(verdict: str) -> str:
    """Return the letter of a verdict; # for reports in the kernel log."""
    return GLYPHS.get(verdict, "#")


@dataclass(frozen=True, slots=True)
class GridCell:
    """All parameters of a scenario on one kernel: worst verdict, worst figure (ms, or None).

    `count` is the number of results; `differs` marks a difference from the kernel before.
    """

    verdict: str
    worst_ms: float | None = None
    never: bool = False
    count: int = 0
    differs: bool = False

    def text(self) -> str:
        """Return the cell as short text."""
        figure = "never" if self.never else ""
        if self.worst_ms is not None:
            figure = f"{self.worst_ms:.0f}"
        mark = DIFFERS if self.differs else ""
        return f"{glyph(self.verdict)} {figure}{mark}".rstrip()


@dataclass(frozen=True, slots=True)
class GridRow:
    """One scenario function: its file, its name, the figure shown, one cell for each kernel."""

    file: str
    name: str
    figure: str
    cells: tuple[GridCell, ...]


def rows(found: Conformance) -> list[GridRow]:
    """Return a row for each scenario function, in order; kernels that did not boot have none."""
    kernels = found.labels()
    results = {label: found.of(label) if found.kernels[label] else {} for label in kernels}
    scenarios: dict[str, list[str]] = {}
    for result in found.results:
        ids = scenarios.setdefault(function(result.scenario), [])
        if result.scenario not in ids:
            ids.append(result.scenario)
    return [
        _row(name, ids, [results[label] for label in kernels]) for name, ids in scenarios.items()
    ]


def _row(name: str, ids: Sequence[str], kernels: Sequence[Mapping[str, Result]]) -> GridRow:
    file, _, rest = name.partition("::")
    everything = [of[one] for of in kernels for one in ids if one in of]
    figure = _figure(everything)
    cells = []
    before: Mapping[str, Result] | None = None
    for of in kernels:
        own = {one: of[one] for one in ids if one in of}
        cells.append(_cell(own, figure, before))
        before = own
    return GridRow(file, rest or name, figure, tuple(cells))


def _figure(results: Iterable[Result]) -> str:
    """Return the figure shown for a scenario: the one most often compared with a bound."""
    held = Counter(
        name
        for result in results
        for name, figure in result.figures.items()
        if figure.get("bounds") and result.verdict != counts.INCONCLUSIVE
    )
    return max(held, key=lambda name: held[name]) if held else ""


def _cell(own: Mapping[str, Result], figure: str, before: Mapping[str, Result] | None) -> GridCell:
    if not own:
        return GridCell(NOT_RUN)
    order = list(counts.WORDS)
    verdict = max((one.verdict for one in own.values()), key=order.index)
    seen = [one.figures[figure] for one in own.values() if figure in one.figures]
    times = [float(one["ms"]) for one in seen if one["ms"] is not None]
    differs = before is not None and any(
        True for name in own if name in before for _ in changes.between(before[name], own[name])
    )
    return GridCell(
        verdict,
        worst_ms=max(times, default=None),
        never=bool(seen) and not times,
        count=len(own),
        differs=differs,
    )


def text(found: Conformance, width: int = 100) -> Iterator[str]:
    """Yield the table's lines, grouped by file, then its legend."""
    table = rows(found)
    heads = [
        found.title(label) if found.kernels[label] else f"{label} (did not boot)"
        for label in found.labels()
    ]
    bodies = [[cell.text() for cell in row.cells] for row in table]
    widths = [
        max(len(head), *(len(body[column]) for body in bodies)) if bodies else len(head)
        for column, head in enumerate(heads)
    ]
    figures = max((len(row.figure) + 2 for row in table if row.figure), default=0)
    wanted = max((len(_short(row)) for row in table), default=0) + figures
    room = max(NARROWEST + figures, min(wanted, width - sum(width + 2 for width in widths) - 1))
    yield " " * room + "".join(f"  {h:<{w}}" for h, w in zip(heads, widths, strict=True)).rstrip()
    file = ""
    for row, body in zip(table, bodies, strict=True):
        if row.file != file:
            file = row.file
            yield file
        cells = "".join(f"  {b:<{w}}" for b, w in zip(body, widths, strict=True))
        yield f"{_name(row, room)}{cells}".rstrip()
    yield from _wrapped(_legend(table), width)


def _short(row: GridRow) -> str:
    return f"  {row.name.rpartition('::')[2].removeprefix('test_').replace('_', '-')}"


def _name(row: GridRow, room: int) -> str:
    """Return a row's name, truncated if necessary, with the figure's name at the right."""
    name = _short(row)
    left = room - len(row.figure) - 2 if row.figure else room
    if len(name) > left:
        name = f"{name[: left - 2]}.."
    return f"{name:<{left}}  {row.figure}" if row.figure else name.ljust(room)


def _wrapped(parts: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines, broken between parts."""
    line = ""
    for part in parts:
        if line and len(line) + 3 + len(part) > width:
            yield line
            line = ""
        line += f"   {part}" if line else part
    yield line


def _legend(table: Sequence[GridRow]) -> Iterator[str]:
    used = {cell.verdict for row in table for cell in row.cells}
    words = [word for word in (*GLYPHS, *counts.WORDS) if word in used]
    for word in dict.fromkeys(words):
        yield f"{glyph(word)} {LEGEND.get(word, word)}"
    if any(cell.differs for row in table for cell in row.cells):
        yield f"{DIFFERS} differs from the kernel to its left"
    if any(row.figure for row in table):
        yield "figures: the worst of all parameters, in ms"


def save(found: Conformance, directory: Path) -> None:
    """Write the table as JSON into a directory of results; raises LabError."""
    conformance.write(directory / NAME, as_json(found))


def as_json(found: Conformance) -> dict[str, Any]:
    """Return the table as plain JSON values."""
    kernels = found.labels()
    return {
        "kernels": [
            {"name": kernel, "kernel": found.release(kernel) or None} for kernel in kernels
        ],
        "rows": [
            {
                "scenario": f"{row.file}::{row.name}",
                "figure": row.figure or None,
                "cells": dict(zip(kernels, map(asdict, row.cells), strict=True)),
            }
            for row in rows(found)
        ],
    }
