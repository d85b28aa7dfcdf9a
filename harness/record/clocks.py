"""Clock offsets of a recording's machines, measured before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import Inconclusive
from harness.history import ClockAbout
from harness.lab import Clock, Network
from harness.units import MS, in_ms

SET = 5 * MS  # a wall clock that moved by more was set; two readings of it differ by less
DRIFT = 10_000  # two clocks drift by less than 1 ns in so many ns (100 ppm; quartz: 20 to 50)


def read(network: Network, machines: Iterable[str]) -> dict[str, Clock]:
    """Measure the clock of each machine."""
    return {name: network.host(name).clock() for name in dict.fromkeys(machines)}


def compared(
    before: Mapping[str, Clock], after: Mapping[str, Clock], lasted: int
) -> dict[str, ClockAbout]:
    """Return offset and error (ns) of clocks other than the tester's in `lasted` ns of recording.

    Raises Inconclusive, with the machine's name, if a clock jumped during the recording.
    """
    abouts = {}
    for name, first in before.items():
        last = after[name]
        if first.error or last.error:
            moved = _moved(name, first, last, lasted)
            error = max(first.error, last.error) + moved
            abouts[name] = ClockAbout(offset=first.offset, error=error)
        _demand_same_wall(name, first, last)
    return abouts


def _moved(name: str, first: Clock, last: Clock, lasted: int) -> int:
    """Return by how many ns an offset changed; raises Inconclusive where drift cannot explain it.

    A jump of the monotonic clock also changes what is added to the wall clock, so it is looked for
    first.
    """
    moved = abs(last.offset - first.offset)
    allowed = first.error + last.error + lasted // DRIFT
    if moved > allowed:
        raise Inconclusive(
            f"the clock of {name} jumped by {in_ms(moved)} during the recording, at most "
            f"{in_ms(allowed)} can be explained",
            hint=f"{name} was stopped or its clock was set: let it run undisturbed",
        )
    return moved


def _demand_same_wall(name: str, first: Clock, last: Clock) -> None:
    """Raise Inconclusive if frames got stamps of a wall clock that was set meanwhile."""
    moved = abs(last.wall - first.wall)
    if moved > SET:
        raise Inconclusive(
            f"the wall clock of {name} was set by {in_ms(moved)} during the recording, and its "
            "kernel stamps frames with it",
            hint=f"let nothing set the clock of {name} meanwhile: stop its time service",
        )
