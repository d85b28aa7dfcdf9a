"""Draw schedules: the same seed and number give the same schedule, on any machine.

Hypothesis does not drive the search. It would have to run in the guest, next to the kernel: when a
schedule kills the guest, what it had drawn and shrunk so far would be lost, and it could not go on
behind that schedule. It also ends at its first failure, while a search has to continue after one.
Here the host knows from a number alone which schedule a guest was in.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from harness.explore.networks import TARGET_ADDRESS
from harness.explore.schedule import UNDONE_BY, FaultSchedule, FaultStep

MODES = ("active-backup",)
WAITS = (20, 60, 130, 250, 400, 900)  # ms: within an inspection, one, a few, all reactions
# ms: longer than all reactions and the resolution of addresses, so that traffic is judged too.
RESTS = (4000,)
FEWEST_STEPS, MOST_STEPS = 4, 44  # a network and a baseline cost as much as some ten steps
VALIDATE = ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")
RESELECT = ("always", "better", "failure")


def drawn(seed: int, number: int, modes: tuple[str, ...] = MODES) -> FaultSchedule:
    """Return the schedule of a number."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311  (no secret)
    slaves = chance.choice((2, 2, 3))
    names = [f"eth{one}" for one in range(slaves)]
    options = {"mode": chance.choice(modes), **_monitor(chance), **_others(chance, names)}
    steps = tuple(_steps(chance, names, arp="arp_interval" in options))
    return FaultSchedule(slaves, options, steps)


def _monitor(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 1 / 3:
        return {
            "arp_interval": chance.choice((100, 200)),
            "arp_ip_target": TARGET_ADDRESS,
            "arp_validate": chance.choice(VALIDATE),
        }
    every = chance.choice((50, 100, 200))
    found: dict[str, Any] = {"miimon": every}
    for delay in ("updelay", "downdelay"):
        if times := chance.choice((0, 0, 1, 2, 4)):
            found[delay] = times * every
    return found


def _others(chance: random.Random, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (policy := chance.choice(("none", "none", "active", "follow"))) != "none":
        found["fail_over_mac"] = policy
    if chance.random() < 1 / 2:
        found["primary"] = chance.choice(names)
        if (reselect := chance.choice(RESELECT)) != "always":
            found["primary_reselect"] = reselect
    if (rounds := chance.choice((1, 1, 0, 2, 3, 5))) != 1:
        found["num_grat_arp"] = rounds
    return found


def _steps(chance: random.Random, names: list[str], *, arp: bool) -> Iterator[FaultStep]:
    """Yield steps of some kinds: each schedule lacks some, because a kind hides what others do.

    Groce et al., Swarm Testing, ISSTA 2012. After an option was set, for instance, an announcement
    may have more reasons.
    """
    faults = ["cut", "cut", "cut", "admin_down", "release", *(["lose"] * 3 if arp else [])]
    kinds = _some(chance, faults) or ["cut"]
    sets = chance.random() < 1 / 2
    done: dict[str, str] = {}
    for _ in range(chance.randint(FEWEST_STEPS, MOST_STEPS)):
        after = chance.choice(RESTS if chance.random() < 1 / 16 else WAITS)
        if sets and chance.random() < 1 / 8:
            yield FaultStep(after, "set", *_setting(chance, names))
            continue
        name = chance.choice(names)
        action = UNDONE_BY[done.pop(name)] if name in done else chance.choice(kinds)
        if action in UNDONE_BY:
            done[name] = action
        yield FaultStep(after, action, name)


def _some(chance: random.Random, kinds: list[str]) -> list[str]:
    left_out = {kind for kind in dict.fromkeys(kinds) if chance.random() < 1 / 2}
    return [kind for kind in kinds if kind not in left_out]


def _setting(chance: random.Random, names: list[str]) -> tuple[str, str]:
    """Return an option that is changed, and to what."""
    settings = {
        "primary": (*names, ""),
        "primary_reselect": RESELECT,
        "active_slave": tuple(names),
        "num_grat_arp": ("0", "1", "3"),
    }
    option = chance.choice(list(settings))
    return option, chance.choice(settings[option])
