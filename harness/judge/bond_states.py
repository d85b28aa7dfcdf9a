"""The difference between the states of the bonds before and after a recording.

States are JSON values, as the file state.json has them: `before` and `after`, each with `proc`
(the lines of /proc/net/bonding by bond) and `netlink` (attributes by interface); `failure` has
`sysfs` (the texts of files by interface) of the moment when the scenario had failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from harness.bonding.texts import Proc

NOTHING = "-"


class StateReader(Protocol):
    """Return the states at the time of the call; `at_failure` once the scenario has failed."""

    def __call__(self, *, at_failure: bool = False) -> Mapping[str, Any]:
        """Return them."""


def no_states(*, at_failure: bool = False) -> Mapping[str, Any]:  # noqa: ARG001
    """Return nothing, as of a run without bonds."""
    return {}


def differences(states: Mapping[str, Any]) -> list[str]:
    """Return what differs as lines: source, place and name, value before -> after.

    Empty if nothing differs, or if one of the states could not be read.
    """
    if not {"before", "after"} <= states.keys():
        return []
    old, new = (dict(_values(states[when])) for when in ("before", "after"))
    return [
        f"{name}: {old.get(name, NOTHING)} -> {new.get(name, NOTHING)}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _values(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for bond, lines in state["proc"].items():
        proc = Proc.parse("\n".join(lines))
        yield from ((f"proc {bond}, {name}", value) for name, value in proc.lines.items())
        for slave, values in proc.slaves.items():
            yield from ((f"proc {slave}, {name}", value) for name, value in values.items())
    for interface, values in state["netlink"].items():
        yield from ((f"netlink {interface}, {name}", str(value)) for name, value in values.items())
