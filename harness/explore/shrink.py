"""Make a schedule smaller while the same rule refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.explore.schedule import FaultSchedule, FaultStep

LIMIT = 200  # performances for one schedule
ROUND = (400, 130)  # ms: waits that are tried in place of others


def shrunk(
    schedule: FaultSchedule, refused: Callable[[FaultSchedule], bool], limit: int = LIMIT
) -> FaultSchedule:
    """Return the smallest schedule found that is still refused, in at most `limit` trials."""
    found = schedule
    trials = 0
    while True:
        for smaller in _smaller(found):
            trials += 1
            if trials > limit:
                return found
            if refused(smaller):
                found = smaller
                break
        else:
            return found


def _smaller(schedule: FaultSchedule) -> Iterator[FaultSchedule]:
    """Yield schedules with fewer steps, fewer options, fewer slaves, simpler waits."""
    steps = schedule.steps
    for size in (len(steps) // 2, 1):
        for start in range(0, len(steps), size) if size else ():
            yield replace(schedule, steps=steps[:start] + steps[start + size :])
    needed = {"mode", "miimon", "arp_interval", "arp_ip_target"}
    for option in schedule.options.keys() - needed:
        yield replace(schedule, options=_without(schedule, option))
    if schedule.slaves == 3 and "eth2" not in str(schedule.plain()):
        yield replace(schedule, slaves=2)
    for number, step in enumerate(steps):
        if step.fails:
            yield _with(schedule, number, replace(step, fails=0))
        for wait in ROUND:
            if step.after != wait and step.after not in ROUND[:1]:
                yield _with(schedule, number, replace(step, after=wait))
                break


def _with(schedule: FaultSchedule, number: int, step: FaultStep) -> FaultSchedule:
    """Return a schedule with another step of that number."""
    return replace(schedule, steps=(*schedule.steps[:number], step, *schedule.steps[number + 1 :]))


def _without(schedule: FaultSchedule, option: str) -> dict[str, object]:
    gone = {option} | ({"primary_reselect"} if option == "primary" else set())
    return {name: value for name, value in schedule.options.items() if name not in gone}
