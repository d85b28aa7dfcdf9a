"""What the page tells of each scenario: its result, and its recording if it is of interest."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.claims import catalogue
from harness.errors import HarnessError
from harness.history import load
from harness.html.claims_table import Held, held, nearest
from harness.judge import counts, lanes, report, timeline
from harness.results import grid
from harness.results.conformance import Conformance, Result

DRAWN = 24  # recordings whose timeline is in the page: each takes 0.1 to 0.4 s to read and draw
WIDTH = 100
# The order of the page. Only the first groups are unfolded.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Contradictions, and reports of the kernel",
        (counts.CONTRADICTS, "conforms against expectation", counts.CRASHED, counts.REPORTED),
    ),
    ("Inconclusive or not judged", (counts.INCONCLUSIVE, counts.NOT_JUDGED)),
    ("Bounds of the scenario's own that were missed", (counts.OWN_BOUND,)),
    ("Contradictions that are on record", ("contradicts as known",)),
    ("Conforming", ("conforms",)),
    ("Not tested", (counts.NOT_TESTABLE, counts.NOT_PROMISED)),
)
OPEN = 3  # groups that are unfolded, with the timelines of their recordings


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario on one kernel, ready for the page; `href` is a quoted relative URL."""

    result: Result
    glyph: str
    nearest: Held | None
    held: tuple[Held, ...]
    others: tuple[str, ...]
    claims: tuple[tuple[str, str], ...]
    reproduce: str
    href: str
    page: str


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one heading."""

    title: str
    entries: tuple[Entry, ...]
    unfolded: bool


def groups(found: Conformance, place: Path, output: Path) -> list[Group]:
    """Return what the page shows of results in `place`, for a file `output`."""
    left, lab = DRAWN, _lab(found)
    made = []
    for number, (title, verdicts) in enumerate(GROUPS):
        own = [one for word in verdicts for one in found.results if one.verdict == word]
        drawn = min(len(own), left) if number < OPEN else 0
        left -= drawn
        entries = [
            _entry(one, lab, place, output, drawn=index < drawn) for index, one in enumerate(own)
        ]
        if entries:
            made.append(Group(title, tuple(entries), unfolded=number < OPEN))
    return made


def _entry(one: Result, lab: list[str], place: Path, output: Path, *, drawn: bool) -> Entry:
    path = _recording(one, place)
    known = catalogue().claims
    return Entry(
        one,
        grid.glyph(one.verdict),
        nearest(one.figures),
        tuple(held(one.figures)),
        tuple(_others(one.figures)),
        tuple((name, known[name].text if name in known else "") for name in one.claims),
        one.reproduce or report.command(one.scenario, ["--kernel", one.kernel, *lab]),
        quote(os.path.relpath(path, output.parent.resolve())) if path else "",
        _page(path) if drawn and path else "",
    )


def _recording(one: Result, place: Path) -> Path | None:
    """Return the file of a recording; None if there is none, or none below the results."""
    if not one.history:
        return None
    root = place.resolve()
    path = (root / one.history).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def _page(path: Path) -> str:
    """Return the timeline of a recording as text, or why it has none."""
    try:
        history = load(path)
        if history.mark("disturb") is None:
            return "nothing was disturbed in this recording"
        _, zero = timeline.origin(history)
        table = timeline.table(history, (), WIDTH)
        return f"0 = {zero}\n{table}\n\n{lanes.draw(history, (), WIDTH)}"
    except HarnessError as error:
        return f"this recording cannot be drawn: {error}"
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        return f"this recording lacks what every recording has: {error!r}"


def _others(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the figures that were compared with nothing."""
    for name, one in figures.items():
        if not one.get("bounds"):
            seen = "never" if one["ms"] is None else f"{one['ms']:.1f} ms"
            yield f"{name} {seen}"


def _lab(found: Conformance) -> list[str]:
    """Return the option of the first session that chose its lab, [] without one."""
    chosen = []
    for session in found.sessions[:1]:
        given = _words(str(session.get("command", "")))
        for at, word in enumerate(given):
            if word == "--lab":
                chosen += given[at : at + 2]
            elif word.startswith("--lab="):
                chosen.append(word)
    return chosen


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []
