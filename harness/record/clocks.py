"""Clock offsets of a recording's machines, measured before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import Inconclusive
from harness.history import ClockAbout
from harness.lab import Clock, Network
from harness.units import in_ms

DRIFT = 10_000  # two clocks drift by less than 1 ns in so many ns (100 ppm; quartz: 20 to 50)


def read(network: Network, machines: Iterable[str]) -> dict[str, Clock]:
    """Measure the clock of each machine whose clock is not the tester's."""
    clocks = {name: network.host(name).clock() for name in dict.fromkeys(machines)}
    return {name: clock for name, clock in clocks.items() if clock != Clock()}


def compared(
    before: Mapping[str, Clock], after: Mapping[str, Clock], lasted: int
) -> dict[str, ClockAbout]:
    """Return each clock's offset and error (ns) during a recording of `lasted` ns.

    Raises Inconclusive, with the machine's name, if a clock jumped during the recording.
    """
    abouts = {}
    for name, first in before.items():
        last = after[name]
        moved = abs(last.offset - first.offset)
        allowed = first.error + last.error + lasted // DRIFT
        if moved > allowed:
            raise Inconclusive(
                f"the clock of {name} jumped by {in_ms(moved)} during the recording, at most "
                f"{in_ms(allowed)} can be explained",
                hint=f"{name} was stopped or its clock was set: let it run undisturbed",
            )
        error = max(first.error, last.error) + moved
        abouts[name] = ClockAbout(offset=first.offset, error=error)
    return abouts
