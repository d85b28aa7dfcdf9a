"""The place of a time of the recording in a panel of the picture, and the numbers below it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from harness.picture.folding import Piece
from harness.picture.svg import width
from harness.units import MS

BREAK = 26.0  # px between two pieces: the fold and its length
TICK = 70.0  # px between two numbers at least
T = TypeVar("T")
LONG = 20_000 * MS  # a recording beyond that is counted in seconds


class Segment(NamedTuple):
    """A piece of time and where it begins (px)."""

    piece: Piece
    x: float


class PanelAxis(NamedTuple):
    """A panel: its pieces of time from left to right on one scale; `zero` is the fault (ns)."""

    zero: int
    segments: Sequence[Segment]
    scale: float  # px per ns
    seconds: bool
    after: int | None = None  # when the next panel begins (ns), None after the last one

    @property
    def left(self) -> float:
        """Where the panel begins (px)."""
        return self.segments[0].x

    @property
    def right(self) -> float:
        """Where the last piece ends (px)."""
        piece, x = self.segments[-1]
        return x + piece.ns * self.scale

    def at(self, when: int) -> float | None:
        """Return the place of a time (px), None where it is folded or in another panel."""
        for piece, x in self.segments:
            if piece.begin <= when <= piece.stop:
                return x + (when - piece.begin) * self.scale
        return None

    def shown(self, items: Sequence[T], when: Callable[[T], int]) -> Iterator[tuple[float, T]]:
        """Yield the items that are shown, in order of time, with their places (px)."""
        for piece, x in self.segments:
            first = bisect_left(items, piece.begin, key=when)
            for item in items[first : bisect_right(items, piece.stop, key=when)]:
                yield x + (when(item) - piece.begin) * self.scale, item

    def spans(self, begin: int, stop: int) -> Iterator[tuple[float, float]]:
        """Yield begin and end (px) of each part of a time that is shown, divided at folds."""
        for piece, x in self.segments:
            first, last = max(begin, piece.begin), min(stop, piece.stop)
            if first < last or (first == last and begin == stop):
                yield (
                    x + (first - piece.begin) * self.scale,
                    x + (last - piece.begin) * self.scale,
                )

    def folds(self) -> Iterator[tuple[Piece, float]]:
        """Yield each time that is folded after a piece, and the middle of its break (px)."""
        nexts = [piece.begin for piece, _ in self.segments[1:]]
        nexts += [] if self.after is None else [self.after]
        for (piece, x), begin in zip(self.segments, nexts, strict=False):
            if begin > piece.stop:
                yield Piece(piece.stop, begin), x + piece.ns * self.scale + BREAK / 2

    def step(self) -> int:
        """Return the round distance (ns) between two numbers."""
        return round_step(TICK / self.scale)

    def numbers(self) -> Iterator[tuple[float, str]]:
        """Yield place (px) and text of each number of the axis, without overlap."""
        step, occupied = self.step(), float("-inf")
        for piece, x in self.segments:
            own = step
            while own > 1 and not _multiples(piece, self.zero, own):
                own = round_step(own / 10)
            for when in _multiples(piece, self.zero, own):
                place = x + (when - piece.begin) * self.scale
                text = self.number(when, own)
                half = width(text) / 2
                if place - half > occupied:
                    occupied = place + half + 6
                    yield place, text

    def number(self, when: int, step: int) -> str:
        """Return a time since the fault as a number of as many decimals as the step needs."""
        unit = 1000 * MS if self.seconds else MS
        decimals = next((n for n in range(10) if step * 10**n % unit == 0), 9)
        return f"{(when - self.zero) / unit:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def laid_out(
    panels: Sequence[Sequence[Piece]], zero: int, left: float, room: float, *, seconds: bool
) -> list[PanelAxis]:
    """Return the axis of each panel, all on one scale: the widest fills the room (px)."""
    scale = min(
        (room - BREAK * len(panel)) / max(1, sum(piece.ns for piece in panel)) for panel in panels
    )
    found = []
    for n, panel in enumerate(panels):
        segments, x = [], left
        for piece in panel:
            segments.append(Segment(piece, x))
            x += piece.ns * scale + BREAK
        after = panels[n + 1][0].begin if n + 1 < len(panels) else None
        found.append(PanelAxis(zero, segments, scale, seconds, after))
    return found


def round_step(least: float) -> int:
    """Return the next 1, 2, 5 or 10 times a power of ten, at least 1."""
    power: int = 10 ** max(0, len(str(int(least))) - 1)
    return next(power * n for n in (1, 2, 5, 10) if power * n >= least)


def _multiples(piece: Piece, zero: int, step: int) -> range:
    first = zero - (zero - piece.begin) // step * step
    return range(first, piece.stop + 1, step)
