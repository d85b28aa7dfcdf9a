"""Which interfaces are left alone: a mistake here would cut the user off from the machine."""

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


def demand_rights(held: set[str], *, in_place: bool) -> None:
    """Refuse a user who may not change interfaces; raises UsageError."""
    needed = {"CAP_NET_ADMIN", "CAP_NET_RAW"} | (set() if in_place else {"CAP_SYS_ADMIN"})
    missing = sorted(needed - held)
    if missing == ["CAP_SYS_ADMIN"]:
        raise UsageError(
            "this process lacks CAP_SYS_ADMIN, so it can make no namespace to measure in",
            hint="run it as root, or measure where the interface is: --in-place",
        )
    if missing:
        raise UsageError(
            f"this process lacks {' and '.join(missing)}, which changing an interface needs",
            hint=f"run it as root, {IN_A_GUEST}",
        )


def session_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the local address of the SSH session we run in, "" for none.

    sudo drops the variable, but who has an address is refused anyway.
    """
    parts = environment.get("SSH_CONNECTION", "").split()
    return parts[2].partition("%")[0] if len(parts) == 4 else ""


def demand_free(found: Mapping[str, Interface], name: str, ssh: str = "") -> Interface:
    """Return the interface of a name; raises UsageError where it is missing or in use."""
    one = _existing(found, name)
    reason, hint = in_use(one, ssh)
    if reason:
        raise UsageError(f"{name} {reason}", hint=hint)
    return one


def demand_far_end(found: Mapping[str, Interface], name: str, ssh: str = "") -> Interface:
    """Return the interface that is to be taken down as a far end; a bridge's port may be one."""
    one = _existing(found, name)
    reason, hint = _vital(one, ssh)
    if reason:
        raise UsageError(f"the far end {name} {reason}", hint=hint)
    return one


def _existing(found: Mapping[str, Interface], name: str) -> Interface:
    if name not in found:
        there = ", ".join(sorted(found)) or "none"
        raise UsageError(f"there is no interface {name}", hint=f"there are: {there}")
    return found[name]


def in_use(one: Interface, ssh: str = "") -> tuple[str, str]:
    """Return why an interface is left alone and what to do, ("", "") where it is free."""
    reason, hint = _vital(one, ssh)
    if reason:
        return reason, hint
    if one.master:
        return f"is a slave or port of {one.master}", f"take it out first, {IN_A_GUEST}"
    if one.stacked:
        return f"carries {', '.join(one.stacked)}", f"remove what stands on it, {IN_A_GUEST}"
    if one.kind in MASTERS:
        return f"is a {one.kind}, which has no driver of its own", "name what it stands on"
    return "", ""


def _vital(one: Interface, ssh: str) -> tuple[str, str]:
    """Return why taking an interface down would hurt, and what to do."""
    another = f"choose an interface that nobody needs, {IN_A_GUEST}"
    if one.flags & IFF_LOOPBACK:
        return "is the loopback interface", another
    if one.default_route:
        return "has the default route: the machine would be cut off", another
    if ssh and ssh in one.addresses:
        return "carries the SSH session that this runs in", another
    if one.addresses:
        return f"has the address {one.addresses[0]}", f"remove its addresses first, {IN_A_GUEST}"
    return "", ""
