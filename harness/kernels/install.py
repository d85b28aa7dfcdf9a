"""Commands that install packages, by this machine's package manager."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from types import MappingProxyType

MANAGERS: Mapping[str, str] = MappingProxyType(
    {
        "apt-get": "apt-get install",
        "dnf": "dnf install",
        "pacman": "pacman -S",
        "zypper": "zypper install",
    }
)
# Names of packages that differ from Debian's, by package manager.
ELSEWHERE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "libc6-dev": {"dnf": "glibc-devel", "pacman": "glibc", "zypper": "glibc-devel"},
        "qemu-system-x86": {"dnf": "qemu-system-x86-core", "zypper": "qemu-x86"},
        "busybox-static": {"dnf": "busybox", "pacman": "busybox"},
        "xz-utils": {"dnf": "xz", "pacman": "xz", "zypper": "xz"},
    }
)
COMPILER = ("gcc", "libc6-dev")
QEMU = ("qemu-system-x86",)
VIRTME = "pip install virtme-ng"


def manager() -> str:
    """Return the name of this machine's package manager, "" if unknown."""
    return next((name for name in MANAGERS if shutil.which(name)), "")


def command(*packages: str) -> str:
    """Return the command that installs packages, given by their Debian names."""
    found = manager()
    names = " ".join(ELSEWHERE.get(package, {}).get(found, package) for package in packages)
    if not found:
        return f"install {names}"
    return as_root(f"{MANAGERS[found]} {names}")


def as_root(line: str) -> str:
    """Return a command line that runs as root: with sudo for an ordinary user."""
    return line if os.geteuid() == 0 else f"sudo {line}"
