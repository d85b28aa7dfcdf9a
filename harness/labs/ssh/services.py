"""What a machine's shell tells of a NIC: its driver, and which service manages it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.labs.ssh.machine import Machine

NETWORK_MANAGER, NETWORKD = SERVICES = "NetworkManager", "systemd-networkd"


class Manager(NamedTuple):
    """A service that sets up a NIC by itself, and the command that keeps it from that."""

    name: str
    remedy: str


def driver(machine: Machine, name: str) -> tuple[str, str]:
    """Return a NIC's driver and the version of its firmware, "" for what is not known."""
    told = machine.run("ethtool -i %s", name)
    if told.rc == 0:
        found = dict(re.findall(r"^([\w-]+): *(.*)$", told.stdout, re.MULTILINE))
        return found.get("driver", ""), found.get("firmware-version", "").replace("N/A", "")
    link = machine.run("readlink /sys/class/net/%s/device/driver", name)
    return link.stdout.strip().rpartition("/")[2], ""


def running(machine: Machine) -> list[str]:
    """Return which services that set up NICs by themselves run on a machine."""
    return [name for name in SERVICES if machine.host.service(name).is_running]


def manager(machine: Machine, name: str, services: Sequence[str]) -> Manager | None:
    """Return which of the services that run manages a NIC, None where none does."""
    if NETWORK_MANAGER in services:
        state = machine.run("LC_ALL=C nmcli -g GENERAL.STATE device show %s", name).stdout
        if state and "unmanaged" not in state:
            return Manager(NETWORK_MANAGER, f"nmcli device set {name} managed no")
    if NETWORKD in services:
        state = machine.run("LC_ALL=C networkctl status %s", name).stdout
        setup = re.search(r"^\s*State: \S+ \((\w+)\)", state, re.MULTILINE)
        if setup and setup[1] not in ("unmanaged", "initialized"):
            return Manager(NETWORKD, f"[Link] Unmanaged=yes in a .network for {name}")
    return None
