"""Where labels stand: none over another, and none outside of the picture."""

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
        told = text if len(xs) == 1 else f"{text} ({len(xs)} times)"
        told = shorten(told, right - left)
        start, x, end = _sides(xs, width(told), left, right)
        row = next((n for n, taken in enumerate(ends) if taken <= start), len(ends))
        ends += [left - GAP] * (row == len(ends))
        ends[row] = end + GAP
        found.append(Placed(tuple(xs), row, x, told, key, text))
    return found


def _sides(xs: list[float], room: float, left: float, right: float) -> tuple[float, ...]:
    """Return where marks and label begin, where the label alone does, and where both end."""
    if xs[-1] + GAP + room <= right:
        return xs[0] - GAP, xs[-1] + GAP, xs[-1] + GAP + room
    x = max(left, xs[0] - GAP - room)
    return min(x, xs[0] - GAP), x, max(xs[-1] + GAP, x + room)


def without_overlap(labels: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return labels by their middle (px), without those that would stand over one before."""
    taken, found = float("-inf"), []
    for middle, text in sorted(labels):
        half = width(text) / 2
        if middle - half >= taken:
            found.append((middle, text))
            taken = middle + half + GAP / 2
    return found
