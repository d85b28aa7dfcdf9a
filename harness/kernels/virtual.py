"""Kernels with virtual time: the clock jumps to the next timer as soon as every process sleeps.

In such a guest computing takes no time, so what happens depends on nothing but what was asked:
with chance taken away as well, a scenario gives the same history each time, byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness.guests import modules

CLOCK = "virtual"
TRAVEL = "time-travel=inf-cpu"
# The guest's wall clock at its boot, 2024-01-01 in ns: any fixed date will do.
START = "time-travel-start=1704067200000000000"
# For drivers that are built in, what modules get as parameters.
BUILT_IN = tuple(f"{module}.{value}" for module, value in modules.PARAMETERS.items())
STEADY = Path(__file__).with_name("no_host_entropy.py")


def steadied() -> list[str]:
    """Return the command that starts another one cut off from the machine's random numbers."""
    return [sys.executable, "-I", "-S", str(STEADY)]
