"""Kernels that scenarios run in: specified, found, fetched, built, tested; `guests` boots them."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.errors import KernelUnavailable
from harness.guests.kernel import BootCommand, Kernel

Say = Callable[[str], None]
Progress = Callable[[float], None]


def check(choice: str) -> None:
    """Raise UsageError for an invalid `--kernel`, without fetching or booting."""
    from harness.kernels import specs  # noqa: PLC0415  (a plain `pytest` run needs none of it)

    if choice != "auto":
        specs.check(choice)


def resolve(choice: str, say: Say) -> Kernel:
    """Return the kernel of a spec (see `specs`), fetched if necessary and tested by a boot.

    Raises UsageError for an invalid spec, KernelUnavailable if there is no such kernel.
    """
    from harness.kernels import specs, trial  # noqa: PLC0415  (a plain `pytest` run needs none)

    return trial.fit(specs.resolve(choice, say), say)


def versioned(flavour: str, release: str) -> str:
    """Return the spec that chooses the newest kernel of a flavour and version, as uml@6.1."""
    found = re.match(r"\d+\.\d+", release)
    return f"{flavour}@{found[0]}" if found else ""


__all__ = [
    "BootCommand",
    "Kernel",
    "KernelUnavailable",
    "Progress",
    "Say",
    "check",
    "resolve",
    "versioned",
]
