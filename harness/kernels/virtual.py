"""Kernels with virtual time: the clock jumps to the next timer as soon as every process sleeps.

In such a guest computation takes no time, so events depend only on the scenario's own requests.
Without random numbers from the host, a scenario produces the same figures in every run, and with
few exceptions the same history, byte for byte: which of two kernel threads runs first at one
instant depends on the guest's memory as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness.guests import modules

CLOCK = "virtual"
TRAVEL = "time-travel=inf-cpu"
# The guest's wall clock at boot, 2024-01-01 in ns: any fixed date.
START = "time-travel-start=1704067200000000000"
# Parameters for drivers that are built in.
BUILT_IN = tuple(f"{module}.{value}" for module, value in modules.PARAMETERS.items())
NO_HOST_ENTROPY = Path(__file__).with_name("no_host_entropy.py")


def without_host_entropy() -> list[str]:
    """Return the command prefix that runs a kernel without the host's random numbers."""
    return [sys.executable, "-I", "-S", str(NO_HOST_ENTROPY)]
