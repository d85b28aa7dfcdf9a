"""Compare the results of two kernels: verdicts, figures beyond tolerance, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.judge import counts
from harness.results import repetition
from harness.results.conformance import Result

Sense = Literal["worse", "better", "changed"]
FigureRecord = Mapping[str, Any]
Results = Mapping[str, Result]

# Severity of verdicts; a skipped scenario is not worse than one that conforms.
BADNESS = {
    "not testable here": 0,
    counts.NOT_PROMISED: 0,
    "conforms": 0,
    "conforms against expectation": 0,
    counts.INCONCLUSIVE: 1,
    "contradicts as known": 2,
    "not judged": 2,
    counts.EXCEEDS: 3,
    counts.OWN_BOUND: 3,
    "contradicts": 3,
}
DEFAULT = "the default"
NAMED = 3  # scenarios listed for a changed setting
WORST = 4  # of any other verdict: a kernel report or a crash


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a verdict, a rate of failures, a figure, an option's value, or an option."""

    what: Literal["verdict", "rate", "figure", "setting", "option"]
    name: str
    old: str
    new: str
    sense: Sense
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two kernels, and the number of common scenarios.

    Of those that were `repeated`, the run that says most is compared, and the rates of failures.
    """

    changes: tuple[Change, ...] = ()
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    common: int = 0
    repeated: int = 0
    names: tuple[str, str] = field(default=("old", "new"))

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(change.sense == "worse" for change in self.changes)


def compare(old: Results, new: Results, names: tuple[str, str] = ("old", "new")) -> Comparison:
    """Return the differences between the results of two kernels, both by scenario."""
    common = [name for name in old if name in new]
    changes = [change for name in common for change in between(old[name], new[name])]
    return Comparison(
        changes=(*changes, *_settings(old, new, common), *_options(old, new, common)),
        only_old=tuple(name for name in old if name not in new),
        only_new=tuple(name for name in new if name not in old),
        common=len(common),
        repeated=sum(bool(old[name].runs or new[name].runs) for name in common),
        names=names,
    )


def between(old: Result, new: Result) -> Iterator[Change]:
    """Yield the differences of one scenario, without options."""
    if old.verdict != new.verdict:
        sense = _verdicts(old.verdict, new.verdict)
        yield Change("verdict", new.scenario, old.verdict, new.verdict, sense, new.reason)
    yield from _rates(old, new)
    for name in old.figures:
        moved = figures(old.figures[name], new.figures[name]) if name in new.figures else None
        if moved is not None:
            was, now = shown(old.figures[name]), shown(new.figures[name])
            give = _given(old.figures[name], new.figures[name])
            yield Change("figure", f"{new.scenario} {name}", was, now, moved, give)


def _rates(old: Result, new: Result) -> Iterator[Change]:
    """Yield how often all runs failed, if the bounds of both rates exclude each other."""
    was, now = repetition.of_runs(old.runs), repetition.of_runs(new.runs)
    if old.runs and new.runs and (was.low > now.high or now.low > was.high):
        sense: Sense = "worse" if now.low > was.high else "better"
        yield Change("rate", new.scenario, str(was), str(now), sense)


def _verdicts(old: str, new: str) -> Sense:
    was, now = BADNESS.get(old, WORST), BADNESS.get(new, WORST)
    if now > was:
        return "worse"
    good = new in ("conforms", "conforms against expectation")
    return "better" if good and was else "changed"


def figures(old: FigureRecord, new: FigureRecord) -> Sense | None:
    """Return how a figure differs, None if the difference is within what is allowed."""
    was, now = old["ms"], new["ms"]
    if was is None or now is None:
        if was is now:
            return None
        return "worse" if now is None else "better"
    if abs(now - was) <= allowed(old, new):
        return None
    return "worse" if now > was else "better"


def allowed(old: FigureRecord, new: FigureRecord) -> float:
    """Return by how many ms two figures may differ: both tolerances, and the larger leeway."""
    return _tolerances(old, new) + _leeway(old, new)


def _tolerances(old: FigureRecord, new: FigureRecord) -> float:
    return float(old["tolerance_ms"]) + float(new["tolerance_ms"])


def _leeway(old: FigureRecord, new: FigureRecord) -> float:
    return max(float(one.get("leeway_ms", 0.0)) for one in (old, new))


def _given(old: FigureRecord, new: FigureRecord) -> str:
    """Return by how much two figures may differ, and why."""
    leeway = _leeway(old, new)
    more = f" plus the phase of the monitor ({in_words(leeway)})" if leeway else ""
    return f"they differ by more than both tolerances ({in_words(_tolerances(old, new))}){more}"


def in_words(ms: float) -> str:
    """Return a time in ms with one decimal."""
    return f"{ms:.1f} ms"


def shown(figure: FigureRecord) -> str:
    """Return a figure as text."""
    return "never" if figure["ms"] is None else in_words(float(figure["ms"]))


def _settings(old: Results, new: Results, common: list[str]) -> Iterator[Change]:
    """Yield the changed values of options, each once with its scenarios."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for name in common:
        had, has = old[name].settings, new[name].settings
        for bond in (one for one in had if one in has):
            for option in sorted({*had[bond], *has[bond]}):
                was, now = had[bond].get(option, DEFAULT), has[bond].get(option, DEFAULT)
                if was != now:
                    found.setdefault((f"{bond} {option}", was, now), []).append(name)
    for (what, was, now), where in found.items():
        more = f" and {len(where) - NAMED} more" if len(where) > NAMED else ""
        detail = f"in {', '.join(where[:NAMED])}{more}"
        yield Change("setting", what, was, now, "changed", detail)


def _options(old: Results, new: Results, common: list[str]) -> Iterator[Change]:
    """Yield the options that only one of the kernels reports.

    Only scenarios with a recording on both are considered.
    """
    both = [name for name in common if old[name].options and new[name].options]
    had = {option for name in both for option in old[name].options}
    has = {option for name in both for option in new[name].options}
    for option in sorted(had - has):
        yield Change("option", option, "present", "absent", "worse")
    for option in sorted(has - had):
        yield Change("option", option, "absent", "present", "better")
