"""Where faults happen and how they are written down: what all nouns of a topology share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from harness.labs.netns.wiring import Wiring
from harness.loop import Loop, now
from harness.topology import Topology
from harness.units import Span

Role = Literal["fault", "repair", "stimulus"]


class Journal(Protocol):
    """Where faults write themselves down."""

    def note(self, at: int, where: str, action: str, role: Role, **what: object) -> None:
        """Record a fault that took effect at a time."""

    def pause(self, span: Span) -> None:
        """Go on recording for a while before the next step of a schedule."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the nouns of one topology share."""

    topology: Topology
    wiring: Wiring
    loop: Loop
    journal: Journal

    def did(
        self, where: str, action: str, role: Role, do: Callable[[], None], **what: object
    ) -> None:
        """Do something and write it down with the time just before it took effect."""
        at = now()
        do()
        self.journal.note(at, where, action, role, **what)


@dataclass(frozen=True, slots=True)
class Lasting:
    """Something that goes on until `end`, or until its `with` block ends."""

    end: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
