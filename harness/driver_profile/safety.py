"""Which interfaces must not be changed: a mistake here disconnects the user from the machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.labs.netns.in_use import IN_A_GUEST, in_use, vital
from harness.labs.netns.interfaces import Interface

CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21}


def held_capabilities(status: str) -> set[str]:
    """Return the capabilities in effect, from the text of /proc/self/status."""
    lines = (line.split() for line in status.splitlines())
    mask = next((int(line[1], 16) for line in lines if line and line[0] == "CapEff:"), 0)
    return {name for name, bit in CAPABILITIES.items() if mask >> bit & 1}


def capabilities() -> set[str]:
    """Return the capabilities that this process has in effect."""
    return held_capabilities(Path("/proc/self/status").read_text(encoding="ascii"))


def check_capabilities(held: set[str], *, in_place: bool) -> None:
    """Raise UsageError if this process may not change interfaces."""
    needed = {"CAP_NET_ADMIN", "CAP_NET_RAW"} | (set() if in_place else {"CAP_SYS_ADMIN"})
    missing = sorted(needed - held)
    if missing == ["CAP_SYS_ADMIN"]:
        raise UsageError(
            "this process lacks CAP_SYS_ADMIN, so it cannot create a namespace to measure in",
            hint="run it as root, or measure where the interface is: --in-place",
        )
    if missing:
        raise UsageError(
            f"this process lacks {' and '.join(missing)}, which changing an interface needs",
            hint=f"run it as root, {IN_A_GUEST}",
        )


def check_free(found: Mapping[str, Interface], name: str, ssh: str = "") -> Interface:
    """Return the interface of a name; raises UsageError if it is missing or in use."""
    one = _existing(found, name)
    reason, hint = in_use(one, ssh)
    if reason:
        raise UsageError(f"{name} {reason}", hint=hint)
    return one


def check_far_end(found: Mapping[str, Interface], name: str, ssh: str = "") -> Interface:
    """Return the interface that is set down as a far end; it may be a port of a bridge."""
    one = _existing(found, name)
    reason, hint = vital(one, ssh)
    if reason:
        raise UsageError(f"the far end {name} {reason}", hint=hint)
    return one


def _existing(found: Mapping[str, Interface], name: str) -> Interface:
    if name not in found:
        names = ", ".join(sorted(found)) or "none"
        raise UsageError(f"there is no interface {name}", hint=f"there are: {names}")
    return found[name]
