"""What the benchmark found, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from harness.units import MS

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """One figure: rows of cells by column, and what one has to know to read them."""

    name: str
    title: str
    rows: tuple[Mapping[str, Cell], ...] = ()
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the figure as plain JSON values."""
        return {"title": self.title, "rows": [dict(row) for row in self.rows], "notes": self.notes}

    def show(self, console: Console) -> None:
        """Print the figure."""
        console.print(self.title, style="bold", highlight=False, markup=False)
        shown = RichTable(box=None, pad_edge=False)
        columns = list(self.rows[0]) if self.rows else []
        for name in columns:
            shown.add_column(name, justify="left" if name == columns[0] else "right")
        for row in self.rows:
            shown.add_row(*(_text(row.get(name, "")) for name in columns))
        if self.rows:
            console.print(shown)
        for note in self.notes:
            console.print(note, style="dim", highlight=False, markup=False)
        console.print()


def _text(cell: Cell) -> str:
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def spread(what: str, nanoseconds: Iterable[int]) -> dict[str, Cell]:
    """Return the cells for the median, the smallest and the largest of some times, in ms."""
    known = [one / MS for one in nanoseconds]
    return {f"{what} ms": median(known), "min": min(known), "max": max(known)}


def left_out(said: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the notes on the rounds that a guest reported as unfit to judge."""
    return tuple(f"left out: {line['unfit']}" for line in said if "unfit" in line)
