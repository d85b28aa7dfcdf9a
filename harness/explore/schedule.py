"""A schedule: a bond's options, its number of slaves, and the steps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

from harness.bonding import OPTIONS, BondOptions
from harness.errors import ScenarioError, UsageError
from harness.explore.networks import BOND, NETWORKS

# Actions on a slave, and those that undo them.
UNDONE_BY = {"cut": "heal", "admin_down": "admin_up", "lose": "deliver", "release": "enslave"}
ACTIONS = {*UNDONE_BY, *UNDONE_BY.values(), "set", "prio", "set_mac"}
FAILING = {"release", "enslave", "admin_down", "admin_up", "set", "prio", "set_mac"}
MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}")  # of one interface: no multicast
LAST = 130  # ms from the last step to the first undoing one


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One step: `after` so many ms, `action` at a slave.

    `set` sets the option `where`, `prio` that of a slave, `set_mac` the MAC of the bond `where`.
    `lose` may lose frames in one direction only: `in` or `out`. `fails` is the number, from 1, of
    the kernel's allocation that fails in this step, 0 for none.
    """

    after: int
    action: str
    where: str
    value: str = ""
    fails: int = 0

    @property
    def setting(self) -> int | str:
        """The value that is set: a number if it is one."""
        return int(self.value) if self.value.removeprefix("-").isdigit() else self.value


@dataclass(frozen=True, slots=True)
class FaultSchedule:
    """The steps of one recording; faults that are open at its end are undone then."""

    slaves: int
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[FaultStep, ...] = ()

    @property
    def whole(self) -> tuple[FaultStep, ...]:
        """All steps, with those that undo what is still open."""
        return (*self.steps, *_undoing(self.steps))

    @property
    def network(self) -> str:
        """The name of its network in NETWORKS: how many slaves, and whether a partner."""
        lacp = " lacp" if self.options.get("mode") == "802.3ad" else ""
        return f"{self.slaves}{lacp}"

    @property
    def key(self) -> str:
        """A short name, the same for equal schedules."""
        text = json.dumps(self.plain(), sort_keys=True)
        return blake2b(text.encode(), digest_size=5).hexdigest()

    def plain(self) -> dict[str, Any]:
        """Return the schedule as JSON values."""
        return {
            "slaves": self.slaves,
            "options": dict(self.options),
            "steps": [_plain(step) for step in self.steps],
        }

    @property
    def fails(self) -> bool:
        """Whether an allocation of the kernel fails in any step."""
        return any(step.fails for step in self.steps)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> FaultSchedule:
        """Return a schedule from JSON values; raises UsageError for one that cannot be built."""
        try:
            steps = tuple(FaultStep(**step) for step in plain["steps"])
            made = cls(int(plain["slaves"]), dict(plain["options"]), steps)
            BondOptions.of(**made.options)
        except (KeyError, TypeError, ValueError) as error:
            raise _broken(f"{type(error).__name__}: {error}") from error
        except ScenarioError as error:
            raise UsageError(error.message, hint=error.hint) from error
        if made.network not in NETWORKS:
            raise _broken(f"{made.slaves} slaves in mode {made.options.get('mode')}")
        names = {f"eth{number}" for number in range(made.slaves)}
        for step in steps:
            if not _possible(step, names):
                raise _broken(f"{step.action} {step.where} {step.value} after {step.after} ms")
        return made


def _plain(step: FaultStep) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if name != "fails" or value}


def _possible(step: FaultStep, slaves: set[str]) -> bool:
    """Return whether a step can be done on a bond with some slaves."""
    known = {"set": set(OPTIONS), "set_mac": {BOND}}.get(step.action, slaves)
    fits = {
        "lose": step.value in ("", "in", "out"),
        "prio": isinstance(step.setting, int),
        "set_mac": MAC.fullmatch(step.value) is not None,
    }.get(step.action, True)
    counts = step.fails == 0 or (step.fails > 0 and step.action in FAILING)
    return step.action in ACTIONS and step.where in known and step.after >= 0 and fits and counts


def _undoing(steps: tuple[FaultStep, ...]) -> Iterator[FaultStep]:
    """Yield the steps that undo open actions, in the order of these."""
    begun: dict[tuple[str, str], None] = {}
    for step in steps:
        for action, undo in UNDONE_BY.items():
            if step.action == action:
                begun[action, step.where] = None
            elif step.action == undo:
                begun.pop((action, step.where), None)
    wait = LAST
    for action, where in begun:
        yield FaultStep(wait, UNDONE_BY[action], where)
        wait = 0


def _broken(what: str) -> UsageError:
    return UsageError(
        f"a schedule cannot be built: {what}",
        hint="it has 2 or 3 slaves (2 in 802.3ad), options of a bond, and steps: "
        f"{', '.join(sorted(ACTIONS))}",
    )
