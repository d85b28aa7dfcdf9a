"""The clocks of a recording's machines: where they stood before it and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import Inconclusive
from harness.history import ClockAbout
from harness.lab import Clock, Network
from harness.units import in_ms

DRIFT = 10_000  # two clocks part by less than one ns in so many (100 ppm; quartz has 20 to 50)


def read(network: Network, machines: Iterable[str]) -> dict[str, Clock]:
    """Measure the clock of each machine that has a separate one."""
    clocks = {name: network.host(name).clock() for name in dict.fromkeys(machines)}
    return {name: clock for name, clock in clocks.items() if clock != Clock()}


def compared(
    before: Mapping[str, Clock], after: Mapping[str, Clock], lasted: int
) -> dict[str, ClockAbout]:
    """Return each clock's offset and error (ns) in a recording that lasted so many ns.

    Raises Inconclusive, with the machine's name, for a clock that jumped meanwhile.
    """
    found = {}
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
        found[name] = ClockAbout(offset=first.offset, error=error)
    return found
