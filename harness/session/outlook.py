"""What a run is about to do, in a line: how many tests, in which kernels, for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from harness.kernels import Kernel
from harness.matrix.fleet import Fleet

# Seconds that a scenario takes a guest where it was never run: the means over all scenarios on two
# slow cores. A processor that is emulated is ten times slower (see `harness.kernels.qemu`).
USUAL = {"virtual": 0.2, "real": 3.2}
EMULATED = 10


def line(
    fleet: Fleet, items: Iterable[pytest.Item], guests: int, known: Mapping[str, float]
) -> str:
    """Return the line that stands before a run's first result."""
    names = [(item.nodeid, fleet.label(item)) for item in items]
    names = [(name, label) for name, label in names if label in fleet.kernels]
    seconds = sum(_seconds(fleet.kernels[label], known.get(name)) for name, label in names)
    used = max(1, min(guests, len(names)))
    clocks = " and ".join(dict.fromkeys(kernel.clock for kernel in fleet.kernels.values()))
    return (
        f"{_count(len(names), 'test')} in {fleet.title} ({clocks} time, {_count(used, 'guest')}): "
        f"{spoken(seconds / used)}"
    )


def _seconds(kernel: Kernel, known: float | None) -> float:
    if known is not None:
        return known
    emulated = getattr(kernel, "accelerator", "") == "tcg"
    return USUAL[kernel.clock] * (EMULATED if emulated else 1)


def spoken(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 8:
        return "some seconds"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10 or 10:.0f} s"
    return f"about {max(1, round(seconds / 60)):.0f} min"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
