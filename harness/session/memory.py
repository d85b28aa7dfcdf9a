"""How much memory a guest has left, and what its kernel logs when there is none.

Scenarios that keep what they create (a list in a module, a file in the guest's memory) fill a
guest. It then stops between two scenarios, and a fresh guest does the rest of its work.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

LEAST = 0.5  # of the most that was available: scenarios need different amounts
MEMINFO = Path("/proc/meminfo")
KILLED = "Out of memory: Killed process"


class FreeMemory:
    """The memory that is available to scenarios, read between them."""

    def __init__(self) -> None:
        self._most = 0

    def spent(self) -> str:
        """Return why a fresh guest must go on, "" while this one has enough memory."""
        left = available()
        self._most = max(self._most, left)
        if left >= self._most * LEAST:
            return ""
        return f"{left >> 20} MiB of the {self._most >> 20} MiB that it had free are left"


def remove_dangling_links(directory: Path) -> None:
    """Remove what pytest leaves of each removed `tmp_path`: a link without a target.

    Each takes a page of memory of a guest.
    """
    for link in directory.iterdir() if directory.is_dir() else ():
        if link.is_symlink() and not link.exists():
            link.unlink()


def available() -> int:
    """Return how many bytes this kernel can still give to programs."""
    for line in MEMINFO.read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) << 10
    return 0


def shortage(log: Iterable[str]) -> str:
    """Return which processes a kernel killed for want of memory, by lines of its log."""
    killed = [line.strip() for line in log if KILLED in line]
    return f"the guest ran out of memory: {'; '.join(killed)}" if killed else ""
