"""The outcomes of faults: kept in a file, so that a run can be resumed, and scored by area."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from tests.mutation.fault import Fault
from tests.mutation.judge import FOUND, NOTICED, Outcome

STORE = Path(__file__).with_name("outcomes.json")


def digest(patch: str) -> str:
    """Return a digest of a patch."""
    return hashlib.sha256(patch.encode()).hexdigest()[:12]


def with_origin(outcome: Outcome, patch: str, suite: str, kernel: str) -> Outcome:
    """Return an outcome with what it was made from, and on which day."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return replace(outcome, digest=digest(patch), suite=suite, kernel=kernel, day=day)


@dataclass(slots=True)
class Outcomes:
    """Outcomes by the name of the fault, and the file that has them."""

    path: Path
    known: dict[str, Outcome] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, path: Path) -> Outcomes:
        """Read the file, if there is one."""
        if not path.is_file():
            return cls(path)
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, {name: Outcome(**fields) for name, fields in data.items()})

    def note(self, name: str, outcome: Outcome) -> None:
        """Keep an outcome, in the file too."""
        with self.lock:
            self.known[name] = outcome
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            lines = [f"{json.dumps(one)}: {_short(of)}" for one, of in sorted(self.known.items())]
            part.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
            part.replace(self.path)

    def holds(self, name: str, patch: str, suite: str) -> bool:
        """Return whether an outcome is still true: nothing that could change it has changed.

        New scenarios can find what was missed; what was found stays so.
        """
        known = self.known.get(name)
        if known is None or known.digest != digest(patch):
            return False
        return known.result == FOUND or known.suite == suite


def _short(outcome: Outcome) -> str:
    return json.dumps({name: value for name, value in asdict(outcome).items() if value})


@dataclass(frozen=True, slots=True)
class Score:
    """How many faults of an area there are, and what became of those that were judged.

    A fault is noticed if scenarios fail that judge nothing: nobody knows then whose fault it is.
    Those with a reason cannot be found, and are not counted further.
    """

    area: str
    faults: int
    reasoned: int
    judged: int
    found: int
    noticed: int

    def cells(self) -> list[str]:
        """Return a row of a table under `HEAD`; the score is the share of those judged."""
        missed = self.judged - self.found - self.noticed
        share = f"{self.found / self.judged:.0%}" if self.judged else "-"
        counts = (self.faults, self.reasoned, self.judged, self.found, self.noticed, missed)
        return [self.area, *map(str, counts), share]


HEAD = ("area", "faults", "with a reason", "judged", "found", "noticed", "missed", "score")


def scores(faults: Iterable[Fault], known: Mapping[str, Outcome]) -> list[Score]:
    """Return the score of each area, and last that of all."""
    areas: dict[str, list[Fault]] = {}
    for fault in faults:
        areas.setdefault(fault.area, []).append(fault)
    areas["all"] = [fault for area in list(areas.values()) for fault in area]
    return [_score(area, those, known) for area, those in areas.items()]


def _score(area: str, faults: list[Fault], known: Mapping[str, Outcome]) -> Score:
    judged = [one for one in faults if one.name in known and not one.unfound]
    results = Counter(known[one.name].result for one in judged)
    reasoned = sum(bool(one.unfound) for one in faults)
    return Score(area, len(faults), reasoned, len(judged), results[FOUND], results[NOTICED])


def table(faults: Iterable[Fault], known: Mapping[str, Outcome]) -> Table:
    """Return the score of each area as it is printed."""
    shown = Table(*HEAD, box=None)
    for one in scores(faults, known):
        shown.add_row(*one.cells())
    return shown


def line(fault: Fault, outcome: Outcome) -> str:
    """Return what became of one fault."""
    by = f" by {outcome.by}" if outcome.by else ""
    verdict = f" ({outcome.verdict})" if outcome.verdict else ""
    took = f"{outcome.build_seconds:.0f} + {outcome.judge_seconds:.0f} s"
    tail = "" if outcome.result == FOUND else f": {fault.unfound or outcome.text or fault.shows}"
    return f"{fault.name:<28} {outcome.result}{by}{verdict}, {took}{tail}"
