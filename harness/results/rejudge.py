"""Judge stored recordings again with this version's code, and say which verdicts changed.

A recording is judged by what is stored: whether it can be judged at all, each figure against the
bounds that its scenario compared it with (those of the session that recorded), and each state and
count that the scenario read. What it asserts of these is its own code: where one reads otherwise
than before, the verdict is open until the scenario runs again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, Inconclusive, NotTestable, UsageError
from harness.history import History, load
from harness.judge import counts, driver_limits, every_figure, fitness, reads
from harness.judge.figure import Figure, noting
from harness.judge.reads import Read
from harness.judge.run import Run
from harness.results import evidence, windows
from harness.results.conformance import Conformance, Result
from harness.units import MS, Measured

Plain = Mapping[str, Any]  # a figure as conformance.json has it
Compared = Callable[[Any, Any], bool]
OPERATORS: dict[str, Compared] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}
READ_AGAIN = "run the scenario for its verdict"
BROKEN = (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError)
AGAIN = f"the recording can be judged now: {READ_AGAIN}"
OPPOSITE = {
    "conforms": counts.CONTRADICTS,
    counts.CONTRADICTS: "conforms",
    counts.OWN_BOUND: "conforms",
    "contradicts as known": "conforms against expectation",
    "conforms against expectation": "contradicts as known",
}
FAILURES = (counts.CONTRADICTS, counts.OWN_BOUND, "contradicts as known")
JUDGED = (*OPPOSITE, counts.EXCEEDS)  # verdicts that rest on a recording that could be judged


@dataclass(frozen=True, slots=True)
class ChangedVerdict:
    """A result that is no longer what it was: its verdict before and now, and why."""

    scenario: str
    kernel: str
    was: str
    now: str
    why: str

    def __str__(self) -> str:
        return f"{self.scenario} on {self.kernel}: {self.was} -> {self.now}: {self.why}"


@dataclass(frozen=True, slots=True)
class NotJudgedAgain:
    """A result whose recording could not be judged again, and why."""

    scenario: str
    kernel: str
    why: str

    def __str__(self) -> str:
        return f"{self.scenario} on {self.kernel}: {self.why}"


@dataclass(frozen=True, slots=True)
class Rejudged:
    """Results with the verdicts and figures of this version, and how they differ.

    `judged` is the number of recordings that were judged again; `elsewhere` that of failures which
    neither a stored bound nor a stored value explains (older results store no values): their
    verdicts stay.
    """

    found: Conformance
    judged: int
    changes: tuple[ChangedVerdict, ...]
    unread: tuple[NotJudgedAgain, ...]
    elsewhere: int = 0


def again(found: Conformance, place: Path) -> Rejudged:
    """Judge each recording of results in `place` again."""
    results, changes, unread, judged = [], [], [], 0
    for result in found.results:
        new = result
        if result.history:
            try:
                new, why = _judged(result, load(_inside(place, result.history)))
            except HarnessError as error:
                unread.append(NotJudgedAgain(result.scenario, result.kernel, str(error)))
            except BROKEN as error:
                text = f"{result.history} is incomplete: {error!r}"
                unread.append(NotJudgedAgain(result.scenario, result.kernel, text))
            else:
                judged += 1
                if why:
                    changes.append(
                        ChangedVerdict(
                            result.scenario, result.kernel, result.verdict, new.verdict, why
                        )
                    )
        results.append(new)
    changed = {(each.scenario, each.kernel) for each in changes}
    changed |= {(each.scenario, each.kernel) for each in unread}
    elsewhere = [
        result
        for result in found.results
        if result.history and result.verdict in FAILURES and not _explained(result)
        if (result.scenario, result.kernel) not in changed
    ]
    new_found = replace(found, results=tuple(results))
    return Rejudged(new_found, judged, tuple(changes), tuple(unread), len(elsewhere))


def _explained(one: Result) -> bool:
    """Return whether a verdict rests on what is stored: a bound that is missed, or values read."""
    return bool(one.reads) or any(
        _holds(name, figure, bound) == "fails"
        for name, figure in one.figures.items()
        for bound in figure.get("bounds", ())
    )


def _inside(place: Path, name: str) -> Path:
    """Return the path of a recording; raises UsageError where it is outside the results."""
    path = (place / name).resolve()
    if not path.is_relative_to(place.resolve()):
        raise UsageError(f"{name} is outside of {place}", hint="recordings lie in the results")
    return path


def _judged(one: Result, history: History) -> tuple[Result, str]:
    """Return a result as judged now, and why its verdict changed, "" where it did not.

    Raises UsageError for a recording that was cut off.
    """
    if not history.about.broken and history.mark("end") is None:
        raise UsageError(f'{one.history}: it has no mark "end"', hint="copy the recording again")
    if one.reads == () and not any(_bounds(one)):  # its verdict never rested on the recording
        return one, ""
    try:
        fitness.demand_evidence(history)
    except (Inconclusive, NotTestable) as error:
        if one.verdict not in JUDGED:  # it never rested on what was recorded
            return one, ""
        return _instead(one, error)
    if one.verdict == counts.INCONCLUSIVE and not any(_bounds(one)):
        return replace(one, verdict=counts.NOT_JUDGED, reason=AGAIN), AGAIN
    new, why = _compared(one, history)
    unseen = driver_limits.distorted(history) if new.verdict in FAILURES else None
    return (new, why) if unseen is None else _instead(new, unseen)


def _instead(one: Result, error: Inconclusive | NotTestable) -> tuple[Result, str]:
    """Return a result whose recording proves nothing, and why."""
    verdict = counts.INCONCLUSIVE if isinstance(error, Inconclusive) else counts.NOT_TESTABLE
    return replace(one, verdict=verdict, reason=error.message), error.message


def _compared(one: Result, history: History) -> tuple[Result, str]:
    """Return a result by its figures and by what was read, and why its verdict changed."""
    run = Run.of(history, vetted=True)
    others = "; ".join(_read_otherwise(one, run))
    figures = _figures(one, run)
    changed = list(_changed(one.figures, figures))
    verdict = _verdict(one.verdict, [now for now, _ in changed])
    why = "; ".join(text for _, text in changed)
    if verdict == one.verdict and others:
        verdict, why = counts.NOT_JUDGED, f"{others}: {READ_AGAIN}"
    new = replace(one, figures=figures)
    if verdict == one.verdict:
        return new, ""
    return replace(new, verdict=verdict, reason=why), why


def _read_otherwise(one: Result, run: Run) -> Iterator[str]:
    """Read all that the scenario read; yield each value that is another today, with both."""
    for before in one.reads or ():
        try:
            now = reads.again(run, before)
        except HarnessError as error:
            now = error.message
        if not reads.same(before["value"], now):
            yield f"{Read(**before)} is {now!r}, was {before['value']!r}"


def _bounds(one: Result) -> Iterator[Plain]:
    for figure in one.figures.values():
        yield from figure.get("bounds", ())


def _figures(one: Result, run: Run) -> dict[str, Plain]:
    """Return the figures of a result computed again, each with the bounds it had.

    What the scenario read has been read of the run again. One that is not found stays in results
    that do not store by which name it was read.
    """
    seen = every_figure.by_name(run, one.figures)
    made: dict[str, Plain] = {}
    for name, old in one.figures.items():
        if name in seen:
            new = evidence.figure(name, seen[name], (), run.history)
            kept = {key: old[key] for key in ("bounds", "leeway_ms") if key in old}
            made[name] = {**new, **kept}
        elif one.reads is None:
            made[name] = old
    return made


def _changed(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> Iterator[tuple[str, str]]:
    """Yield each comparison with another result than before: `now` it, and the text."""
    for name, before in old.items():
        for bound in before.get("bounds", ()):
            was = _holds(name, before, bound)
            now = _holds(name, new[name], bound) if name in new else counts.INCONCLUSIVE
            if now != was:
                seen = _text(new[name]) if name in new else "not to be told from the recording"
                held = f"compared {bound['op']} {bound['ms']:.1f} ms"
                yield now, f"{name} {seen}, was {_text(before)}; {held}"


def _holds(name: str, plain: Plain, bound: Plain) -> str:
    """Return "holds", "fails" or inconclusive for a figure and one of its bounds."""
    try:
        holds = OPERATORS[bound["op"]](_measured(name, plain), windows.span_of(bound))
    except Inconclusive:
        return counts.INCONCLUSIVE
    return "holds" if holds else "fails"


def _verdict(was: str, now: list[str]) -> str:
    """Return the verdict where some comparisons have another result `now` than before."""
    if not now:
        return was
    if counts.INCONCLUSIVE in now:
        return counts.INCONCLUSIVE
    return OPPOSITE.get(was, counts.NOT_JUDGED)


def _measured(name: str, plain: Plain) -> Figure:
    took = plain["ms"] if plain["ms"] is not None else plain.get("watched_ms") or 0.0
    tolerance = round(plain["tolerance_ms"] * MS)
    happened = plain["ms"] is not None
    return noting(Measured(name, round(took * MS), tolerance, happened=happened), None, [])


def _text(plain: Plain) -> str:
    return "never" if plain["ms"] is None else f"{plain['ms']:.1f} ms"
