"""A measured time that notes what it is compared with, for the reports on pass and failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.errors import Inconclusive, ScenarioError
from harness.history import History
from harness.judge import fitness, observations
from harness.judge.observations import ObservationKind
from harness.plural import counted
from harness.units import Measured, Span, as_span, in_ms, sentence


class Limit(NamedTuple):
    """One comparison that a scenario made: which figure, how (<=, >=, <, >), with what.

    It is in `doubt` if the figure lies beyond the bound by less than its tolerance.
    """

    what: str
    op: str
    bound: Span
    doubt: bool = False

    @property
    def whole(self) -> tuple[object, ...]:
        """All fields, for comparison: spans are equal by their length alone."""
        bound = self.bound
        timers = bound.slack, bound.early, bound.own
        return self.what, self.op, bound.ns, *timers, self.doubt


@dataclass(frozen=True, slots=True, eq=False)
class Figure(Measured):
    """A Measured that notes each comparison in `limits`, which all figures of one run share.

    A documented bound (<=, >=) holds unless the figure is beyond it by more than the tolerance.
    That a figure lies beyond a bound (>, <) must be certain: if it is by less than the tolerance,
    the comparison raises Inconclusive, as the kernel is not to blame for a coarse measurement. It
    also does if something did not happen, but was not watched for until the bound was over.
    """

    limits: list[Limit] = field(default_factory=list, repr=False)

    # A slotted dataclass is made twice, so super() would not know it: Measured is named instead.
    def __le__(self, bound: Span | Measured) -> bool:
        if _only_sorted(bound):
            return _rank(self) <= _rank(bound)
        doubt = self.happened and not self._below(bound)
        self._note("<=", bound, doubt=doubt)
        self._demand_long_enough(bound)
        return _noted(bound, holds=Measured.__le__(self, bound), doubt=doubt)

    def __ge__(self, bound: Span | Measured) -> bool:
        if _only_sorted(bound):
            return _rank(self) >= _rank(bound)
        doubt = not self._above(bound)
        self._note(">=", bound, doubt=doubt)
        self._demand_long_enough(bound, upper=False)
        return _noted(bound, holds=Measured.__ge__(self, bound), doubt=doubt)

    def __gt__(self, bound: Span | Measured) -> bool:
        if _only_sorted(bound):
            return _rank(self) > _rank(bound)
        self._note(">", bound)
        self._demand_long_enough(bound)
        return _noted(bound, holds=self._certain(">", bound, beyond=not self._below(bound)))

    def __lt__(self, bound: Span | Measured) -> bool:
        if _only_sorted(bound):
            return _rank(self) < _rank(bound)
        self._note("<", bound)
        self._demand_long_enough(bound, upper=False)
        beyond = self.happened and not self._above(bound)
        return _noted(bound, holds=self._certain("<", bound, beyond=beyond))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Span):
            return Measured.__eq__(self, other)
        self._note("==", other)
        self._demand_long_enough(other)
        return _noted(other, holds=Measured.__eq__(self, other))

    def __hash__(self) -> int:
        return Measured.__hash__(self)

    def __bool__(self) -> bool:
        raise ScenarioError(
            f"{self.what} is a time: it is neither true nor false",
            hint="compare it with one: assert run.outage <= bond.miimon",
        )

    def __repr__(self) -> str:
        return f"{self.what} {Measured.__str__(self)}"

    def __str__(self) -> str:
        observations.note_number()
        return Measured.__str__(self)

    def __getattribute__(self, name: str) -> Any:
        if name == "ns":
            observations.note_number()
        return object.__getattribute__(self, name)

    def _demand_long_enough(self, bound: Span | Measured, *, upper: bool = True) -> None:
        limit = as_span(bound)
        over = limit.slack + self.tolerance if upper else -limit.early - self.tolerance
        if not self.happened and self.ns < limit.ns + over:
            raise Inconclusive(
                f"{self.what} did not come within the {in_ms(self.ns)} watched, too short to "
                f"compare it with {limit} (with its tolerance {in_ms(limit.ns + over)})",
                hint="watch for longer: net.after(...) at the end of the block",
            )

    def _below(self, bound: Span | Measured) -> bool:
        limit = as_span(bound)
        return self.ns <= limit.ns + limit.slack

    def _above(self, bound: Span | Measured) -> bool:
        limit = as_span(bound)
        return self.ns >= limit.ns - limit.early

    def _certain(self, op: str, bound: Span | Measured, *, beyond: bool) -> bool:
        holds = not (Measured.__le__ if op == ">" else Measured.__ge__)(self, bound)
        if beyond and not holds:
            raise Inconclusive(
                f"what was measured is too coarse: {sentence(op, self, bound)}",
                hint=coarse(getattr(self.run, "recording", None)),
            )
        return holds

    def _note(self, op: str, bound: Span | Measured, *, doubt: bool = False) -> None:
        limit = Limit(self.what, op, as_span(bound), doubt)
        if limit.whole not in [known.whole for known in self.limits]:
            self.limits.append(limit)


def _only_sorted(bound: Span | Measured) -> bool:
    """Return whether max() or sorted() compares two figures: they need order, not certainty."""
    return isinstance(bound, Measured) and not observations.is_compared()


def _rank(measured: Span | Measured) -> tuple[bool, int]:
    """Return the sort key of a figure: one that did not end is longer than any that did."""
    return not getattr(measured, "happened", True), measured.ns


def _noted(bound: Span | Measured, *, holds: bool, doubt: bool = False) -> bool:
    """Note a comparison, and whose the bound is; return whether it holds."""
    own = as_span(bound).own
    observations.note_compared(
        ObservationKind.OWN if own else ObservationKind.DOCUMENTED, holds=holds
    )
    if holds and doubt:
        observations.note_compared(ObservationKind.COARSE, holds=True)
    return holds


def coarse(history: History | None) -> str:
    """Return the hint on too wide a tolerance: in virtual time load has no influence."""
    if history is not None and history.about.virtual:
        return "probe more often, watch(every=1 * ms), or choose a bound farther from the figure"
    return fitness.ALONE


def noting(measured: Measured, run: object, limits: list[Limit]) -> Figure:
    """Return a measured time as a figure of a run."""
    what, ns = measured.what, measured.ns
    return Figure(what, ns, measured.tolerance, measured.why, measured.happened, run, limits)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A truth value with a description of what was observed, which a failed assertion prints."""

    holds: bool
    seen: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __eq__(self, other: object) -> bool:
        return self.holds == bool(other) if isinstance(other, bool | Truth) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.holds)

    def __repr__(self) -> str:
        return self.seen or str(self.holds)


