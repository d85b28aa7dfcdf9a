"""Durations of scenarios on the clock of the machine that runs them, not of their guests.

They are kept from session to session, for each kernel and lab, by scenario: in virtual time a
guest's own durations do not show how long a run will take.
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
        """Return the duration of each scenario that ended in these lines, a guest's latest.

        Those that ended between two calls share the time between them.
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
    """Return the key of times in the cache: a kernel, its clock and the lab."""
    accelerator = getattr(kernel, "accelerator", "")
    return " ".join(
        filter(None, (kernel.name, kernel.clock, accelerator, config.getoption("lab")))
    )


def known(config: pytest.Config) -> dict[str, dict[str, float]]:
    """Return the durations of earlier sessions, in seconds, by key and scenario."""
    cache = getattr(config, "cache", None)
    found = cache.get(CACHE, {}) if cache else {}
    return found if isinstance(found, dict) else {}


class WallTimes:
    """The durations of a session's items, in seconds: by id in `seconds`, and for the cache."""

    def __init__(self, config: pytest.Config) -> None:
        self.seconds: dict[str, float] = {}
        self._config = config
        self._by_key: dict[str, dict[str, float]] = {}

    def add(
        self, kernel: Kernel, watch: Stopwatch, scenarios: Mapping[str, str], lines: Lines
    ) -> None:
        """Add the latest lines of a guest; `scenarios` are the scenarios' names by id."""
        laps = watch.laps(lines)
        self.seconds |= laps
        times = self._by_key.setdefault(key(self._config, kernel), {})
        runs = self._config.getoption("repeat", default=1)  # the time of one is kept
        times |= {scenarios[name]: took / runs for name, took in laps.items() if name in scenarios}
        if watch.boot is not None:
            times[BOOT] = watch.boot

    def keep(self) -> None:
        """Write them to the cache, beside those of earlier sessions."""
        cache = getattr(self._config, "cache", None)
        if cache:
            before = known(self._config)
            now = {name: before.get(name, {}) | times for name, times in self._by_key.items()}
            cache.set(CACHE, before | now)
