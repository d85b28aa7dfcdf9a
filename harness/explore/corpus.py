"""The findings of a search, kept between runs: a directory with the files of each.

corpus.json                    the format, and the version of the harness that wrote it
findings/RULE-KEY/             one for each finding:
    schedule.json              the shrunk schedule, and as it was drawn
    history.jsonl              its recording
    test_RULE.py               the same as a scenario
    report.md                  a draft of a report
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.explore import scenario_text
from harness.explore.finding import FoundDifference
from harness.version import version
from harness.whole_file import replacing

FORMAT = 1
HEADER, SCHEDULE = "corpus.json", "schedule.json"
NO_SPACE = "free space, or keep findings elsewhere: --corpus DIR"


@dataclass(frozen=True, slots=True)
class Corpus:
    """The findings in a directory."""

    place: Path

    @classmethod
    def open(cls, place: Path) -> Corpus:
        """Return the corpus of a directory, created if it does not exist; raises UsageError."""
        header = place / HEADER
        if header.exists():
            found = _json(header).get("format")
            if found != FORMAT:
                raise UsageError(
                    f"{header} has format {found!r}, this harness reads {FORMAT}",
                    hint="give another --corpus DIR, or use the harness that wrote it",
                )
        elif place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise UsageError(
                f"{place} is not a corpus: it has no {HEADER}",
                hint="give an empty or new directory: --corpus DIR",
            )
        else:
            _write(header, json.dumps({"format": FORMAT, "harness": version()}))
        return cls(place)

    def schedules(self) -> Iterator[dict[str, Any]]:
        """Yield the schedules that were found, as JSON values; raises UsageError."""
        for path in sorted(self.place.glob(f"findings/*/{SCHEDULE}")):
            found = _json(path)
            if not isinstance(found.get("schedule"), dict):
                raise UsageError(f"{path} has no schedule", hint=f"remove {path.parent}")
            yield found["schedule"]

    def keep(self, finding: FoundDifference, history: str) -> Path:
        """Write a finding and the text of its history; return its directory. Raises LabError."""
        folder = self.place / "findings" / f"{finding.rule}-{finding.schedule.key}"
        _write(folder / SCHEDULE, json.dumps(finding.plain(), indent=1))
        if history:
            _write(folder / "history.jsonl", history)
        name = f"test_{finding.rule.replace('-', '_')}.py"
        if not finding.schedule.fails:  # scenarios have no word for failures of allocations
            _write(folder / name, scenario_text.scenario(finding))
        _write(folder / "report.md", scenario_text.report(finding, name))
        return folder


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="remove it") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} is not a JSON object", hint="remove it")
    return found


def _write(path: Path, text: str) -> None:
    with replacing(path, path.with_suffix(".part"), hint=NO_SPACE, parents=True) as file:
        file.write(f"{text.rstrip()}\n")


def history_of(folder: Path, name: str) -> str:
    """Return the text of a history that a guest wrote, "" if there is none."""
    with suppress(OSError):
        return (folder / name).read_text(encoding="utf-8")
    return ""
