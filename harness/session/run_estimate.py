"""One line before a run: how many tests, in which kernels, for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from harness.kernels import Kernel
from harness.plural import counted
from harness.session import axis, duts, wall_time
from harness.session.fleet import Fleet
from harness.session.wall_time import BOOT, Times

# Seconds (of wall time) that a scenario takes a guest where nothing is known of it or of others on
# its kernel: the means over all scenarios on two slow cores. A processor that is emulated is ten
# times slower (see `harness.kernels.qemu`).
USUAL = {"virtual": 0.2, "real": 3.2}
EMULATED = 10


def line(config: pytest.Config, fleet: Fleet, items: Iterable[pytest.Item], guests: int) -> str:
    """Return the line that is printed before a run's first result."""
    work: dict[str, list[str]] = {}
    for item in items:
        if (label := fleet.label(item)) in fleet.kernels:
            work.setdefault(label, []).append(axis.scenario_of(item))
    count = sum(map(len, work.values()))
    used = max(1, min(guests, count))
    before = wall_time.known(config)
    took = {label: before.get(wall_time.key(config, fleet.kernels[label]), {}) for label in work}
    seconds = sum(
        expected(names, took[label], _usual(fleet.kernels[label])) for label, names in work.items()
    )
    seconds *= config.getoption("repeat", default=1)
    boot = max((times.get(BOOT, 0.0) for times in took.values()), default=0.0)
    clocks = " and ".join(dict.fromkeys(kernel.clock for kernel in fleet.kernels.values()))
    title = duts.title(config) or fleet.title
    where = f"{title} ({clocks} time, {counted(used, 'guest')})"
    return f"{counted(count, 'test')} in {where}: {spoken(boot + seconds / used)}"


def each(
    config: pytest.Config, fleet: Fleet, items: Mapping[str, pytest.Item]
) -> dict[str, float]:
    """Return the expected duration of each item in a guest, in seconds, by its id."""
    before = wall_time.known(config)
    runs = config.getoption("repeat", default=1)
    seconds = {}
    for nodeid, item in items.items():
        kernel = fleet.kernels.get(fleet.label(item))
        took = before.get(wall_time.key(config, kernel), {}) if kernel else {}
        usual = _usual(kernel) if kernel else 0.0
        seconds[nodeid] = runs * took.get(axis.scenario_of(item), _mean(took, usual))
    return seconds


def expected(names: Iterable[str], took: Times, usual: float) -> float:
    """Return the expected duration of scenarios in one guest, in seconds, by earlier runs.

    One that never ran counts as the mean of the others, or as `usual` if none ran.
    """
    mean = _mean(took, usual)
    return sum(took.get(name, mean) for name in names)


def _mean(took: Times, usual: float) -> float:
    known = [seconds for name, seconds in took.items() if name != BOOT]
    return sum(known) / len(known) if known else usual


def _usual(kernel: Kernel) -> float:
    emulated = getattr(kernel, "accelerator", "") == "tcg"
    return USUAL[kernel.clock] * (EMULATED if emulated else 1)


def spoken(seconds: float) -> str:
    """Return a duration in words."""
    if seconds < 8:
        return "some seconds"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10 or 10:.0f} s"
    return f"about {max(1, round(seconds / 60)):.0f} min"
