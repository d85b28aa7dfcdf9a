"""Files of a machine in /proc and /sys, as scripts read and write them."""

from __future__ import annotations

import errno

from harness.errors import KernelRefused, LabError
from harness.lab import Host

ABSENT = {errno.ENOENT, errno.ENOTDIR}


def read(host: Host, path: str) -> str | None:
    """Return a file's text, None if there is no such file; raises KernelRefused."""
    try:
        return host.shell.read(path)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise KernelRefused(f"reading {path}", error.errno or 0) from error


def write(host: Host, path: str, text: str) -> None:
    """Write to a file; raises KernelRefused, or LabError if there is no such file."""
    try:
        host.shell.write(path, text)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise LabError(
                f"{path} cannot be written: {error.strerror}",
                hint="the kernel has no such setting",
            ) from error
        raise KernelRefused(f'"{text.strip()}" for {path}', error.errno or 0) from error
