"""What a run is about to do, in a line: how many tests, in which kernels, for how long."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.kernels import Kernel
from harness.plural import counted
from harness.session.fleet import Fleet

# Seconds that a scenario takes a guest: the means over all scenarios on two slow cores. What they
# took before may have been on a kernel with another clock. A processor that is emulated is ten
# times slower (see `harness.kernels.qemu`).
USUAL = {"virtual": 0.2, "real": 3.2}
EMULATED = 10


def line(fleet: Fleet, items: Iterable[pytest.Item], guests: int) -> str:
    """Return the line that stands before a run's first result."""
    labels = [label for label in map(fleet.label, items) if label in fleet.kernels]
    seconds = sum(_seconds(fleet.kernels[label]) for label in labels)
    used = max(1, min(guests, len(labels)))
    clocks = " and ".join(dict.fromkeys(kernel.clock for kernel in fleet.kernels.values()))
    where = f"{fleet.title} ({clocks} time, {counted(used, 'guest')})"
    return f"{counted(len(labels), 'test')} in {where}: {spoken(seconds / used)}"


def _seconds(kernel: Kernel) -> float:
    emulated = getattr(kernel, "accelerator", "") == "tcg"
    return USUAL[kernel.clock] * (EMULATED if emulated else 1)


def spoken(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 8:
        return "some seconds"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10 or 10:.0f} s"
    return f"about {max(1, round(seconds / 60)):.0f} min"
