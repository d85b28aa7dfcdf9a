"""Kernels that scenarios run in: the host's own, or a User-Mode Linux guest.

A kernel says by which command a guest with a given directory starts; everything else about guests
(start, follow, kill, clean up) is the same for all of them: see `guests`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.errors import KernelUnavailable, UsageError

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

    def command(self, directory: Path) -> Command:
        """Return what starts a guest that does the job in `directory`."""
        ...


def check(choice: str) -> None:
    """Refuse what `--kernel` cannot mean, without starting anything; raises UsageError."""
    if choice in ("auto", "host", "uml"):
        return
    path = Path(choice).expanduser()
    if not path.is_file():
        raise UsageError(
            f'--kernel "{choice}" is neither auto, host, uml nor a file',
            hint="leave it out, or give the path of a User-Mode Linux kernel",
        )
    from harness.kernels import uml  # noqa: PLC0415  (runs the file: only where there is one)

    uml.identify(path)


def resolve(choice: str, say: Say) -> Kernel:
    """Return the kernel that `choice` means, fetching one where need be.

    Raises UsageError for a choice that cannot work, KernelUnavailable where none can be had.
    """
    from harness.kernels import host, uml  # noqa: PLC0415  (a plain `pytest` run needs neither)

    if choice in ("auto", "host"):
        refused = host.refusal()
        if not refused:
            return host.HostKernel()
        if choice == "host":
            raise UsageError(
                f"the host's kernel cannot be used: {refused}",
                hint="use --kernel auto: it fetches a kernel with bonding into your cache",
            )
    if choice in ("auto", "uml"):
        return uml.packaged(say)
    return uml.of_file(Path(choice).expanduser())


__all__ = ["Command", "Kernel", "KernelUnavailable", "Say", "check", "resolve"]
