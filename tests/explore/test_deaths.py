"""A guest that dies in a schedule: a finding if it does so twice, and the search goes on.

The guests are plain processes of this machine: no kernel here dies of a schedule.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.explore.corpus import Corpus
from harness.explore.draw import drawn
from harness.explore.finding import DIED
from harness.explore.search import KernelSearch, SearchPlan, Tally
from harness.guests.kernel import BootCommand
from harness.model.judge import MODES

pytestmark = pytest.mark.process

SEED, DEADLY, SCHEDULES = 7, 3, 8
CODE = """
import json, os, pathlib, sys
place = pathlib.Path(sys.argv[1])
marks = pathlib.Path(sys.argv[2])
job = json.loads((place / "job.json").read_text())
sys.path[:] = job["path"]
from harness.explore.draw import drawn
asked, always = job["options"], sys.argv[3] == "always"
with (place / "stream.jsonl").open("w") as stream:
    def tell(**line):
        stream.write(json.dumps(line) + "\\n")
        stream.flush()
    def perform(number, schedule):
        tell(start=number)
        if schedule == drawn(7, 3).plain() and (always or not marks.exists()):
            marks.touch()
            print("BUG: kernel NULL pointer dereference", flush=True)
            os._exit(9)
        tell(count=1, steps=len(schedule["steps"]), unfit=0)
    if sys.argv[3] == "boot":
        os._exit(9)
    for place, schedule in enumerate(asked["first"]):
        perform(-1 - place, schedule)
    for number in range(asked["at"], asked["stop"], asked["stride"]):
        perform(number, drawn(asked["seed"], number).plain())
    tell(done=0)
"""


@dataclass(frozen=True, slots=True)
class Process:
    """A guest that is a process; `deaths` says in which of its performances it dies."""

    mark: Path
    deaths: str
    name: str = "process"
    spec: str = "process"
    modules: str = ""
    writeback: bool = False
    clock: str = "virtual"
    waits: bool = False

    def command(self, directory: Path) -> BootCommand:
        return BootCommand(
            [sys.executable, "-c", CODE, str(directory), str(self.mark), self.deaths], {}
        )


def searched(place: Path, deaths: str, guests: int = 1) -> tuple[Tally, list[str]]:
    said: list[str] = []
    tally, plan = Tally(), SearchPlan(SEED, MODES, 60, SCHEDULES, guests)
    corpus = Corpus.open(place / "corpus")
    KernelSearch(Process(place / "mark", deaths), plan, corpus, said.append, tally).run()
    return tally, said


@pytest.mark.parametrize("guests", [1, 2])
def test_a_schedule_that_ends_its_guest_twice_is_a_finding(tmp_path: Path, guests: int) -> None:
    tally, _ = searched(tmp_path, "always", guests)
    (found,) = tally.findings
    assert (found.rule, found.schedule) == (DIED, drawn(SEED, DEADLY))
    assert any("NULL pointer" in line for line in found.console)
    assert tally.schedules == SCHEDULES - 1
    (folder,) = (tmp_path / "corpus" / "findings").iterdir()
    assert "NULL pointer" in (folder / "report.md").read_text()


def test_one_that_does_so_once_is_told_and_no_finding(tmp_path: Path) -> None:
    tally, said = searched(tmp_path, "once")
    assert tally.findings == []
    assert tally.schedules == SCHEDULES
    assert any("is tried again" in line for line in said)


def test_a_guest_that_never_begins_ends_the_search(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="ended before its first schedule"):
        searched(tmp_path, "boot")
