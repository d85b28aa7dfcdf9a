"""What gcov has counted in guests: lines and functions of the bonding driver that ran."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

HINT = (
    "run with a kernel that counts: mkdir DIRECTORY; HARNESS_COUNTS=DIRECTORY pytest scenarios/ "
    "--kernel coverage@7.2"
)


@dataclass(slots=True)
class FileCounts:
    """How often each line with code and each function of one source file ran."""

    lines: Counter[int] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    def add(self, other: FileCounts) -> None:
        """Add the counts of another guest, or of another group of guests."""
        self.lines.update(other.lines)
        self.functions.update(other.functions)

    def reached(self) -> tuple[int, int]:
        """Return how many lines ran, and how many there are."""
        return sum(1 for count in self.lines.values() if count), len(self.lines)

    def unreached(self) -> list[str]:
        """Return the functions that never ran."""
        return sorted(name for name, count in self.functions.items() if not count)


Counts = dict[str, FileCounts]  # by the name of the source file


def of_directory(directory: Path, notes: Path) -> Counts:
    """Return the sum of what all guests of a directory have counted.

    `notes` has the compiler's .gcno files. Raises UsageError if no guest left counts.
    """
    guests = sorted({path.parent for path in directory.rglob("*.gcda")})
    if not guests:
        raise UsageError(f"{directory} has no counts of a guest", hint=HINT)
    return merged(_of_guest(guest, notes) for guest in guests)


def merged(many: Iterable[Counts]) -> Counts:
    """Return the sum of several counts."""
    total: Counts = {}
    for counts in many:
        for name, one in counts.items():
            total.setdefault(name, FileCounts()).add(one)
    return total


def _of_guest(guest: Path, notes: Path) -> Counts:
    with tempfile.TemporaryDirectory() as place:  # gcov wants notes and counts side by side
        for path in (*notes.glob("*.gcno"), *guest.glob("*.gcda")):
            Path(place, path.name).symlink_to(path.resolve())
        names = [path.name for path in guest.glob("*.gcda")]
        argv = ["gcov", "--json-format", "--stdout", *names]
        done = subprocess.run(argv, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(
            f"gcov cannot read {guest}: {done.stderr.strip()}",
            hint="use the gcov of the compiler that built the kernel: harness kernels build "
            "coverage@7.2 builds it with the one of this machine",
        )
    return merged(of_report(json.loads(line)) for line in done.stdout.splitlines() if line)


def of_report(report: dict[str, Any]) -> Counts:
    """Return the counts of one report of gcov, headers left out.

    A line that several functions share (inlined ones) has several entries: they are added.
    """
    found: Counts = {}
    for file in report["files"]:
        if not file["file"].endswith(".c"):
            continue
        one = found.setdefault(Path(file["file"]).name, FileCounts())
        for line in file["lines"]:
            one.lines[line["line_number"]] += line["count"]
        for function in file["functions"]:
            one.functions[function["name"]] += function["execution_count"]
    return found
