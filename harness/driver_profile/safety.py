"""Which interfaces must not be changed: a mistake here disconnects the user from the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError
from harness.labs.netns.interfaces import IFF_LOOPBACK, Interface

CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21}
MASTERS = ("bond", "bridge", "team", "vlan", "macvlan", "ipvlan", "macvtap", "vrf", "vxlan")
IN_A_GUEST = "or profile an emulated one: harness driver-profile --kernel virtual --nic veth"


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


def session_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the local address of the SSH session that this runs in, "" for none.

    sudo removes the variable, but an interface with an address is refused anyway.
    """
    parts = environment.get("SSH_CONNECTION", "").split()
    return parts[2].partition("%")[0] if len(parts) == 4 else ""


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
    reason, hint = _vital(one, ssh)
    if reason:
        raise UsageError(f"the far end {name} {reason}", hint=hint)
    return one


def _existing(found: Mapping[str, Interface], name: str) -> Interface:
    if name not in found:
        names = ", ".join(sorted(found)) or "none"
        raise UsageError(f"there is no interface {name}", hint=f"there are: {names}")
    return found[name]


def in_use(one: Interface, ssh: str = "") -> tuple[str, str]:
    """Return why an interface must not be changed and a hint, ("", "") if it is free."""
    reason, hint = _vital(one, ssh)
    if reason:
        return reason, hint
    if one.master:
        return f"is a slave or port of {one.master}", f"release it first, {IN_A_GUEST}"
    if one.stacked:
        return f"carries {', '.join(one.stacked)}", f"remove them first, {IN_A_GUEST}"
    if one.kind in MASTERS:
        return f"is a {one.kind}, which is a virtual device", "name an interface below it"
    return "", ""


def _vital(one: Interface, ssh: str) -> tuple[str, str]:
    """Return why an interface must not be set down, and a hint."""
    another = f"choose an unused interface, {IN_A_GUEST}"
    if one.flags & IFF_LOOPBACK:
        return "is the loopback interface", another
    if one.default_route:
        return "has the default route: the machine would lose its network", another
    if ssh and ssh in one.addresses:
        return "carries the SSH session that this runs in", another
    if one.addresses:
        return f"has the address {one.addresses[0]}", f"remove its addresses first, {IN_A_GUEST}"
    return "", ""
