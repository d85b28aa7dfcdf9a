"""The event loop of a recording: one thread, which runs timers and readers while it is pumped."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import count

from harness.polling import Poll, Readable

now = time.monotonic_ns
SECOND = 1_000_000_000
CLOCK_MONOTONIC_COARSE = 6  # linux/time.h; its resolution is the jiffy


def running_hz() -> int:
    """Return how many ticks a second the kernel has that this process runs on."""
    return round(1 / time.clock_getres(CLOCK_MONOTONIC_COARSE))


class Loop:
    """Timers and file descriptors, served while `pump` runs; all times in ns."""

    def __init__(self) -> None:
        self._timers: list[tuple[int, int, Callable[[int], None]]] = []
        self._readers: dict[Readable, Callable[[], None]] = {}
        self._poll = Poll([])
        self._serial = count()
        self.latest = 0  # the worst lateness of a timer seen, in ns
        self.served = 0  # how long it was pumped, all in all, in ns
        self.away = 0  # the longest time between two pumps, in ns
        self._left = now()

    def at(self, when: int, call: Callable[[int], None]) -> None:
        """Call `call(now)` at a time, while the loop is pumped."""
        heapq.heappush(self._timers, (when, next(self._serial), call))

    def every(
        self, interval: int, call: Callable[[int], None], start: int | None = None
    ) -> Callable[[], None]:
        """Call `call(now)` on a fixed grid of times, from now on or from a time.

        Returns a function that ends it.
        """
        running = True
        due = now() if start is None else start

        def tick(at: int) -> None:
            nonlocal due
            if not running:
                return
            call(at)
            # A grid of absolute times keeps its pace; what was missed is left out.
            due += interval * ((at - due) // interval + 1)
            self.at(due, tick)

        def stop() -> None:
            nonlocal running
            running = False

        self.at(due, tick)
        return stop

    def watch(self, source: Readable, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call()` when a source is readable; returns a function that ends it."""
        self._readers[source] = call
        self._poll = Poll(list(self._readers))

        def forget() -> None:
            if self._readers.pop(source, None) is not None:
                self._poll = Poll(list(self._readers))

        return forget

    def pump(self, until: int, done: Callable[[], bool] | None = None) -> None:
        """Serve timers and readers until a time, or until `done()` is true."""
        self.idle()
        begun = now()
        try:
            self._serve(until, done)
        finally:
            self._left = now()
            self.served += self._left - begun

    def attend(self) -> None:
        """Count the time without pumping from now on."""
        self.away, self._left = 0, now()

    def idle(self) -> int:
        """Return the longest time in ns without pumping since `attend`."""
        self.away = max(self.away, now() - self._left)
        return self.away

    def _serve(self, until: int, done: Callable[[], bool] | None) -> None:
        while True:
            at = now()
            at = self._run_timers(at)
            if at >= until or (done is not None and done()):
                return
            wake = min(until, self._timers[0][0]) if self._timers else until
            for source in self._poll.wait(wake - at):
                call = self._readers.get(source)
                if call is not None:
                    call()

    def _run_timers(self, at: int) -> int:
        while self._timers and self._timers[0][0] <= at:
            due, _, call = heapq.heappop(self._timers)
            self.latest = max(self.latest, at - due)
            call(at)
        return at