class Share(float):
    """A share between 0 and 1 with its two counts, which a failed assertion prints."""

    __slots__ = ("lost", "sent", "way")
    lost: int
    sent: int
    way: str

    @classmethod
    def of(cls, lost: int, sent: int, way: str) -> Share:
        """Return the share of frames of one direction that were lost, 0 where none was sent."""
        share = cls(lost / sent if sent else 0)
        share.lost, share.sent, share.way = lost, sent, way
        return share

    def __repr__(self) -> str:
        return f"{100 * self:.1f} % ({self.lost} of {counted(self.sent, 'frame')} {self.way})"

    # Repeated so that type checkers let a share be compared with a plain number.
    def __eq__(self, other: object) -> bool:
        return _noted_share(float(self) == other, other)

    def __ne__(self, other: object) -> bool:
        return _noted_share(float(self) != other, other)

    def __hash__(self) -> int:
        return float.__hash__(self)

    def __le__(self, bound: float) -> bool:
        return _noted_share(float(self) <= _share(bound), bound)

    def __ge__(self, bound: float) -> bool:
        return _noted_share(float(self) >= _share(bound), bound)

    def __lt__(self, bound: float) -> bool:
        return _noted_share(float(self) < _share(bound), bound)

    def __gt__(self, bound: float) -> bool:
        return _noted_share(float(self) > _share(bound), bound)


def _noted_share(holds: bool, bound: object) -> bool:  # noqa: FBT001  (an operator's result)
    """Note a comparison of a share, return whether it holds; 0 and 1 may be documented bounds."""
    observations.note_compared(
        ObservationKind.DOCUMENTED if bound in (0, 1) else ObservationKind.OWN, holds=holds
    )
    return holds


def _share(bound: object) -> float:
    if isinstance(bound, int | float) and 0 <= bound <= 1:
        return float(bound)
    raise ScenarioError(
        f"a share of lost frames cannot be compared with {bound!r}: it lies between 0 and 1",
        hint="write 0.3 for 30 %",
    )
