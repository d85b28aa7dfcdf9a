"""Draw schedules: the same seed and number give the same schedule, on any machine.

Hypothesis does not drive the search. It would have to run in the guest, next to the kernel: when a
schedule kills the guest, what it had drawn and shrunk so far would be lost, and it could not
continue after that schedule. It also ends at its first failure, where a search continues.
Here the host knows from a number alone which schedule a guest was in.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.bonding.options import ARP_MODES, PRIMARY_MODES
from harness.explore.networks import BOND, TARGET_ADDRESS
from harness.explore.schedule import FAILING, UNDONE_BY, FaultSchedule, FaultStep
from harness.model.judge import MODES

WAITS = (20, 60, 130, 250, 400, 900)  # ms: within an inspection, one, a few, all reactions
# ms: longer than all reactions and the resolution of addresses, so that traffic is judged too.
REST, REST_OF_LACP = 4000, 12000
MOST_FAILING = 12  # steps, if allocations fail: the bond must be sound afterwards, not meanwhile
FEWEST_STEPS, MOST_STEPS = 4, 44  # a network and a baseline cost as much as some ten steps
VALIDATE = ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")
RESELECT = ("always", "better", "failure")
SELECT = ("stable", "bandwidth", "count")
HASHES = ("layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac")
PRIOS = ("-5", "0", "5", "5", "10")
MACS = ("02:00:00:00:00:a1", "02:00:00:00:00:a2")  # those of no interface


def drawn(
    seed: int, number: int, modes: tuple[str, ...] = MODES, *, allocations: bool = False
) -> FaultSchedule:
    """Return the schedule of a number; with `allocations`, some of the kernel's fail."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311  (no secret)
    mode = chance.choice(modes)
    slaves = 2 if mode == "802.3ad" else chance.choice((2, 2, 3))
    names = [f"eth{number}" for number in range(slaves)]
    options = {"mode": mode, **_monitor(chance, mode), **_others(chance, mode, names)}
    steps = list(_steps(chance, options, names))
    if allocations:
        # A MAC that was set before the recording is not known in it as set (difference 71).
        kept = [step for step in steps if step.action != "set_mac" or mode != "balance-tlb"]
        steps = [_failing(chance, step) for step in kept[:MOST_FAILING]]
    return FaultSchedule(slaves, options, tuple(steps))


def _failing(chance: random.Random, step: FaultStep) -> FaultStep:
    """Return a step, and let one of its allocations fail if the kernel makes some for it.

    The first ones are those of the request; enslaving makes about a hundred.
    """
    if step.action not in FAILING or chance.random() < 1 / 4:
        return step
    return replace(step, fails=int(chance.choice((10, 40, 160)) ** chance.random()))


def _monitor(chance: random.Random, mode: str) -> dict[str, Any]:
    found: dict[str, Any]
    if mode in ARP_MODES and chance.random() < (1 / 3 if mode == "active-backup" else 1 / 4):
        found = {"arp_interval": chance.choice((100, 200)), "arp_ip_target": TARGET_ADDRESS}
        if mode == "active-backup":
            found["arp_validate"] = chance.choice(VALIDATE)
        return found
    every = chance.choice((50, 100, 200))
    found = {"miimon": every}
    for delay in ("updelay", "downdelay"):
        if times := chance.choice((0, 0, 1, 2, 4)):
            found[delay] = times * every
    if mode == "active-backup" and (times := chance.choice((0, 0, 0, 2, 3))):
        found["peer_notif_delay"] = times * every
    return found


def _others(chance: random.Random, mode: str, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (policy := chance.choice(("none", "none", "active", "follow"))) != "none":
        found["fail_over_mac"] = policy
    if mode in PRIMARY_MODES and chance.random() < 1 / 2:
        found["primary"] = chance.choice(names)
        if (reselect := chance.choice(RESELECT)) != "always":
            found["primary_reselect"] = reselect
    if (rounds := chance.choice((1, 1, 0, 2, 3, 5))) != 1:
        found["num_grat_arp"] = rounds
    if mode == "802.3ad":
        found["lacp_rate"] = "fast"  # else each schedule would last minutes
        found |= {"min_links": chance.choice((0, 0, 1, 2)), "ad_select": chance.choice(SELECT)}
    if mode in ("balance-xor", "802.3ad"):
        found["xmit_hash_policy"] = chance.choice(HASHES)
    if mode == "balance-tlb" and chance.random() < 1 / 2:
        found["tlb_dynamic_lb"] = 0
    if mode == "balance-rr":
        found["packets_per_slave"] = chance.choice((1, 1, 0, 2, 7))
    return found


def _steps(
    chance: random.Random, options: dict[str, Any], names: list[str]
) -> Iterator[FaultStep]:
    """Yield steps of some kinds: each schedule lacks some, as a kind may hide effects of others.

    Groce et al., Swarm Testing, ISSTA 2012. After an option was set, for instance, an announcement
    may have more reasons.
    """
    silence = ["lose"] * 3 if "arp_interval" in options else []
    faults = ["cut", "cut", "cut", "admin_down", "release", *silence]
    kinds = _some(chance, faults) or ["cut"]
    sets = chance.random() < 1 / 2
    rest = REST_OF_LACP if options["mode"] == "802.3ad" else REST
    done: dict[str, str] = {}
    for _ in range(chance.randint(FEWEST_STEPS, MOST_STEPS)):
        after = rest if chance.random() < 1 / 16 else chance.choice(WAITS)
        if sets and chance.random() < 1 / 5:
            yield FaultStep(after, *_setting(chance, str(options["mode"]), names))
            continue
        name = chance.choice(names)
        action = UNDONE_BY[done.pop(name)] if name in done else chance.choice(kinds)
        if action in UNDONE_BY:
            done[name] = action
        way = chance.choice(("", "in", "out")) if action == "lose" else ""
        yield FaultStep(after, action, name, way)


def _some(chance: random.Random, kinds: list[str]) -> list[str]:
    left_out = {kind for kind in dict.fromkeys(kinds) if chance.random() < 1 / 2}
    return [kind for kind in kinds if kind not in left_out]


def _setting(chance: random.Random, mode: str, names: list[str]) -> tuple[str, str, str]:
    """Return what to change: the step's action, where, and the new value."""
    settings: dict[tuple[str, str], tuple[str, ...]] = {
        ("set", "num_grat_arp"): ("0", "1", "3"),
        ("set_mac", BOND): MACS,
    }
    if mode in PRIMARY_MODES:
        settings |= {
            ("set", "primary"): (*names, ""),
            ("set", "primary_reselect"): RESELECT,
            ("set", "active_slave"): tuple(names),
            **{("prio", name): PRIOS for name in names},
        }
    if mode == "802.3ad":
        settings["set", "min_links"] = ("0", "1", "2")
    if mode in ("balance-xor", "802.3ad"):
        settings["set", "xmit_hash_policy"] = HASHES
    action, where = chance.choice(list(settings))
    return action, where, chance.choice(settings[action, where])
