"""A measured time that remembers what it was held against, for the reports on pass and failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from harness.units import Measured, Span, as_span


class Limit(NamedTuple):
    """One comparison that a scenario made: which figure, how (<=, >=, <, >), with what."""

    what: str
    op: str
    bound: Span


@dataclass(frozen=True, slots=True, eq=False)
class Figure(Measured):
    """A Measured that notes each comparison in `limits`, which all figures of one run share."""

    limits: list[Limit] = field(default_factory=list, repr=False)

    # A slotted dataclass is made twice, so super() would not know it: Measured is named instead.
    def __le__(self, bound: Span | Measured) -> bool:
        return self._note("<=", bound) and Measured.__le__(self, bound)

    def __ge__(self, bound: Span | Measured) -> bool:
        return self._note(">=", bound) and Measured.__ge__(self, bound)

    def __gt__(self, bound: Span | Measured) -> bool:
        return self._note(">", bound) and not Measured.__le__(self, bound)

    def __lt__(self, bound: Span | Measured) -> bool:
        return self._note("<", bound) and not Measured.__ge__(self, bound)

    def _note(self, op: str, bound: Span | Measured) -> bool:
        limit = Limit(self.what, op, as_span(bound))
        if limit not in self.limits:
            self.limits.append(limit)
        return True


def noting(measured: Measured, run: object, limits: list[Limit]) -> Figure:
    """Return a measured time as a figure of a run."""
    was, took = measured.what, measured.ns
    return Figure(was, took, measured.tolerance, measured.why, measured.happened, run, limits)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Whether something holds, and in words what was seen: what a failed assertion prints."""

    holds: bool
    seen: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __eq__(self, other: object) -> bool:
        return self.holds == bool(other) if isinstance(other, bool | Finding) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.holds)

    def __repr__(self) -> str:
        return self.seen or str(self.holds)
