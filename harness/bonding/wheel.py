"""How late a kernel timer may expire: the arithmetic of the timer wheel.

The bonding monitors are delayed work that queues itself again when it has run, so each period is
one timer. Level n of the wheel has buckets of 8**n jiffies; a timer goes into the bucket *after*
the one its expiry falls into and fires when that bucket begins (calc_index and calc_wheel_index,
kernel/time/timer.c). So it is never early, and late by up to one bucket.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.units import Span

SECOND = 1_000_000_000
FIRST_LEVEL = 63  # LVL_START(1): from so many jiffies on, buckets are coarser
SHIFT = 3
COMMON_LEVEL = 4  # timers of up to 43 minutes where HZ is 100; a multiple of its bucket is free
LEVELS = 8  # nine where HZ > 100, but no option of a bond reaches the ninth


@dataclass(frozen=True, slots=True)
class Period:
    """The length of one period of a re-arming timer, in ns.

    `best` and `worst` bound every one but the first, which starts somewhere within a jiffy.
    `usual` is their length when the work runs in the jiffy in which its timer expired: it then
    starts at the edge of a bucket each time.
    """

    best: int
    usual: int
    worst: int


def jiffy(hz: int) -> int:
    """Return the length of a jiffy in ns."""
    if hz < 1:
        raise ScenarioError(f"HZ is {hz}", hint="a kernel has at least one tick a second")
    return SECOND // hz


def jiffies(ns: int, hz: int) -> int:
    """Return a time as jiffies, rounded up, as msecs_to_jiffies does."""
    return -(-ns * hz // SECOND)


def bucket(delta: int) -> int:
    """Return the bucket size, in jiffies, for a timer that is `delta` jiffies away."""
    level = 0
    while level < LEVELS - 1 and delta >= FIRST_LEVEL << (level * SHIFT):
        level += 1
    return int(1 << (level * SHIFT))


def wheel(ns: int, hz: int) -> Period:
    """Return the periods of delayed work that re-arms itself with a delay of `ns`."""
    if ns <= 0:
        return Period(0, 0, 0)
    delta = jiffies(ns, hz)
    # The wheel's clock is one jiffy ahead while timers of this jiffy run, hence delta - 1.
    fine, coarse = bucket(delta - 1), bucket(delta)
    usual = (delta // fine + 1) * fine
    return Period((delta + 1) * jiffy(hz), usual * jiffy(hz), (delta + coarse) * jiffy(hz))


def period(ns: int, hz: int) -> int:
    """Return the longest real period, in ns, of a monitor configured to `ns`."""
    return wheel(ns, hz).worst


def stretched(ns: int, hz: int, times: int = 1) -> Span:
    """Return `times` periods of `ns` as documented, with the delay of the wheel as slack."""
    return Span(ns * times, (period(ns, hz) - ns) * times)


def grain(hz: int) -> int:
    """Return the distance in ns between times that lie alike in the buckets of all usual timers.

    Buckets count from boot: a timer of 100 s that starts anywhere fires up to 5 s later or not.
    It does the same each time once it starts at the same place in its bucket; a coarser one
    begins where finer ones do. How many jiffies the kernel's count is ahead of its clock
    (INITIAL_JIFFIES) is the same in every boot, so multiples on the clock will do.
    """
    return jiffy(hz) << (COMMON_LEVEL * SHIFT)
