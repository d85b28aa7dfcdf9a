"""Start at the same state of a virtual clock each time, whatever ran in the guest before.

A guest's clock shows multiples of 256 ns, and each reading advances it by one (timer_read,
arch/um/kernel/time.c). The time behind it has a resolution of 1 ns; the difference of the two is
called the phase here. A timer is programmed with the rest of its time on the clock, so it fires
later by the phase. If the clock still shows less than the expiry then, it is programmed again, for
500 ns at least. Both leave another phase, so it depends on all timers since boot; and it decides
whether later events are stamped 256 ns earlier or later. No call returns the phase, but how late a
sleep ends shows which way its timer took: bisection finds it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import time

from harness.loop import SECOND, now
from harness.polling import Timespec

STEP = 256  # ns by which a reading moves the clock on (TIMER_MULTIPLIER)
PROGRAMMING_COST = 1  # ns that programming a timer adds, as measured
SHORTEST_TIMER = 500 + PROGRAMMING_COST  # ns; the kernel's TIMER_MIN_DELTA
# The kernel removes namespaces in the background and delays link events by up to 1 s (linkwatch).
IDLE_TIME = 10 * SECOND
PHASE_SEARCH = 500_000  # ns before the time to begin at, in which the phase is found
SLEEP_TO_SLEEP = 64 * STEP  # ns from a short sleep to the end of the next, calls included
ABSOLUTE = 1  # TIMER_ABSTIME of clock_nanosleep(2)


def begin(grain: int) -> int:
    """Sleep until a multiple of `grain` ns, when the kernel is done with earlier networks."""
    _sleep(now() + IDLE_TIME)
    return align(grain)


def align(grain: int) -> int:
    """Sleep until the clock shows a multiple of `grain` ns, with a phase of 0, and return it."""
    target = ((now() + PHASE_SEARCH) // grain + 1) * grain
    _sleep(target - PHASE_SEARCH)
    _settle()
    _sleep(target)
    return target


def _settle() -> None:
    """Bring the phase to 0 by nine short sleeps."""
    low, high = 0, STEP - 1  # the phase is in this range
    while low < high:
        middle = (low + high + 1) // 2
        beyond = STEP - middle
        if _one_shot(beyond):
            low, high = 0, high - middle
        else:
            more = beyond + SHORTEST_TIMER - 2 * STEP
            low, high = low + more, middle - 1 + more
    if low:
        _one_shot(STEP - low)


def _one_shot(beyond: int) -> bool:
    """Sleep to `beyond` ns after a step of the clock; return whether the timer fired only once.

    It does where the phase and `beyond` are a step together: what is more is the phase then. Else
    the second time adds `SHORTEST_TIMER` to them, a little less than two steps.
    """
    step = now() + SLEEP_TO_SLEEP
    _sleep(step + beyond - PROGRAMMING_COST)
    return now() - step <= 2 * STEP


_libc = ctypes.CDLL(None, use_errno=True)


def _sleep(until: int) -> None:
    """Sleep until a time on the clock, which Python's own sleep reads, and rounds."""
    limit = ctypes.byref(Timespec(*divmod(until, SECOND)))
    error = errno.EINTR
    while error == errno.EINTR:
        error = _libc.clock_nanosleep(time.CLOCK_MONOTONIC, ABSOLUTE, limit, None)
    if error:
        raise OSError(error, os.strerror(error), "clock_nanosleep")
