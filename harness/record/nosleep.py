"""A scenario's own sleep would let the recording stand still: it is refused by its name."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import SupportsIndex

from harness.errors import ScenarioError
from harness.loop import SECOND, Loop
from harness.units import MS, in_ms

STILL = 100 * MS  # with virtual time only who sleeps lets so much of it pass
OWN = sys.stdlib_module_names | {"harness", "tenacity"}


@contextmanager
def without_sleep(loop: Loop, *, strict: bool) -> Iterator[None]:
    """Refuse `time.sleep` in a block that is recorded; raises ScenarioError that names it.

    A sleep by another name (`from time import sleep`, a command) shows afterwards, where the
    clock is `strict`: nothing else takes time there.
    """
    real, loop.away = time.sleep, 0

    def refused(seconds: float | SupportsIndex) -> None:
        caller = str(sys._getframe(1).f_globals.get("__name__", ""))  # noqa: SLF001
        if caller.partition(".")[0] in OWN:
            real(seconds)
            return
        raise ScenarioError(
            f"time.sleep({seconds}) stops the recording", hint=_hint(float(seconds))
        )

    time.sleep = refused
    try:
        yield
    finally:
        time.sleep = real
    if strict and loop.idle() > STILL:
        raise ScenarioError(
            f"the block let the recording stand still for {in_ms(loop.away)}: a sleep, or a "
            "command that takes its time",
            hint=_hint(loop.away / SECOND),
        )


def _hint(seconds: float) -> str:
    return f"wait on the record: net.after({round(seconds * 1000)} * ms)"
