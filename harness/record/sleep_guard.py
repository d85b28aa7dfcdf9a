"""Reject `time.sleep` in a recorded block: nothing is recorded while it sleeps."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import SupportsIndex

from harness.errors import ScenarioError
from harness.loop import SECOND, Loop
from harness.units import MS, in_ms

LONGEST = 100 * MS  # in virtual time, nothing but a sleep takes so long between two pumps
OWN = sys.stdlib_module_names | {"harness", "tenacity"}


@contextmanager
def without_sleep(loop: Loop, *, strict: bool) -> Iterator[None]:
    """Raise ScenarioError when the block calls `time.sleep`.

    A sleep that was imported by name, or a command that sleeps, is detected when the block ends
    if the clock is virtual (`strict`): nothing else takes time there.
    """
    real, recording = time.sleep, threading.get_ident()
    loop.attend()

    def rejected(seconds: float | SupportsIndex) -> None:
        caller = str(sys._getframe(1).f_globals.get("__name__", ""))  # noqa: SLF001
        other = threading.get_ident() != recording  # it waits for a switch: recording goes on
        if other or caller.partition(".")[0] in OWN:
            real(seconds)
            return
        raise ScenarioError(
            f"time.sleep({seconds}) stops the recording", hint=_hint(float(seconds))
        )

    time.sleep = rejected
    try:
        yield
    finally:
        time.sleep = real
    if strict and loop.idle() > LONGEST:
        raise ScenarioError(
            f"nothing was recorded for {in_ms(loop.away)} in the block: a sleep, or a command "
            "that takes long",
            hint=_hint(loop.away / SECOND),
        )


def _hint(seconds: float) -> str:
    return f"wait while recording: net.after({round(seconds * 1000)} * ms)"
