"""What many runs show together: verdicts that flip, figures that drift with time and kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.plural import counted
from harness.results import changes, conformance, grid, repetition
from harness.results.changes import Comparison, Sense, compare, in_words, shown
from harness.results.conformance import Conformance, Result

UNDATED = "(no date)"
SHOWN = 40  # letters of verdicts in a line: the latest


@dataclass(frozen=True, slots=True)
class SessionResults:
    """The results of one session, or of several that were merged: the first one's date counts."""

    place: Path
    date: str
    found: Conformance


@dataclass(frozen=True, slots=True)
class Flip:
    """A scenario whose verdict changed between runs: all verdicts, the oldest first."""

    scenario: str
    kernel: str
    verdicts: tuple[str, ...]
    dates: tuple[str, ...]

    @property
    def flips(self) -> int:
        """How often a verdict differs from the one before."""
        return sum(one != other for one, other in pairwise(self.verdicts))

    @property
    def streak(self) -> int:
        """For how many runs the last verdict has stood."""
        last = self.verdicts[-1]
        others = [n for n, verdict in enumerate(reversed(self.verdicts)) if verdict != last]
        return others[0] if others else len(self.verdicts)


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure whose last value differs from its first by more than both allow; times in ms.

    `since` is the date from which on it has been beyond what the first value allows.
    """

    scenario: str
    kernel: str
    figure: str
    first_ms: float | None
    last_ms: float | None
    sense: Sense
    since: str
    runs: int
    quantiles: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What `harness stats` tells."""

    runs: tuple[SessionResults, ...]
    flips: tuple[Flip, ...]
    drifts: tuple[Drift, ...]
    kernels: tuple[Comparison, ...]


def load(places: Iterable[Path]) -> tuple[list[SessionResults], list[str]]:
    """Read runs, the oldest first, and return what of a directory of runs had to be left out.

    A directory with results is a run; any other one is searched for runs. Raises UsageError for a
    directory that was given and cannot be read, and where there is nothing.
    """
    found: dict[Path, SessionResults] = {}
    left: list[str] = []
    for place in places:
        below = [] if (place / conformance.NAME).exists() else _below(place)
        if not below:
            found.setdefault(place.resolve(), _run(place))
        for path in below:
            try:
                found.setdefault(path.resolve(), _run(path))
            except UsageError as error:
                left.append(error.message)
    if not found:
        raise UsageError(
            "\n".join(["no run has results", *left]), hint="give directories of runs: results/"
        )
    return sorted(found.values(), key=lambda run: (run.date, run.place.name)), left


def _below(place: Path) -> list[Path]:
    """Return the directories of results in a directory, without links such as `latest`."""
    paths = sorted(path.parent for path in place.glob(f"*/{conformance.NAME}"))
    return [path for path in paths if not path.is_symlink()]


def _run(place: Path) -> SessionResults:
    found = conformance.load(place)
    dates = [str(session["date"]) for session in found.sessions if session.get("date")]
    return SessionResults(place, min(dates, default=""), found)


def of(runs: Sequence[SessionResults]) -> Statistics:
    """Return what runs show, given the oldest first."""
    series: dict[tuple[str, str], list[tuple[SessionResults, Result]]] = {}
    for run in runs:
        for result in run.found.results:
            series.setdefault((result.scenario, result.kernel), []).append((run, result))
    return Statistics(
        tuple(runs),
        tuple(sorted(_flips(series), key=lambda flip: -flip.flips)),
        tuple(drift for seen in series.values() for drift in _drifts(seen)),
        tuple(_kernels(runs)),
    )


def _flips(
    series: Mapping[tuple[str, str], Sequence[tuple[SessionResults, Result]]],
) -> Iterator[Flip]:
    for (scenario, kernel), seen in series.items():
        verdicts = tuple(one.verdict for _, one in seen)
        if len(set(verdicts)) > 1:
            yield Flip(scenario, kernel, verdicts, tuple(run.date for run, _ in seen))


def _drifts(seen: Sequence[tuple[SessionResults, Result]]) -> Iterator[Drift]:
    for name in dict.fromkeys(name for _, one in seen for name in one.figures):
        values = [(run, one.figures[name]) for run, one in seen if name in one.figures]
        first = values[0][1]
        moved = [changes.figures(first, figure) for _, figure in values]
        if moved[-1] is None:
            continue
        back = next((n for n in reversed(range(len(moved))) if moved[n] is None), 0)
        times = [figure["ms"] for _, figure in values]
        yield Drift(
            seen[0][1].scenario,
            seen[0][1].kernel,
            name,
            first["ms"],
            times[-1],
            moved[-1],
            values[back + 1][0].date,
            len(values),
            {word: repetition.quantile(times, share) for word, share in repetition.SHARES.items()},
        )


def _kernels(runs: Sequence[SessionResults]) -> Iterator[Comparison]:
    """Yield the differences between neighbouring kernels: of each the newest run."""
    newest: dict[str, SessionResults] = {}
    for run in runs:
        newest |= {label: run for label in run.found.labels() if run.found.of(label)}
    order = sorted(newest, key=lambda label: _numbers(newest[label].found.release(label)))
    for old, new in pairwise(order):
        before, after = newest[old].found, newest[new].found
        names = before.title(old), after.title(new)
        yield compare(before.of(old), after.of(new), names)


def _numbers(release: str) -> tuple[int, ...]:
    """Return a release in the order of releases: 6.12 is newer than 6.1."""
    numbers = release.partition("-")[0].split(".")
    return tuple(int(part) for part in numbers if part.isdigit())


def text(found: Statistics) -> Iterator[str]:
    """Yield the statistics as lines."""
    dates = [_day(run.date) for run in found.runs]
    yield f"{counted(len(found.runs), 'run')}, {dates[0]} to {dates[-1]}"
    for run in found.runs:
        if short := run.found.short():
            yield f"note: {run.place} {short}"
    yield from _titled("verdicts that flip", [_flip_text(flip) for flip in found.flips])
    yield from _titled("figures that drift", [_drift_text(drift) for drift in found.drifts])


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title if lines else f"{title}: none"
    yield from (f"  {line}" for line in lines)


def _flip_text(flip: Flip) -> str:
    letters = "".join(grid.glyph(verdict) for verdict in flip.verdicts)[-SHOWN:]
    times = counted(flip.flips, "flip")
    last = f"{flip.verdicts[-1]} for {counted(flip.streak, 'run')}"
    return f"{letters}  {flip.scenario} on {flip.kernel}: {times}, now {last}"


def _drift_text(drift: Drift) -> str:
    was, now = (shown({"ms": ms}) for ms in (drift.first_ms, drift.last_ms))
    spread = ", ".join(
        f"{word} {'never' if ms is None else in_words(ms)}" for word, ms in drift.quantiles.items()
    )
    where = f"{drift.scenario} on {drift.kernel}, {drift.figure}"
    since = f"{was} -> {now} ({drift.sense}) since {_day(drift.since)}"
    return f"{where}: {since}; {counted(drift.runs, 'run')}: {spread}"


def _day(date: str) -> str:
    return date.replace("T", " ").partition("+")[0] or UNDATED


def as_json(found: Statistics) -> dict[str, Any]:
    """Return runs, flips and drifts as plain JSON values."""
    return {
        "runs": [{"place": str(run.place), "date": run.date} for run in found.runs],
        "flips": [
            {**asdict(flip), "flips": flip.flips, "streak": flip.streak} for flip in found.flips
        ],
        "drifts": [asdict(drift) for drift in found.drifts],
    }
