"""A measured time that remembers what it was held against, for the reports on pass and failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import NamedTuple

from harness.errors import Inconclusive, ScenarioError
from harness.history import History
from harness.plural import counted
from harness.units import Measured, Span, as_span, in_ms, sentence


class Limit(NamedTuple):
    """One comparison that a scenario made: which figure, how (<=, >=, <, >), with what.

    It is in `doubt` where the figure lies beyond the bound and only its tolerance lets it pass.
    """

    what: str
    op: str
    bound: Span
    doubt: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Figure(Measured):
    """A Measured that notes each comparison in `limits`, which all figures of one run share.

    What is documented (<=, >=) holds unless the figure is beyond the bound for certain. That a
    figure lies beyond a bound (>, <) must be certain; where the tolerance is all that is in the
    way, the comparison raises Inconclusive: the kernel is not to blame for a coarse measurement.
    Nor is it where something did not happen, and was not watched for until the bound was over.
    """

    limits: list[Limit] = field(default_factory=list, repr=False)

    # A slotted dataclass is made twice, so super() would not know it: Measured is named instead.
    def __le__(self, bound: Span | Measured) -> bool:
        self._note("<=", bound, doubt=self.happened and not self._below(bound))
        self._demand_long_enough(bound)
        return Measured.__le__(self, bound)

    def __ge__(self, bound: Span | Measured) -> bool:
        self._note(">=", bound, doubt=not self._above(bound))
        self._demand_long_enough(bound, upper=False)
        return Measured.__ge__(self, bound)

    def __gt__(self, bound: Span | Measured) -> bool:
        self._note(">", bound)
        self._demand_long_enough(bound)
        return self._certain(">", bound, beyond=not self._below(bound))

    def __lt__(self, bound: Span | Measured) -> bool:
        self._note("<", bound)
        self._demand_long_enough(bound, upper=False)
        return self._certain("<", bound, beyond=self.happened and not self._above(bound))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Span):
            self._note("==", other)
            self._demand_long_enough(other)
        return Measured.__eq__(self, other)

    def __hash__(self) -> int:
        return Measured.__hash__(self)

    def _demand_long_enough(self, bound: Span | Measured, *, upper: bool = True) -> None:
        limit = as_span(bound)
        over = limit.slack + self.tolerance if upper else -limit.early - self.tolerance
        if not self.happened and self.ns < limit.ns + over:
            raise Inconclusive(
                f"{self.what} did not come within the {in_ms(self.ns)} watched, too short to hold "
                f"it against {limit} (with its tolerance {in_ms(limit.ns + over)})",
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
        if limit not in self.limits:
            self.limits.append(limit)


def coarse(history: History | None) -> str:
    """Return what helps against too wide a tolerance: in virtual time no machine is busy."""
    if history is not None and history.about.virtual:
        return "probe more often, watch(every=1 * ms), or choose a bound farther from the figure"
    return "run fewer guests at once, or on an idle machine"


def noting(measured: Measured, run: object, limits: list[Limit]) -> Figure:
    """Return a measured time as a figure of a run."""
    was, took = measured.what, measured.ns
    return Figure(was, took, measured.tolerance, measured.why, measured.happened, run, limits)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A truth value with a description of what was seen, which a failed assertion prints."""

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


class Share(float):
    """A share between 0 and 1 that says of how many it is one: what a failed assertion prints."""

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

    # Said again so that type checkers let a share be compared with a plain number.
    def __eq__(self, other: object) -> bool:
        return float(self) == other

    def __hash__(self) -> int:
        return float.__hash__(self)

    def __le__(self, bound: float) -> bool:
        return float(self) <= _share(bound)

    def __ge__(self, bound: float) -> bool:
        return float(self) >= _share(bound)

    def __lt__(self, bound: float) -> bool:
        return float(self) < _share(bound)

    def __gt__(self, bound: float) -> bool:
        return float(self) > _share(bound)


def _share(bound: object) -> float:
    if isinstance(bound, int | float) and 0 <= bound <= 1:
        return float(bound)
    raise ScenarioError(
        f"a share of lost frames cannot be compared with {bound!r}: it lies between 0 and 1",
        hint="write 0.3 for 30 %",
    )


ORDERED = {"<=": le, ">=": ge, "<": lt, ">": gt}


def misses_share(op: str, left: object, right: object, *, negated: bool = False) -> bool:
    """Return whether a comparison of a share with a number of the scenario's own fails.

    A `negated` one, `assert not ...`, fails where it holds.
    """
    if op not in ORDERED or isinstance(left, Share) == isinstance(right, Share):
        return False
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return False
    return bool(ORDERED[op](left, right)) == negated
