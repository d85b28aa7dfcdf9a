"""The host's side of the search: guests perform schedules; findings and deaths are kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.errors import LabError
from harness.explore.corpus import Corpus, history_of
from harness.explore.draw import drawn
from harness.explore.finding import DIED, FoundDifference
from harness.explore.schedule import FaultSchedule
from harness.guests.errand import job_for
from harness.guests.guests import Guest, Guests
from harness.guests.kernel import Kernel

WORK = "harness.explore.guest_main:main"
POLL = 0.5  # seconds
SILENCE = 120.0  # seconds without a line after which a guest hangs: shrinking reports nothing
LAST_LINES = 12
ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """The extent of a search: from `seed`, in `modes`, for `seconds` or at most `schedules`.

    With `until_found` the search ends at its first finding; with `allocations` some of the
    kernel's allocations fail.
    """

    seed: int
    modes: tuple[str, ...]
    seconds: float
    schedules: int = ENDLESS
    guests: int = 1
    until_found: bool = False
    allocations: bool = False


@dataclass(slots=True)
class Tally:
    """The counts of a search so far.

    `unfit` schedules could not be judged; `unconfirmed` findings did not come again. `known` has
    after how many seconds a kernel showed a known difference, by spec and number.
    """

    schedules: int = 0
    steps: int = 0
    unfit: int = 0
    unconfirmed: int = 0
    again: Counter[str] = field(default_factory=Counter)
    known: dict[tuple[str, int], float] = field(default_factory=dict)
    findings: list[FoundDifference] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        """Return the tally in one line."""
        seconds = max(time.monotonic() - self.began, 0.001)
        rate = round(self.steps * 3600 / seconds, -3)
        also = f", {self.unfit} not judged" if self.unfit else ""
        also += f", {self.unconfirmed} not confirmed" if self.unconfirmed else ""
        return (
            f"{seconds:.0f} s: {self.schedules} schedules, {self.steps} steps "
            f"({rate:,.0f} an hour){also}, {len(self.findings)} findings"
        )


@dataclass(slots=True)
class _Worker:
    """One of the guests that run at a time: its schedules, and the present one."""

    place: int
    at: int  # the number of its next schedule
    now: int | None = None
    first: list[dict[str, Any]] = field(default_factory=list)
    reported: float = field(default_factory=time.monotonic)
    done: bool = False  # whether its guest has reported that it did its job
    finished: bool = False
    died_at: set[str] = field(default_factory=set)  # keys of schedules that ended a guest once


class KernelSearch:
    """A search in one kernel; `found` is called with each finding, `say` with progress."""

    def __init__(
        self,
        kernel: Kernel,
        plan: SearchPlan,
        corpus: Corpus,
        say: Callable[[str], None],
        tally: Tally,
    ) -> None:
        self._kernel, self._plan, self._corpus, self._say = kernel, plan, corpus, say
        self.tally = tally
        self._release = ""
        self._began = 0.0
        self._keys: set[str] = set()

    def run(self) -> None:
        """Search until the time or the schedules are used up; raises LabError."""
        self._began = time.monotonic()
        end = self._began + self._plan.seconds
        first = list(self._corpus.schedules())
        workers = [
            _Worker(place, place, first=first if place == 0 else [])
            for place in range(self._plan.guests)
        ]
        reported = time.monotonic()
        with Guests(self._kernel) as guests:
            running = {worker.place: self._boot(guests, worker) for worker in workers}
            while time.monotonic() < end and not self._over(workers):
                guests.ended(POLL)
                for worker in workers:
                    if not worker.finished:
                        self._attend(guests, worker, running)
                if time.monotonic() - reported > 10:
                    reported = time.monotonic()
                    self._say(self.tally.text())

    def _over(self, workers: list[_Worker]) -> bool:
        found = self._plan.until_found and bool(self.tally.findings)
        return found or all(worker.finished for worker in workers)

    def _boot(self, guests: Guests, worker: _Worker) -> Guest:
        plan = self._plan
        worker.reported = time.monotonic()
        worker.now, worker.done = None, False
        options = {
            "seed": plan.seed,
            "modes": plan.modes,
            "allocations": plan.allocations,
            "at": worker.at,
            "stride": plan.guests,
            "stop": plan.schedules,
            "first": worker.first,
            "known": sorted(self._common()),
        }
        job = job_for(self._kernel, WORK, options=options)
        return guests.boot(f"explore-{worker.place}-{time.monotonic_ns()}", job)

    def _common(self) -> set[str]:
        """Return the rules that have enough findings."""
        counted = Counter(finding.rule for finding in self.tally.findings)
        return {rule for rule, number in counted.items() if number >= 5}

    def _attend(self, guests: Guests, worker: _Worker, running: dict[int, Guest]) -> None:
        """Read what a guest reported; replace it if it has ended."""
        guest = running[worker.place]
        over = guest.name not in guests.running
        for line in guest.lines():
            worker.reported = time.monotonic()
            self._read(worker, guest, line)
        if not over and time.monotonic() - worker.reported > SILENCE:
            guests.kill(guest, f"it reported nothing for {SILENCE:g} s")
        if not over:
            return
        if not worker.done:
            self._died(worker, guest)
        else:
            worker.first = []
        worker.finished = worker.at >= self._plan.schedules and not worker.first
        if not worker.finished:
            running[worker.place] = self._boot(guests, worker)

    def _read(self, worker: _Worker, guest: Guest, line: dict[str, Any]) -> None:
        if "start" in line:
            worker.now = int(line["start"])
            if worker.now >= 0:
                worker.at = worker.now + self._plan.guests
        elif "release" in line:
            self._release = str(line["release"])
        elif "done" in line:
            worker.done = True
        elif "finding" in line:
            found = FoundDifference.reported(line["finding"], self._kernel.spec)
            self._keep(found, history_of(guest.directory, line["finding"]["history"]))
        elif "error" in line:
            raise LabError(line["error"], hint=line["hint"])
        else:
            self._count(line)

    def _count(self, line: dict[str, Any]) -> None:
        """Add a line that only counts to the tally."""
        if "count" in line:
            self.tally.schedules += line["count"]
            self.tally.steps += line["steps"]
            self.tally.unfit += line["unfit"]
        elif "again" in line:
            self.tally.again[line["again"]] += 1
        elif "known" in line:
            met = (self._kernel.spec, int(line["known"]))
            self.tally.known.setdefault(met, time.monotonic() - self._began)
        elif "unconfirmed" in line:
            self.tally.unconfirmed += 1

    def _keep(self, finding: FoundDifference, history: str) -> None:
        key = f"{finding.rule}-{finding.schedule.key}"
        if key in self._keys:
            return
        self._keys.add(key)
        self.tally.findings.append(finding)
        folder = self._corpus.keep(finding, history)
        self._say(f"found {finding.line()}\n      {folder}")

    def _died(self, worker: _Worker, guest: Guest) -> None:
        """Perform the schedule that ended a guest once more; if that guest ends too, keep it."""
        if worker.now is None:
            raise LabError(
                f"a guest ended before its first schedule: {guest.ending()}",
                hint="harness kernels check SPEC shows whether the kernel works",
            )
        schedule = self._schedule_of(worker, worker.now)
        worker.first = []
        if schedule.key not in worker.died_at:
            worker.died_at.add(schedule.key)
            worker.first = [schedule.plain()]
            self._say(f"a guest ended ({guest.ending()}): its schedule is tried again")
            return
        console = (*guest.cause_lines(LAST_LINES), guest.ending())
        self._keep(
            FoundDifference(
                DIED, schedule, schedule, (), self._release, self._kernel.spec, console
            ),
            "",
        )

    def _schedule_of(self, worker: _Worker, number: int) -> FaultSchedule:
        if number < 0:
            return FaultSchedule.of(worker.first[-1 - number])
        plan = self._plan
        return drawn(plan.seed, number, plan.modes, allocations=plan.allocations)
