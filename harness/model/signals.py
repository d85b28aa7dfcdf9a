"""A value that changes at known times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Stay(NamedTuple, Generic[U]):
    """A value, and the begin and end (ns) of the time that it held."""

    start: int
    stop: int
    value: U

    @property
    def length(self) -> int:
        """How long it held, in ns."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Signal(Generic[T]):
    """The values of one thing: `steps` has the time of each change (ns) and the value from then.

    Before the first step the value is that of the first step.
    """

    steps: tuple[tuple[int, T], ...]
    _times: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", tuple(at for at, _ in self.steps))

    @classmethod
    def of(cls, initial: T, changes: Iterable[tuple[int, T]]) -> Signal[T]:
        """Return a signal; changes to the same value are left out."""
        steps = [(0, initial)]
        for at, value in sorted(changes, key=lambda change: change[0]):
            if value != steps[-1][1]:
                steps.append((at, value))
        return cls(tuple(steps))

    def at(self, when: int) -> T:
        """Return the value at a time in ns."""
        return self.steps[max(0, bisect_right(self._times, when) - 1)][1]

    def within(self, start: int, stop: int) -> list[T]:
        """Return the values in force at any time from `start` to `stop` (ns), both included."""
        first = max(0, bisect_right(self._times, start) - 1)
        return [value for at, value in self.steps[first:] if at <= max(start, stop)]

    def changes(self, start: int, stop: int) -> Iterator[tuple[int, T, T]]:
        """Yield each change after `start` and up to `stop`: when, from what, to what."""
        for (_, before), (at, value) in zip(self.steps, self.steps[1:], strict=False):
            if start < at <= stop:
                yield at, before, value

    def stays(self, start: int, stop: int) -> Iterator[Stay[T]]:
        """Yield the values in order, cut to `start` and `stop`."""
        ends = [*self._times[1:], stop]
        for (at, value), end in zip(self.steps, ends, strict=True):
            if end > start and at < stop:
                yield Stay(max(at, start), min(end, stop), value)
