"""What the page shows of each scenario: its result, and its recording if it is of interest."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

from harness import picture
from harness.claims import catalogue
from harness.errors import HarnessError
from harness.history import files, load
from harness.html import repetition
from harness.html.claims_table import BoundedFigure, comparisons, nearest
from harness.html.repetition import Repeated
from harness.judge import bond_states, counts, report, timeline
from harness.results import grid, windows
from harness.results.conformance import Conformance, Result

DRAWN = 24  # recordings whose timeline is in the page: each takes 0.05 to 0.2 s and 0.1 to 0.3 MB
WIDTH = 100
# The order of the page. Only the first groups are unfolded.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Contradictions, and reports of the kernel",
        (counts.CONTRADICTS, "conforms against expectation", counts.CRASHED, counts.REPORTED),
    ),
    ("Inconclusive or not judged", (counts.INCONCLUSIVE, counts.NOT_JUDGED)),
    (
        "Limits missed that nothing documents: the scenario's, and --max-outage",
        (counts.OWN_BOUND, counts.EXCEEDS),
    ),
    ("Contradictions that are on record", ("contradicts as known",)),
    ("Conforming", ("conforms",)),
    ("Not tested", (counts.NOT_TESTABLE, counts.NOT_PROMISED)),
)
OPEN = 3  # groups that are unfolded, with the timelines of their recordings


class Timeline(NamedTuple):
    """A timeline as an SVG element, "" where it has none, and as text."""

    svg: str
    text: str


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """One scenario on one kernel, ready for the page.

    `claims` are id, text, and the words of bonding.rst that promise it, if any do. `links` are
    files of the results: title, name, quoted relative URL. `show` is the command that draws the
    timeline, which is None where it is not in the page. `differences` are those of the bonds'
    states before and after, which a failure has.
    """

    result: Result
    glyph: str
    nearest: BoundedFigure | None
    compared: tuple[BoundedFigure, ...]
    others: tuple[str, ...]
    claims: tuple[tuple[str, str, str], ...]
    reproduce: str
    links: tuple[tuple[str, str, str], ...]
    show: str
    timeline: Timeline | None
    repeated: Repeated | None
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryGroup:
    """The entries of one heading."""

    title: str
    entries: tuple[ScenarioEntry, ...]
    unfolded: bool


def groups(found: Conformance, place: Path, output: Path, drawn: int = DRAWN) -> list[EntryGroup]:
    """Return what the page shows of results in `place`, for a file `output`.

    As many as `drawn` recordings have their timeline in the page: those of the first groups, of
    all groups where they are no more.
    """
    left = drawn
    place, output = place.resolve(), output.resolve()
    few, made = len(found.results) <= drawn, []
    for number, (title, verdicts) in enumerate(GROUPS):
        own = [result for word in verdicts for result in found.results if result.verdict == word]
        drawn = min(len(own), left) if number < OPEN or few else 0
        left -= drawn
        entries = [
            _entry(result, place, output, drawn=index < drawn) for index, result in enumerate(own)
        ]
        if entries:
            made.append(EntryGroup(title, tuple(entries), unfolded=number < OPEN))
    return made


def _claim(name: str) -> tuple[str, str, str]:
    known = catalogue().claims.get(name)
    return (name, known.text, known.quote) if known else (name, "", "")


def _entry(result: Result, place: Path, output: Path, *, drawn: bool) -> ScenarioEntry:
    path = _within(result.history, place)
    relative = os.path.relpath(path, output.parent) if path else ""
    links = (
        (title, name, quote(os.path.relpath(file, output.parent)))
        for title, name in _files(result, place)
        if name and (file := _within(name, place))
    )
    return ScenarioEntry(
        result,
        grid.glyph(result.verdict),
        nearest(result.figures),
        tuple(comparisons(result.figures)),
        tuple(_others(result.figures)),
        tuple(_claim(name) for name in result.claims),
        result.reproduce,
        tuple(links),
        shlex.join(["harness", "show", relative, "--svg", "timeline.svg"]) if path else "",
        _timeline(result, path) if drawn and path else None,
        repetition.of(result.runs),
        tuple(_differences(result, place)),
    )


def _differences(result: Result, place: Path) -> list[str]:
    """Return the differences of the bonds' states before and after, if they were kept."""
    path = _within(_beside(result.history, files.state_of), place)
    if path is None:
        return []
    try:
        return bond_states.differences(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"{path.name} cannot be read: {error!r}"]


def _beside(history: str | None, name_of: Callable[[str], str]) -> str | None:
    """Return the path of a file that belongs to a history, by the name of the history's."""
    path = PurePosixPath(history or "")
    return str(path.with_name(name_of(path.name))) if history else None


def _files(result: Result, place: Path) -> Iterator[tuple[str, str | None]]:
    """Yield title and name of each file that a result may have.

    A scenario whose guest died has captures, though no recording of it is finished.
    """
    yield "recording", result.history
    if result.history or result.page:
        folder = PurePosixPath(result.history or result.page or "").parent
        for path in files.histories(place / folder):
            if path.name != PurePosixPath(result.history or "").name:
                yield "recording before", str(folder / path.name)
        captures = sorted((place / folder).glob(files.CAPTURES))
        yield from (("frames", str(folder / path.name)) for path in captures)
        yield "kernel log", str(folder / files.KERNEL_LOG)
    yield "bonds before and after", _beside(result.history, files.state_of)
    yield "failure", result.page
    yield "console of its guest", result.console


def _within(name: str | None, root: Path) -> Path | None:
    """Return a file of the results, None if there is none below `root`."""
    if not name:
        return None
    path = Path(os.path.realpath(root / name))  # quicker than Path.resolve
    return path if path.is_relative_to(root) and path.is_file() else None


def _timeline(result: Result, path: Path) -> Timeline:
    """Return the timeline of a recording, or why it has none."""
    try:
        history = load(path)
        if history.mark("disturb") is None:
            return Timeline("", "nothing was disturbed in this recording")
        allowed = windows.of_figures(result.figures)
        _, zero = timeline.origin(history)
        text = f"0 = {zero}\n{report.drawn(history, allowed, WIDTH)}"
        return Timeline(picture.draw(history, allowed, styled=False), text)
    except HarnessError as error:
        return Timeline("", f"this recording cannot be drawn: {error}")
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        return Timeline("", f"this recording is incomplete: {error!r}")


def _others(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the figures without a bound."""
    for name, figure in figures.items():
        if not figure.get("bounds"):
            seen = "never" if figure["ms"] is None else f"{figure['ms']:.1f} ms"
            yield f"{name} {seen}"
