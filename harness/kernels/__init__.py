"""Kernels that scenarios run in: the host's own, or a User-Mode Linux guest.

A kernel says by which command a guest with a given directory starts; everything else about guests
(start, follow, kill, clean up) is the same for all of them: see `guests`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.errors import KernelUnavailable

Say = Callable[[str], None]


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


def check(choice: str) -> None:
    """Refuse what `--kernel` cannot mean, without fetching or booting; raises UsageError."""
    from harness.kernels import specs  # noqa: PLC0415  (a plain `pytest` run needs none of it)

    if choice != "auto":
        specs.check(choice)


def resolve(choice: str, say: Say) -> Kernel:
    """Return the kernel that a spec means (see `specs`), fetched where need be, as it boots here.

    Raises UsageError for a choice that cannot work, KernelUnavailable where none can be had.
    """
    from harness.kernels import specs, trial  # noqa: PLC0415  (a plain `pytest` run needs none)

    return trial.fit(specs.resolve(choice, say), say)


__all__ = ["Command", "Kernel", "KernelUnavailable", "Say", "check", "resolve"]
