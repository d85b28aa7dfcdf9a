"""Marks on an axis with labels beside them, on as many rows as keep each label legible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

CUT = "..."


class Mark(NamedTuple):
    """A sign at a column, and its meaning."""

    column: int
    sign: str
    label: str


class _Cluster(NamedTuple):
    """Marks of one label that lie so close together that they share it: text from a column on."""

    start: int
    text: str
    sign: str
    label: str


def rows(marks: Iterable[Mark], columns: int) -> list[str]:
    """Return the marks on rows of at most `columns`; no mark and no label hides another label.

    Marks of one label that are closer together than the label is long share it, after the last of
    them. Each cluster takes a row with enough space, that of the label's last cluster if possible.
    """
    grouped: dict[tuple[str, str], list[int]] = {}
    for mark in sorted(marks, key=_column):
        grouped.setdefault((mark.sign, shorten(mark.label, columns - 2)), []).append(mark.column)
    found = [
        cluster
        for (sign, label), places in grouped.items()
        for cluster in _clusters(sign, label, places, columns)
    ]
    lines: list[str] = []
    last_row: dict[tuple[str, str], int] = {}  # of each label, preferred for its next cluster
    for start, text, sign, label in sorted(found):
        preferred = last_row.get((sign, label), 0)
        free = [row for row, line in enumerate(lines) if len(line) < start]
        row = preferred if preferred in free else next(iter(free), len(lines))
        lines += [""] * (row == len(lines))
        lines[row] = f"{lines[row]:<{start}}{text}"
        last_row[sign, label] = row
    return lines


def _column(mark: Mark) -> int:
    return mark.column


def shorten(text: str, room: int) -> str:
    """Return a text cut to at most `room` characters."""
    if len(text) <= room:
        return text
    return text[: room - len(CUT)] + CUT if room > len(CUT) else text[: max(room, 0)]


def _clusters(sign: str, label: str, places: Sequence[int], columns: int) -> Iterator[_Cluster]:
    """Yield the marks of one label, put together where they are too close for a label each."""
    near: list[int] = []
    for place in places:
        if near and place > near[-1] + len(label) + 2:
            yield from _cluster(sign, label, near, columns)
            near = []
        near.append(place)
    if near:
        yield from _cluster(sign, label, near, columns)


def _cluster(sign: str, label: str, places: Sequence[int], columns: int) -> Iterator[_Cluster]:
    """Yield marks with their label after or before them, or apart if neither fits."""
    first, last = places[0], places[-1]
    signs = "".join(sign if n in places else " " for n in range(first, last + 1))
    if len(places) > len(set(places)):  # some marks hide others
        label = f"{label} ({len(places)} times)"
    if last + 2 + len(label) <= columns:
        yield _Cluster(first, f"{signs} {label}", sign, label)
    elif first >= len(label) + 1:
        yield _Cluster(first - len(label) - 1, f"{label} {signs}", sign, label)
    else:
        alone = shorten(f"({sign} {label})", columns)
        yield _Cluster(first, signs, sign, "")
        yield _Cluster(min(first, columns - len(alone)), alone, sign, label)
