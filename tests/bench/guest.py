"""A guest that works for the benchmark: how it is booted and followed, and how it reports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.guests.errand import errand, job_for
from harness.guests.guests import Guest
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.kernels import Kernel

POLL = 0.005  # seconds: half of what the host counts a process's time in
SILENCE = 120.0  # seconds without a line after which the guest is killed
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
        job = job_for(self.kernel, work, rootdir=str(self.root), **more)
        job = replace(job, path=(str(self.root), *job.path))
        with errand(self.kernel, "bench", job) as bench:
            for line in bench.lines(silence=SILENCE, poll=POLL):
                self.facts.update(line.get("facts", {}))
                heard(bench.guest, line)
            if not bench.done:
                raise bench.death()
        return bench.guest

    def pytest(
        self, *arguments: str, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run pytest in the checkout with this kernel, and with more in its environment."""
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"--kernel={self.choice}", *arguments],
            cwd=self.root,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def lines(self, work: str, **options: Any) -> list[Line]:
        """Have a guest call `work` with options; return all that it reported."""
        reported: list[Line] = []
        self.guest(work, lambda _, line: reported.append(line), options=options)
        return reported


@contextmanager
def reporting(directory: Path) -> Iterator[tuple[Mapping[str, Any], Say]]:
    """In the guest: give the job's options and what reports a line to the benchmark."""
    from harness.session.worker import tidy  # noqa: PLC0415  (it loads pytest, as the worker does)

    job = Job.load(directory)

    with ReportFile(directory, sync=job.writeback) as stream:

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
    return measure(job)
