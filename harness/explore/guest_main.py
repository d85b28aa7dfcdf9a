"""In a guest: perform schedules one after the other and report what the model refuses.

Lines of `stream.jsonl`: {"start": number} before each schedule; {"count": schedules, "steps": n,
"unfit": n} now and then; {"finding": {...}} with a schedule as it was drawn and as it was shrunk,
and the name of its history in the guest's directory; {"known": number} at the first sight of a
known difference; {"error": text, "hint": text}; {"done": last}.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.explore import allocations
from harness.explore.draw import drawn
from harness.explore.perform import Performed, named, perform, rule_of
from harness.explore.schedule import FaultSchedule
from harness.explore.shrink import shrunk
from harness.guests import modules
from harness.guests.facts import measure
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.history import save
from harness.labs import registry
from harness.record.net import Stage

COUNT_EVERY = 20  # schedules
FRESH_AFTER = 2000  # schedules: then a fresh guest continues, with all of its memory
SAME = 3  # findings of one rule that are shrunk by one guest; further ones are counted


def main(directory: Path) -> None:
    """Do the job of `directory`."""
    job = Job.load(directory)
    with ReportFile(directory, sync=job.writeback) as stream:
        try:
            SearchInGuest(job, directory, stream).run()
        except HarnessError as error:
            stream.write(error=error.message, hint=error.hint)


class SearchInGuest:
    """The search in one guest: every `stride`-th schedule from number `first` on."""

    def __init__(self, job: Job, directory: Path, stream: ReportFile) -> None:
        self._asked, self._directory, self._stream = job.options, directory, stream
        lab = registry.open_lab(registry.DEFAULT, modules.need, {})
        self._stage = Stage("harness explore", asdict(measure(job)), lab)
        self._known: set[str] = set(self._asked["known"])
        self._met: set[int] = set()  # known differences
        self._of_rule: Counter[str] = Counter()
        self._done, self._steps, self._unfit = 0, 0, 0

    def run(self) -> None:
        """Perform schedules until a fresh guest is due; raises NotTestable."""
        if self._asked["allocations"]:
            allocations.prepare()
        self._stream.write(release=self._stage.facts["kernel"])
        gc.disable()
        number = -1
        for number, schedule in self._schedules():
            self._stream.write(start=number, schedule=schedule.plain() if number < 0 else None)
            self._perform(number, schedule)
            if self._done % COUNT_EVERY == 0:
                gc.collect()  # at each schedule it would take a sixth of the time
                gc.freeze()  # modules stay, and are not examined again
                self._count()
        self._count()
        self._stream.write(done=number)

    def _schedules(self) -> Iterator[tuple[int, FaultSchedule]]:
        """Yield numbered schedules: those of the corpus first, with negative numbers."""
        for place, plain in enumerate(self._asked["first"]):
            yield -1 - place, FaultSchedule.of(plain)
        seed, at, stride = (int(self._asked[name]) for name in ("seed", "at", "stride"))
        modes = tuple(self._asked["modes"])
        stop = min(int(self._asked["stop"]), at + stride * FRESH_AFTER)
        for number in range(at, stop, stride):
            yield number, drawn(seed, number, modes, allocations=self._asked["allocations"])

    def _perform(self, number: int, schedule: FaultSchedule) -> None:
        self._done += 1
        self._steps += len(schedule.whole)
        try:
            performed = perform(schedule, named(self._stage, schedule))
        except HarnessError as error:
            self._unfit += 1
            self._stream.write(unfit=str(error), number=number)
            return
        for difference in performed.known - self._met:
            self._met.add(difference)
            self._stream.write(known=difference)
        for rule in dict.fromkeys(refusal.rule for refusal in performed.findings):
            self._of_rule[rule] += 1
            if self._of_rule[rule] <= SAME and rule not in self._known:
                self._find(number, schedule, rule)
            else:
                self._stream.write(again=rule)

    def _find(self, number: int, schedule: FaultSchedule, rule: str) -> None:
        """Confirm a finding by repetition, shrink it, and report it."""

        def refused(tried: FaultSchedule) -> bool:
            self._steps += len(tried.whole)
            return rule in rule_of(tried, named(self._stage, tried))

        if not refused(schedule):
            self._stream.write(unconfirmed=rule, number=number)
            return
        small = shrunk(schedule, refused)
        last = perform(small, named(self._stage, small))
        self._report(number, schedule, small, rule, last)

    def _report(
        self,
        number: int,
        was: FaultSchedule,
        small: FaultSchedule,
        rule: str,
        last: Performed,
    ) -> None:
        name = f"{small.key}-{rule}.jsonl"
        save(last.history, self._directory / name)
        begun = last.history.mark("disturb") or 0
        found: dict[str, Any] = {
            "rule": rule,
            "number": number,
            "schedule": small.plain(),
            "drawn": was.plain(),
            "refusals": [
                asdict(replace(refusal, at=refusal.at - begun))
                for refusal in last.findings
                if refusal.rule == rule
            ],
            "release": last.history.about.kernel.release,
            "history": name,
        }
        self._stream.write(finding=found)

    def _count(self) -> None:
        self._stream.write(count=self._done, steps=self._steps, unfit=self._unfit)
        self._done = self._steps = self._unfit = 0
