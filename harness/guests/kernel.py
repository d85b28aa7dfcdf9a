"""What a guest needs of a kernel: by which command it starts, and what its time is like."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that starts a guest, and all of its environment."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)


class Kernel(Protocol):
    """A kernel with a bonding driver."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def modules(self) -> str:
        """The directory of its modules, "" where it loads its own."""
        ...

    @property
    def writeback(self) -> bool:
        """Whether what is written in it reaches the host's files only by a sync."""
        ...

    @property
    def clock(self) -> str:
        """Whether its time is the world's (real), or passes only while all sleep (virtual)."""
        ...

    @property
    def waits(self) -> bool:
        """Whether its guests mostly wait for time to pass, so that a core bears two of them."""
        ...

    def command(self, directory: Path) -> Command:
        """Return what starts a guest that does the job in `directory`."""
        ...
