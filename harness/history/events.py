"""Events and histories, in the form that judges read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.history.about import About

PROBE_TIMES = ("sent", "request", "reply")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    `at` is in ns; `kind` is one of those in `harness.history.kinds`; `where` names a machine,
    link, switch or bond; `data` holds plain JSON values.
    """

    at: int
    kind: str
    where: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return `data[key]`, or `default`."""
        return self.data.get(key, default)


@dataclass(frozen=True, slots=True)
class History:
    """All events of one recording, ordered by time, and its header."""

    about: About
    events: tuple[Event, ...]
    _parts: dict[tuple[str, str | None], tuple[Event, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, about: About, events: Iterable[Event]) -> History:
        """Return the history of `events`, put in order of time."""
        return cls(about, tuple(sorted(events, key=lambda event: event.at)))

    def select(self, kind: str, where: str | None = None, /, **wanted: Any) -> Iterator[Event]:
        """Yield the events of one kind, of one place, whose data have the given values."""
        found = self.part(kind, where)
        if not wanted:
            yield from found
            return
        for event in found:
            if all(event.data.get(key) == value for key, value in wanted.items()):
                yield event

    def part(self, kind: str, where: str | None = None) -> tuple[Event, ...]:
        """Return the events of one kind, of one place, in order of time.

        They are cached: the tolerance of each outage needs them again.
        """
        found = self._parts.get((kind, where))
        if found is None:
            of_kind = (event for event in self.events if event.kind == kind)
            found = tuple(event for event in of_kind if where is None or event.where == where)
            self._parts[kind, where] = found
        return found

    def derived(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` computes from this history alone; it is computed once per `name`.

        A figure, the table and the picture of a long recording need the same samples.
        """
        if name not in self._derived:
            self._derived[name] = make()
        found: T = self._derived[name]
        return found

    def mark(self, name: str) -> int | None:
        """Return the time of a mark in ns, None if the recording ended before it."""
        return next((event.at for event in self.select("mark", name=name)), None)


def since(start: int, events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events with all times relative to `start`, in ns."""
    for event in events:
        data = event.data
        if event.kind == "probe":
            early = {key: data[key] for key in PROBE_TIMES if data[key] is not None}
            data = {**data, **{key: at - start for key, at in early.items()}}
        yield Event(event.at - start, event.kind, event.where, data)
