"""Read a running bond from sysfs, and from ip if it is installed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

from harness.config.model import BondConfig, ConfigError
from harness.config.place import Place
from harness.config.read import load, parse
from harness.config.source import Source
from harness.config.tool_support import RUNNING

TIME_LIMIT = 10  # s; ip answers at once or not at all


def running(argument: str) -> BondConfig:
    """Return the running bond `argument`, or the one that a file or directory shows.

    For a bond of this machine, ip has the addresses and what sysfs has no file for. Raises
    ConfigError if there is no such bond, if there are several, or for a configuration.
    """
    bonds = load([argument]).bonds
    place = Place(argument)
    if len(bonds) > 1:
        names = ", ".join(bond.name for bond in bonds)
        raise ConfigError(f"there are {names}", place, hint="name one bond")
    bond = bonds[0]
    if bond.format not in RUNNING:
        hint = "give the name of a bond that runs, ip -d -j addr, or a file of /proc/net/bonding"
        raise ConfigError("this is a configuration, no bond that runs", place, hint=hint)
    shown = _by_ip(argument) if argument == bond.name else None
    if shown is None:
        return bond
    return replace(shown, slaves=bond.slaves, place=place)


def _by_ip(name: str) -> BondConfig | None:
    """Return the output of ip for a bond, None if there is none."""
    ip = shutil.which("ip")
    if ip is None:
        return None
    words = [ip, "-d", "-j", "addr", "show", "dev", name]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    if ran.returncode:
        return None
    try:
        return parse([Source(" ".join(words), ran.stdout)], "ip-json").bonds[0]
    except ConfigError:
        return None  # an ip without JSON
