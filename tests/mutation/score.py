"""The outcomes of faults: kept in a file, so that a run can be resumed, and scored."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table

from tests.mutation.fault import Fault
from tests.mutation.judge import FOUND, NOTICED, Outcome


def digest(patch: str) -> str:
    """Return a digest of a patch."""
    return hashlib.sha256(patch.encode()).hexdigest()[:12]


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
            data = {one: asdict(known) for one, known in sorted(self.known.items())}
            part.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
            part.replace(self.path)

    def holds(self, name: str, patch: str, suite: str) -> bool:
        """Return whether an outcome is still true: nothing that could change it has changed.

        New scenarios can find what was missed; what was found stays so.
        """
        known = self.known.get(name)
        if known is None or known.digest != digest(patch):
            return False
        return known.result == FOUND or known.suite == suite


def table(faults: Iterable[Fault], known: Mapping[str, Outcome]) -> Table:
    """Return how many faults of each area were found; the score is their share of those judged.

    A fault is noticed if scenarios fail that judge nothing: nobody knows then whose fault it is.
    """
    areas: dict[str, list[Fault]] = {}
    for fault in faults:
        areas.setdefault(fault.area, []).append(fault)
    areas["all"] = [fault for area in list(areas.values()) for fault in area]
    shown = Table(
        "area", "faults", "judged", "found", "missed", "with a reason", "score", box=None
    )
    for area, those in areas.items():
        reasoned = [fault for fault in those if fault.unfound]
        judged = [fault for fault in those if fault.name in known and not fault.unfound]
        found, noticed = (
            sum(known[fault.name].result == result for fault in judged)
            for result in (FOUND, NOTICED)
        )
        missed = len(judged) - found - noticed
        counts = (len(those), len(judged), found, noticed, missed, len(reasoned))
        share = f"{found / len(judged):.0%}" if judged else "-"
        shown.add_row(area, *map(str, counts), share)
    return shown


def line(fault: Fault, outcome: Outcome) -> str:
    """Return what became of one fault."""
    by = f" by {outcome.by}" if outcome.by else ""
    verdict = f" ({outcome.verdict})" if outcome.verdict else ""
    took = f"{outcome.build_seconds:.0f} + {outcome.judge_seconds:.0f} s"
    tail = "" if outcome.result == FOUND else f": {fault.unfound or outcome.text or fault.shows}"
    return f"{fault.name:<28} {outcome.result}{by}{verdict}, {took}{tail}"
