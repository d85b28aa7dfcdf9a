"""How much memory a guest has left, and what its kernel's log says when it has none.

Scenarios that keep what they made (a list in a module, a file in the guest's memory) fill a
guest. It then stops between two scenarios, and a fresh guest does the rest of its work.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

LEAST = 0.5  # of what was available at most: scenarios need different amounts while they run
MEMINFO = Path("/proc/meminfo")
KILLED = "Out of memory: Killed process"


class Room:
    """The memory that is available to scenarios, looked at between them."""

    def __init__(self) -> None:
        self._most = 0

    def spent(self) -> str:
        """Return why a fresh guest is better from now on, "" while this one has room."""
        left = available()
        self._most = max(self._most, left)
        if left >= self._most * LEAST:
            return ""
        return f"{left >> 20} MiB of the {self._most >> 20} MiB that it had free are left"


def sweep(place: Path) -> None:
    """Remove what pytest leaves of each `tmp_path` that it has removed: a link that leads nowhere.

    In a guest that is a page of memory for each.
    """
    for link in place.iterdir() if place.is_dir() else ():
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
    """Return what lines of a kernel log say of processes that it ended for their memory."""
    killed = [line.strip() for line in log if KILLED in line]
    return f"the guest ran out of memory: {'; '.join(killed)}" if killed else ""
