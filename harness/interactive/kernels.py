"""Kernels in which a user can work by hand."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.kernels import Kernel
from harness.kernels.host import HostKernel
from harness.kernels.uml import UmlKernel


def with_terminal(kernel: Kernel) -> Kernel:
    """Return a kernel as one whose guests have the user's terminal; raises UsageError."""
    if kernel.clock == "virtual":
        raise UsageError(
            f"{kernel.name} has virtual time, which would advance while it waits for input",
            hint="choose a kernel with real time: --kernel uml, --kernel uml@7.2",
        )
    if isinstance(kernel, UmlKernel):
        return replace(kernel, terminal=True)
    if isinstance(kernel, HostKernel):
        return kernel
    raise UsageError(
        f"{kernel.name} cannot have a prompt",
        hint="choose --kernel host, or a User-Mode Linux such as --kernel uml@6.12",
    )
