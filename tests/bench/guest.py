"""A guest that works for the benchmark: how it is booted and followed, and how it reports."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import GuestDied
from harness.guests.guests import Guest, Guests
from harness.guests.job import Job, environment, interpreter_path
from harness.kernels import Kernel

POLL = 0.005  # seconds: half of what the host counts a process's time in
SILENCE = 120.0  # seconds without a word after which a guest is given up
Line = dict[str, Any]
Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all figures are measured with; `root` holds `scenarios/`."""

    kernel: Kernel
    choice: str
    rounds: int
    root: Path
    facts: Line = field(default_factory=dict)

    def guest(self, work: str, heard: Callable[[Guest, Line], None], **more: Any) -> Guest:
        """Have a guest call `work`, "module:function", and give every line it reports to `heard`.

        `more` are fields of its Job. Raises GuestDied with its console where it does not end well.
        """
        with Guests(self.kernel) as guests:
            guest = guests.boot("bench", self._job(work, more))
            done, last = False, time.monotonic()
            while guests.running:
                guests.ended(POLL)
                for line in guest.lines():
                    last = time.monotonic()
                    done = done or "done" in line
                    self.facts.update(line.get("facts", {}))
                    heard(guest, line)
                if time.monotonic() - last > SILENCE:
                    guests.kill(guest, f"it said nothing for {SILENCE:g} s")
            if not done:
                raise GuestDied(f"{work}: {guest.ending()}\n" + "\n".join(guest.tail()))
        return guest

    def lines(self, work: str, **options: Any) -> list[Line]:
        """Have a guest call `work` with options; return all that it reported."""
        said: list[Line] = []
        self.guest(work, lambda _, line: said.append(line), options=options)
        return said

    def _job(self, work: str, more: Mapping[str, Any]) -> Job:
        wanted: dict[str, Any] = {"files": (), "ids": (), "results": "", **more}
        return Job(
            rootdir=str(self.root),
            path=(str(self.root), *interpreter_path()),
            environment=environment() | {"PATH": os.environ.get("PATH", os.defpath)},
            executable=sys.executable,
            modules=self.kernel.modules,
            kernel=self.kernel.name,
            writeback=self.kernel.writeback,
            work=work,
            **wanted,
        )


@contextmanager
def reporting(directory: Path) -> Iterator[tuple[Mapping[str, Any], Say]]:
    """In the guest: give the job's options and what reports a line to the benchmark."""
    from harness.session.worker import Stream, tidy  # noqa: PLC0415  (it loads pytest, as the worker does)

    job = Job.load(directory)

    with Stream(directory / "stream.jsonl", sync=job.writeback) as stream:

        def say(**line: Any) -> None:
            stream.write(**line)
            tidy()  # as the worker does it, after each scenario

        say(facts=asdict(measured(directory)))
        yield job.options, say
        stream.write(done=0)


def measured(directory: Path) -> Any:
    """Return the facts about the guest's kernel, measured once."""
    from harness.guests.facts import measure  # noqa: PLC0415  (the host does without)

    job = Job.load(directory)
    return measure(job.lab, job.kernel, job.clock)
