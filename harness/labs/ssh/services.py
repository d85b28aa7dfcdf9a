"""A NIC's driver, and which service manages it, by a machine's shell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from testinfra.host import Host

NETWORK_MANAGER, NETWORKD, IFUPDOWN = "NetworkManager", "systemd-networkd", "ifupdown"
SERVICES = NETWORK_MANAGER, NETWORKD
STANZA = r"^\s*(auto|allow-[a-z]+|iface)\s(.*\s)?{name}(\s|$)"
STANZAS = "/etc/network/interfaces /etc/network/interfaces.d/*"


class Manager(NamedTuple):
    """A service that configures a NIC by itself, and the command that prevents it."""

    name: str
    remedy: str


def driver(host: Host, name: str) -> tuple[str, str]:
    """Return a NIC's driver and the version of its firmware, "" for unknown ones."""
    output = host.run("ethtool -i %s", name)
    if output.rc == 0:
        found = dict(re.findall(r"^([\w-]+): *(.*)$", output.stdout, re.MULTILINE))
        return found.get("driver", ""), found.get("firmware-version", "").replace("N/A", "")
    link = host.run("readlink /sys/class/net/%s/device/driver", name)
    return link.stdout.strip().rpartition("/")[2], ""


def running(host: Host) -> list[str]:
    """Return the running services that configure NICs by themselves."""
    return [name for name in SERVICES if host.service(name).is_running]


def manager(host: Host, name: str, services: Sequence[str]) -> Manager | None:
    """Return which of the running services manages a NIC, None for none."""
    if NETWORK_MANAGER in services:
        state = host.run("LC_ALL=C nmcli -g GENERAL.STATE device show %s", name).stdout
        if state and "unmanaged" not in state:
            return Manager(NETWORK_MANAGER, f"nmcli device set {name} managed no")
    if NETWORKD in services:
        state = host.run("LC_ALL=C networkctl status %s", name).stdout
        setup = re.search(r"^\s*State: \S+ \((\w+)\)", state, re.MULTILINE)
        if setup and setup[1] not in ("unmanaged", "initialized"):
            return Manager(NETWORKD, f"[Link] Unmanaged=yes in a .network for {name}")
    stanza = STANZA.format(name=re.escape(name))
    if host.run(f"grep -Eqs %s {STANZAS}", stanza).rc == 0:
        return Manager(IFUPDOWN, f"ifdown {name}; take it out of /etc/network/interfaces")
    return None


def handing_back(host: Host, name: str, services: Sequence[str]) -> list[list[str]]:
    """Return commands that set again whether services manage a NIC, as it is now.

    Services other than NetworkManager read that from their files.
    """
    if NETWORK_MANAGER not in services:
        return []
    own = manager(host, name, services)
    managed = own is not None and own.name == NETWORK_MANAGER
    return [["nmcli", "device", "set", name, "managed", "yes" if managed else "no"]]
