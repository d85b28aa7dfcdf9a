"""The protocol of a kernel that guests boot: the command that starts a guest, and its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BootCommand:
    """A command line that starts a guest, and its complete environment."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)


class Kernel(Protocol):
    """A kernel with a bonding driver."""

    @property
    def name(self) -> str:
        """Its name in messages and results."""
        ...

    @property
    def spec(self) -> str:
        """The `--kernel` that chooses its kind and version, such as uml@6.1; "" for none."""
        ...

    @property
    def modules(self) -> str:
        """The directory of its modules, "" if the guest loads none from the host."""
        ...

    @property
    def writeback(self) -> bool:
        """Whether files written in the guest reach the host only after sync(2)."""
        ...

    @property
    def clock(self) -> str:
        """`real`, or `virtual`: time that advances only while all processes sleep."""
        ...

    @property
    def waits(self) -> bool:
        """Whether its guests are idle most of the time, so that one core can run two of them."""
        ...

    def command(self, directory: Path) -> BootCommand:
        """Return the command that starts a guest for the job in `directory`."""
        ...
