"""Run one job in one guest: create the job, boot the guest, read its lines until it ends."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import GuestDied
from harness.guests.guests import Guest, Guests
from harness.guests.job import Job, environment, interpreter_path
from harness.guests.kernel import Kernel

POLL = 0.05  # seconds
LAST_LINES = 12  # of the console, in an error


def job_for(kernel: Kernel, work: str, **fields: Any) -> Job:
    """Return the job that calls `work`, "module:function", in a guest of a kernel.

    `fields` are other fields of Job; they override the defaults from the kernel and this process.
    """
    defaults: dict[str, Any] = {
        "rootdir": "/",
        "files": (),
        "ids": (),
        "results": "",
        "path": interpreter_path(),
        "environment": {"PATH": os.defpath} | environment(),
        "executable": sys.executable,
        "modules": kernel.modules,
        "kernel": kernel.name,
        "spec": kernel.spec,
        "clock": kernel.clock,
        "writeback": kernel.writeback,
    }
    return Job(work=work, **defaults | fields)


class Errand:
    """One guest with one job; `done` is True once it has reported a line with that key."""

    def __init__(self, guests: Guests, guest: Guest) -> None:
        self._guests = guests
        self.guest = guest
        self.done = False

    def lines(
        self, *, limit: float = math.inf, silence: float = math.inf, poll: float = POLL
    ) -> Iterator[dict[str, Any]]:
        """Yield the lines that the guest reports until it ends.

        It is killed after `limit` seconds, and after `silence` seconds without a line. `poll` is
        the interval in seconds at which the stream is read.
        """
        began = last = time.monotonic()
        while self.guest.name in self._guests.running:
            self._guests.ended(poll)
            for line in self.guest.lines():
                last = time.monotonic()
                self.done = self.done or "done" in line
                yield line
            now = time.monotonic()
            if now - began > limit:
                self._guests.kill(self.guest, f"it did not finish within {limit:g} s")
            elif now - last > silence:
                self._guests.kill(self.guest, f"it reported nothing for {silence:g} s")

    def death(self) -> GuestDied:
        """Return the error for a guest that ended early, with the end of its console."""
        console = "".join(f"\n  {line}" for line in self.guest.tail(LAST_LINES))
        return GuestDied(
            f"the guest did not finish: {self.guest.ending()}; the end of its console:{console}",
            hint="harness kernels check SPEC shows whether the kernel works",
        )


@contextmanager
def errand(kernel: Kernel, name: str, job: Job) -> Iterator[Errand]:
    """Boot a guest for a job, and kill it when the block ends; raises LabError."""
    with Guests(kernel) as guests:
        yield Errand(guests, guests.boot(name, job))
