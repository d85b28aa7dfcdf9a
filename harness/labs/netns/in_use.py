"""Who uses an interface: a mistake here would cut a user off from a machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from harness.labs.netns.interfaces import IFF_LOOPBACK, Interface

MASTERS = ("bond", "bridge", "team", "vlan", "macvlan", "ipvlan", "macvtap", "vrf", "vxlan")
IN_A_GUEST = "or profile an emulated one: harness driver-profile --kernel virtual --nic veth"


def session_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the local address of the SSH session that this runs in, "" for none.

    sudo removes the variable, but an interface with an address is refused anyway.
    """
    parts = environment.get("SSH_CONNECTION", "").split()
    return parts[2].partition("%")[0] if len(parts) == 4 else ""


def in_use(one: Interface, ssh: str = "") -> tuple[str, str]:
    """Return why an interface must not be changed and a hint, ("", "") if it is free."""
    reason, hint = vital(one, ssh)
    if reason:
        return reason, hint
    if one.master:
        return f"is a slave or port of {one.master}", f"release it first, {IN_A_GUEST}"
    if one.stacked:
        return f"carries {', '.join(one.stacked)}", f"remove them first, {IN_A_GUEST}"
    if one.kind in MASTERS:
        return f"is a {one.kind}, which is a virtual device", "name an interface below it"
    return "", ""


def vital(one: Interface, ssh: str) -> tuple[str, str]:
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
