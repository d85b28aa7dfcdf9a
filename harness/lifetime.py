"""Processes that end with the one that started them, however that ends."""

from __future__ import annotations

import ctypes
import signal

PR_SET_PDEATHSIG = 1

# Loaded before a process is forked that calls `end_with_parent`: there it could wait for a lock.
libc = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends.

    guests/init.py and guests/supervisor.py do so themselves: they run as scripts that import
    nothing of the harness.
    """
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
