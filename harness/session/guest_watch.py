"""The state of a guest while it runs, and when it counts as hung."""

from __future__ import annotations

import time
from typing import Any

import pytest

from harness.guests.guests import Guest
from harness.session import worker_arguments
from harness.session.unsupported import TimeLimit
from harness.session.wall_time import Stopwatch

BOOT_LIMIT = 60.0  # seconds until a guest's worker must have begun
EXIT_LIMIT = 10.0  # seconds a guest may take to power off
SPINS = (
    "\nhint: the virtual clock stands still while code computes, so a loop that polls the time or "
    "a file without waiting never ends: net.after(100 * ms) in a recording, time.sleep() outside"
)
WORKED = (0, 1, 5)  # of pytest: all passed, some failed, no test was found


class Watch:
    """The state of a guest while it runs."""

    def __init__(self, guest: Guest, ids: list[str]) -> None:
        self.guest = guest
        self.ids = ids
        self.running: str | None = None
        self.begun = False
        self.status: int | None = None
        self.absences: dict[str, list[str]] = {}
        self.spent = False
        self.internal = ""
        self.uncollected: dict[str, str] = {}
        self.hung = False
        self.stopwatch = Stopwatch()
        self._since = time.monotonic()

    def note(self, line: dict[str, Any]) -> None:
        """Update the state from a line of the stream."""
        self._since = time.monotonic()
        self.begun = True
        self.running = line.get("start", self.running)
        self.status = line.get("done", self.status)
        self.absences |= line.get("absent", {})
        self.spent = self.spent or "spent" in line
        self.internal = line.get("internal", self.internal)
        if "collect" in line:
            path, text = line["collect"]
            self.uncollected[path] = text

    @property
    def worked(self) -> bool:
        """Whether its pytest ended normally, having run or collected items."""
        if self.status is None:
            return False
        return self.status in WORKED or bool(self.running or self.uncollected)

    def overdue(self, limit: TimeLimit) -> str:
        """Return why the guest has to be killed, "" while it is within its limits."""
        waited = time.monotonic() - self._since
        if self.status is not None:
            return "it did not power off" if waited > EXIT_LIMIT else ""
        if not self.begun:
            late = waited > BOOT_LIMIT
            return f"it did not reach its worker within {BOOT_LIMIT:g} s" if late else ""
        if self.running is None:
            late = waited > max(
                limit.seconds, BOOT_LIMIT
            )  # a scenario's limit does not apply to collection
            return f"it began no scenario within {waited:.0f} s" if late else ""
        self.hung = waited > limit.seconds
        if not self.hung:
            return ""
        hint = SPINS if self.guest.job.clock == "virtual" else ""
        return f"stopped after {limit.seconds:g} s ({limit.set_by}){hint}"

    def absent(self, item: pytest.Item) -> str:
        """Return why the worker never ran an item of its list."""
        for path, text in self.uncollected.items():
            if item.nodeid.startswith(path):
                return f"the guest could not collect it:\n{text}"
        if self.internal or item.nodeid in self.absences or self.status in WORKED:
            return self.internal or worker_arguments.absence(self.absences.get(item.nodeid, []))
        return (
            f"the guest's pytest ended with status {self.status} before this test\n"
            "hint: a conftest.py or one of your plugins ends the session (session.shouldstop)"
        )
