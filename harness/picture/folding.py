"""Which times a picture shows: long times without a change are folded.

Times are in ns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from harness.units import MS

QUIET = 4  # units: a time without a change is folded if it is longer
MARGIN = 2  # a part of 1/2 unit is shown on each side of a fold
LEAST = 10 * MS
PROBES = 5  # a unit is at least so many probe intervals
PANEL = 12  # units that one panel shows
PANELS = 6  # panels at most: then each shows more units
PIECES = 12  # pieces of a panel at most: each needs room for its fold
FOLD = 4  # a fold takes the room of 1/4 unit


class Piece(NamedTuple):
    """A time that is shown without a break."""

    begin: int
    stop: int

    @property
    def ns(self) -> int:
        """Its length."""
        return self.stop - self.begin


def unit(lengths: Iterable[int], whole: int, interval: int) -> int:
    """Return the length that must be legible: of the first figure, else 1/8 of the whole."""
    first = next((length for length in lengths if length > 0), whole // 8)
    return max(first, PROBES * interval, LEAST)


def pieces(points: Iterable[int], start: int, stop: int, unit_length: int) -> list[Piece]:
    """Return what is shown from `start` to `stop`: all but long times between two points.

    Where that would be too many pieces for the panels, only longer times are folded.
    """
    times = sorted({start, stop, *(at for at in points if start <= at <= stop)})
    while len(found := _pieces(times, unit_length)) > PANELS * PIECES:
        unit_length *= 2
    return found


def _pieces(times: Sequence[int], unit_length: int) -> list[Piece]:
    start, stop = times[0], times[-1]
    found, begin = [], start
    for before, after in pairwise(times):
        if after - before > QUIET * unit_length:
            found.append(Piece(begin, before + unit_length // MARGIN))
            begin = after - unit_length // MARGIN
    return [*found, Piece(begin, max(stop, begin + 1))]


def panels(shown: Sequence[Piece], unit_length: int) -> list[list[Piece]]:
    """Return the pieces of each panel in order; a piece may continue in the next panel."""
    total = sum(_room(piece, unit_length) for piece in shown)
    number = min(PANELS, -(-total // (PANEL * unit_length)))
    room = -(-total // max(1, number))
    found: list[list[Piece]] = [[]]
    left = room
    for piece in shown:
        for part in _cut(piece, room):
            full = _room(part, unit_length) > left + unit_length or len(found[-1]) == PIECES
            if found[-1] and full:
                found.append([])
                left = room
            found[-1].append(part)
            left -= _room(part, unit_length)
    return found


def _room(piece: Piece, unit_length: int) -> int:
    return piece.ns + unit_length // FOLD


def _cut(piece: Piece, room: int) -> Iterator[Piece]:
    begin = piece.begin
    while piece.stop - begin > room * 3 // 2:
        yield Piece(begin, begin + room)
        begin += room
    yield Piece(begin, piece.stop)
