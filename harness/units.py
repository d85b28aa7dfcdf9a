"""Times in scenarios: `100 * ms`, `2 * bond.arp_interval`, `run.detection <= ...`.

A `Span` is a documented time; it may have slack, the time by which the kernel's timer wheel may
lengthen it. A `Measured` is a time measured in a recording; it has the tolerance of the
measurement. A comparison of the two applies both, so that no scenario contains a tolerance:

    measured <= span    fails only if it exceeds span by more than slack and tolerance
    measured >= span    fails only if it is below span by more than the tolerance
    measured == span    is `<=` and `>=` at once; two spans are equal by their length alone
    measured >  span    exactly `not measured <= span`: certainly late
    measured <  span    exactly `not measured >= span`: certainly early
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from harness.errors import ScenarioError

MS = 1_000_000
NOTICEABLE = MS // 20  # ns: what does not show in a figure of 0.1 ms
P = ParamSpec("P")
R = TypeVar("R")


def in_ms(ns: int) -> str:
    """Return a time in ns as text in milliseconds with one decimal."""
    return f"{ns / MS:.1f} ms"


@dataclass(frozen=True, slots=True)
class Span:
    """A documented length of time in ns, and by how much the kernel's timers may change it.

    As an upper bound it may be exceeded by `slack` ns; as a lower bound it may be missed by
    `early` ns.
    It is the scenario's `own` where any part of it was written as a number of ms or s.
    """

    ns: int
    slack: int = 0
    early: int = 0
    own: bool = field(default=False, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        """Compare only the lengths, without slack."""
        return self.ns == other.ns if isinstance(other, Span) else _unequal(other)

    def __hash__(self) -> int:
        return hash(self.ns)

    @property
    def documented(self) -> Span:
        """The same time without slack, exactly as documented."""
        return Span(self.ns, own=self.own)

    def __mul__(self, times: int) -> Span:
        return Span(self.ns * times, self.slack * times, self.early * times, self.own)

    __rmul__ = __mul__

    def __truediv__(self, parts: int) -> Span:
        return Span(self.ns // parts, self.slack // parts, self.early // parts, self.own)

    def __add__(self, other: Span) -> Span:
        span = as_span(other)
        own = self.own or span.own
        return Span(self.ns + span.ns, self.slack + span.slack, self.early + span.early, own)

    def __sub__(self, other: Span) -> Span:
        """Return the difference; slack of the subtrahend makes it earlier."""
        span = as_span(other)
        own = self.own or span.own
        return Span(self.ns - span.ns, self.slack + span.early, self.early + span.slack, own)

    # NotImplemented: Python then calls the comparison of Measured.
    def __le__(self, other: Span) -> bool:
        return self.ns <= other.ns if isinstance(other, Span) else NotImplemented

    def __lt__(self, other: Span) -> bool:
        return self.ns < other.ns if isinstance(other, Span) else NotImplemented

    def __ge__(self, other: Span) -> bool:
        return self.ns >= other.ns if isinstance(other, Span) else NotImplemented

    def __gt__(self, other: Span) -> bool:
        return self.ns > other.ns if isinstance(other, Span) else NotImplemented

    def __str__(self) -> str:
        return in_ms(self.ns)


ms = Span(MS, own=True)
s = Span(1000 * MS, own=True)


@dataclass(frozen=True, slots=True)
class Measured:
    """A time in ns measured in a recording, and the tolerance of the measurement in ns.

    If the event never `happened`, `ns` is how long it was watched for. `why` lists the parts of
    the tolerance; `run` is the recording, for the failure report.
    """

    what: str
    ns: int
    tolerance: int
    why: str = ""
    happened: bool = True
    run: Any = field(default=None, compare=False, repr=False)

    def __le__(self, bound: Span | Measured) -> bool:
        limit = as_span(bound)
        return self.happened and self.ns <= limit.ns + limit.slack + self.tolerance

    def __ge__(self, bound: Span | Measured) -> bool:
        limit = as_span(bound)
        return self.ns >= limit.ns - limit.early - self.tolerance

    def __eq__(self, other: object) -> bool:
        """Compare with a time by the tolerances, with another measurement by all fields."""
        if isinstance(other, Span):
            return Measured.__le__(self, other) and Measured.__ge__(self, other)
        if isinstance(other, Measured):
            return _parts(self) == _parts(other)
        return _unequal(other)

    def __hash__(self) -> int:
        return hash(_parts(self))

    def __add__(self, other: object) -> Span:
        raise _alone(self, "added to", other)

    def __sub__(self, other: object) -> Span:
        raise _alone(self, "reduced by", other)

    def __gt__(self, bound: Span | Measured) -> bool:
        return not self <= bound

    def __lt__(self, bound: Span | Measured) -> bool:
        return not self >= bound

    def __str__(self) -> str:
        return in_ms(self.ns) if self.happened else f"never (watched for {in_ms(self.ns)})"


def _parts(measured: Measured) -> tuple[str, int, int, str, bool]:
    return measured.what, measured.ns, measured.tolerance, measured.why, measured.happened


def _unequal(other: object) -> bool:
    """Return NotImplemented; raises ScenarioError for a number without a unit."""
    if isinstance(other, int | float) and not isinstance(other, bool):
        as_span(other)
    same: bool = NotImplemented
    return same


def _alone(measured: Measured, verb: str, other: object) -> ScenarioError:
    shown = getattr(other, "what", other)
    return ScenarioError(
        f"{measured.what} cannot be {verb} {shown}: a measured time is compared by itself",
        hint="assert each against its own bound; run.dark is the sum of all outages",
    )


def as_span(bound: object, where: str = "") -> Span:
    """Return a time as a span; the tolerance of a measured one becomes its slack.

    Raises ScenarioError, with the place `where`, for a number without a unit.
    """
    if isinstance(bound, Span):
        return bound
    if isinstance(bound, Measured):
        return Span(bound.ns, bound.tolerance, bound.tolerance, own=True)
    number = isinstance(bound, int | float) and not isinstance(bound, bool)
    raise ScenarioError(
        f"{where}{bound!r} is not a time{': it has no unit' if number else ''}",
        hint=f"write {bound} * ms" if number else "write a time as 100 * ms or 2 * s",
    )


def timed(verb: Callable[P, R]) -> Callable[P, R]:
    """Have a method raise ScenarioError, with its name, for a number where a time is expected."""
    names = list(verb.__annotations__)
    spans = {name for name, kind in verb.__annotations__.items() if "Span" in str(kind)}
    first = "self" in verb.__code__.co_varnames[:1]

    @wraps(verb)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {**dict(zip(names, args[first:], strict=False)), **kwargs}
        for name in spans & set(given):
            if given[name] is not None:
                as_span(given[name], f"{verb.__name__}({name}={given[name]!r}): ")
        return verb(*args, **kwargs)

    return checked


MIRROR = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}


def sentence(op: str, left: object, right: object) -> str | None:
    """Return an explanation of a failed comparison, None where no time was compared."""
    if isinstance(left, Span) and isinstance(right, Measured):
        left, right, op = right, left, MIRROR.get(op, op)
    if not isinstance(left, Measured) or not isinstance(right, Span | Measured):
        return None
    bound = as_span(right)
    whose = "asserted" if bound.own else "documented"
    allowed = {
        "<=": f"{whose} at most {bound}",
        ">=": f"{whose} at least {bound}",
        ">": f"expected more than {bound}",
        "<": f"expected less than {bound}",
        "==": f"{whose} exactly {bound}",
    }.get(op)
    if allowed is None:
        return None
    give = bound.slack if op in ("<=", ">") else bound.early
    # pytest also explains comparisons that are true: in `not a <= b`, or the first of `x and y`.
    missed = _met if _holds(op, left, bound) else _missed
    return f"{_seen(left)}, {allowed} ({_tolerance(left, give)}){missed(op, left, bound)}"


def _seen(measured: Measured) -> str:
    if measured.happened:
        return f"{measured.what} took {in_ms(measured.ns)}"
    return f"{measured.what} did not come within the {in_ms(measured.ns)} watched"


def _tolerance(measured: Measured, give: int) -> str:
    parts = [part for part in (measured.why,) if part]
    if give:
        parts.insert(0, f"kernel timers {in_ms(give)}")
    total = in_ms(give + measured.tolerance)
    return f"tolerance {total}: {' + '.join(parts)}" if parts else f"tolerance {total}"


def _missed(op: str, measured: Measured, bound: Span) -> str:
    late = measured.ns - bound.ns - bound.slack - measured.tolerance
    early = bound.ns - bound.early - measured.tolerance - measured.ns
    if not measured.happened and op == "<=":
        return ""
    if op == "<=":
        return f": {in_ms(late)} too late"
    if op == ">=":
        return f": {in_ms(early)} too early"
    if op == "==":
        return f": {in_ms(abs(measured.ns - bound.ns))} away from it"
    return f": {in_ms(abs(late if op == '>' else early))} short of it"


def _holds(op: str, measured: Measured, bound: Span) -> bool:
    """Return whether a comparison is true, as Measured does; a Figure would note it."""
    if op == "==":
        return Measured.__eq__(measured, bound)
    within = Measured.__le__ if op in ("<=", ">") else Measured.__ge__
    return within(measured, bound) == (op in ("<=", ">="))


def _met(op: str, measured: Measured, bound: Span) -> str:
    if op == "==":
        return ": which holds"
    within = bound.ns + bound.slack + measured.tolerance - measured.ns
    beyond = measured.ns + measured.tolerance + bound.early - bound.ns
    return f": which holds, by {in_ms(abs(within if op in ('<=', '>') else beyond))}"
