"""The time between two events of a history, and how exact it is."""

from __future__ import annotations

from harness.history import History
from harness.judge import traffic
from harness.judge.lateness import Late, lateness
from harness.units import Measured, in_ms


def elapsed(
    history: History,
    what: str,
    start: int,
    stop: int | None,
    step: int = 0,
    *,
    clocks: bool = False,
) -> Measured:
    """Return the time between two events (ns); no `stop`: the second one did not come.

    If the events are of two `clocks`, the tester's and a machine's, their error is added to the
    tolerance.
    """
    end = traffic.end_at(history) if stop is None else stop
    jiffy = traffic.jiffy(history)
    usual = traffic.jitter(history)
    late = Late(usual) if stop is None else lateness(history, start, end)
    parts = [f"one jiffy {in_ms(jiffy)}", late.text(usual)]
    if step:
        parts.insert(0, f"probe interval {in_ms(step)}")
    apart = traffic.clock_error(history) if clocks else 0
    if apart:
        parts.append(f"clocks apart by {in_ms(apart)}")
    tolerance = jiffy + late.ns + step + apart
    return Measured(what, end - start, tolerance, " + ".join(parts), happened=stop is not None)
