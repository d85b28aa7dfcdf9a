"""What scenarios take on the clock of the machine that runs them, not on their guests' clocks.

It is remembered from session to session, for each kernel and lab, by scenario: in virtual time a
guest's own durations say nothing about how long a run will take.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from harness.kernels import Kernel

CACHE = "harness/wall"
BOOT = ""  # the time of a guest before its first scenario

Times = Mapping[str, float]
Lines = Iterable[Mapping[str, Any]]


class Stopwatch:
    """The wall time of one guest, in seconds: until its first scenario, then for each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.boot: float | None = None

    def laps(self, lines: Lines) -> dict[str, float]:
        """Return what each scenario took that ended in these lines, the latest of a guest.

        Those that ended between two looks share the time between them.
        """
        now, lines = self._clock(), list(lines)
        if self.boot is None and any("start" in line for line in lines):
            self.boot, self._last = now - self._last, now
        reports = [line["report"] for line in lines if "report" in line]
        ended = [report["nodeid"] for report in reports if report["when"] == "teardown"]
        if not ended:
            return {}
        each, self._last = (now - self._last) / len(ended), now
        return dict.fromkeys(ended, each)


def key(config: pytest.Config, kernel: Kernel) -> str:
    """Return what times are remembered under: they hold for a kernel, its clock and the lab."""
    accelerator = getattr(kernel, "accelerator", "")
    return " ".join(
        filter(None, (kernel.name, kernel.clock, accelerator, config.getoption("lab")))
    )


def known(config: pytest.Config) -> dict[str, dict[str, float]]:
    """Return what scenarios took in earlier sessions, in seconds, by key and scenario."""
    cache = getattr(config, "cache", None)
    found = cache.get(CACHE, {}) if cache else {}
    return found if isinstance(found, dict) else {}


class WallTimes:
    """What the items of a session took, in seconds: by id in `seconds`, and to be remembered."""

    def __init__(self, config: pytest.Config) -> None:
        self.seconds: dict[str, float] = {}
        self._config = config
        self._taken: dict[str, dict[str, float]] = {}

    def take(
        self, kernel: Kernel, watch: Stopwatch, scenarios: Mapping[str, str], lines: Lines
    ) -> None:
        """Take the latest lines of a guest; `scenarios` are called by id."""
        laps = watch.laps(lines)
        self.seconds |= laps
        times = self._taken.setdefault(key(self._config, kernel), {})
        runs = self._config.getoption("repeat", default=1)  # one of them is remembered
        times |= {scenarios[name]: took / runs for name, took in laps.items() if name in scenarios}
        if watch.boot is not None:
            times[BOOT] = watch.boot

    def keep(self) -> None:
        """Remember them for later sessions, beside what others took before."""
        cache = getattr(self._config, "cache", None)
        if cache:
            before = known(self._config)
            now = {name: before.get(name, {}) | times for name, times in self._taken.items()}
            cache.set(CACHE, before | now)
