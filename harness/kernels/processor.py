"""The processor of this machine, as far as it affects which kernels boot."""

from __future__ import annotations

import functools
import os
import re
import zlib
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
BOOT = Path("/proc/sys/kernel/random/boot_id")


@functools.cache
def described() -> str:
    """Return the processor's name, with "with AMX" if it has AMX."""
    text = _cpuinfo()
    found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", text, re.MULTILINE)
    name = found[1].strip() if found else os.uname().machine
    return f"{name} with AMX" if "amx_tile" in flags() else name


@functools.cache
def flags() -> frozenset[str]:
    """Return the processor's flags as in /proc/cpuinfo."""
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", _cpuinfo(), re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()


@functools.cache
def identity() -> str:
    """Return a text that identifies this machine and its running kernel.

    A home directory may be shared by machines with other processors and kernels. It includes the
    boot id, which is unique for each boot of each machine.
    """
    system = os.uname()
    sum_ = zlib.crc32(" ".join(sorted(flags())).encode())
    return f"{boot_id()} {system.machine} {system.release} {described()} {sum_:08x}"


def boot_id() -> str:
    """Return the kernel's boot_id, "" if it cannot be read."""
    return _read(BOOT).strip()


def _cpuinfo() -> str:
    return _read(CPUINFO)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
