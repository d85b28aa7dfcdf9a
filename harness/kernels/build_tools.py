"""Check the tools and the disk space for building a kernel, before the build starts."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from harness.errors import KernelUnavailable
from harness.kernels import install

# Each tool, and its package in Debian and Ubuntu.
TOOLS = MappingProxyType(
    {
        "gcc": "gcc",
        "ld": "binutils",
        "make": "make",
        "flex": "flex",
        "bison": "bison",
        "bc": "bc",
        "xz": "xz-utils",
        "tar": "tar",
        "dpkg-deb": "dpkg",
    }
)
HEADERS = "libc6-dev"
SPARE = 64 << 20  # bytes to leave free


def check_tools(tools: Mapping[str, str] = TOOLS) -> None:
    """Raise KernelUnavailable that lists all missing packages."""
    if platform.machine() != "x86_64":
        raise KernelUnavailable(
            f"User-Mode Linux cannot be built for {platform.machine()}",
            hint="use this machine's kernel, --kernel host, or an x86-64 machine",
        )
    lacking = [tool for tool in tools if not shutil.which(tool)]
    packages = [tools[tool] for tool in lacking]
    if "gcc" not in lacking and not _has_headers():
        lacking.append("the C library's headers")
        packages.append(HEADERS)
    if lacking:
        raise KernelUnavailable(
            f"a kernel cannot be built without {', '.join(lacking)}",
            hint=install.command(*sorted(dict.fromkeys(packages))),
        )


def _has_headers() -> bool:
    tried = subprocess.run(
        ["gcc", "-E", "-"], input=b"#include <stdlib.h>\n", capture_output=True, check=False
    )
    return tried.returncode == 0


def check_space(place: Path, needed: int) -> None:
    """Raise KernelUnavailable if fewer than `needed` bytes are free on the disk of `place`."""
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed + SPARE:
        raise KernelUnavailable(
            f"no space to build a kernel in {place}: {needed / 1e6:.0f} MB are needed, "
            f"{free / 1e6:.0f} MB are free",
            hint="free some space, or set XDG_CACHE_HOME to a directory on a larger disk",
        )
