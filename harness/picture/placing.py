"""The places of labels: without overlap, and inside the picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.picture.svg import shorten, width

GAP = 8.0  # px between a mark and its label, and between labels


class Placed(NamedTuple):
    """Marks of one key and label that share it: their places (px), the row, and the text there."""

    xs: tuple[float, ...]
    row: int
    x: float
    text: str
    key: str
    label: str


def rows(marks: Iterable[tuple[float, str, str]], left: float, right: float) -> list[Placed]:
    """Return marks (place, key, label) on as many rows as keep each label legible.

    Marks of one key and label that are closer together than the label is wide share it.
    """
    open_: dict[tuple[str, str], list[float]] = {}
    groups: list[tuple[tuple[str, str], list[float]]] = []
    for x, key, text in sorted(marks):
        near = open_.get((key, text))
        if near is None or x > near[-1] + width(text) + 2 * GAP:
            near = open_[key, text] = []
            groups.append(((key, text), near))
        near.append(x)
    ends: list[float] = []  # of the last label of each row
    found = []
    for (key, text), xs in sorted(groups, key=lambda group: group[1][0]):
        shown = text if len(xs) == 1 else f"{text} ({len(xs)} times)"
        shown = shorten(shown, right - left)
        start, x, end = _sides(xs, width(shown), left, right)
        row = next((n for n, end in enumerate(ends) if end <= start), len(ends))
        ends += [left - GAP] * (row == len(ends))
        ends[row] = end + GAP
        found.append(Placed(tuple(xs), row, x, shown, key, text))
    return found


def _sides(xs: list[float], room: float, left: float, right: float) -> tuple[float, ...]:
    """Return begin of marks and label, begin of the label, and end of both (px)."""
    if xs[-1] + GAP + room <= right:
        return xs[0] - GAP, xs[-1] + GAP, xs[-1] + GAP + room
    x = max(left, xs[0] - GAP - room)
    return min(x, xs[0] - GAP), x, max(xs[-1] + GAP, x + room)


def without_overlap(labels: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return labels by their middle (px), without those that would overlap an earlier one."""
    occupied, found = float("-inf"), []
    for middle, text in sorted(labels):
        half = width(text) / 2
        if middle - half >= occupied:
            found.append((middle, text))
            occupied = middle + half + GAP / 2
    return found
