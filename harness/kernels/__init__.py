"""Kernels that scenarios run in: named, found, fetched, built, tried; `guests` boots them."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import KernelUnavailable
from harness.guests.kernel import Command, Kernel

Say = Callable[[str], None]


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
