"""Labs that bring their DUT: its image is built on the host, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.errors import UsageError
from harness.kernels import Kernel, Say
from harness.labs import registry

DUT = pytest.StashKey[Mapping[str, str]]()


def tester(config: pytest.Config, say: Say) -> Kernel | None:
    """Return the kernel of the tester's side, None where it is the DUT's too.

    The DUT's image is in the configuration's stash then. Raises UsageError, KernelUnavailable.
    """
    if config.getoption("lab") not in registry.BRINGS_KERNEL:
        return None
    from harness.kernels.dut import image  # noqa: PLC0415  (a plain run needs none of it)
    from harness.kernels.host import HostKernel  # noqa: PLC0415

    if config.getoption("kernel"):
        raise UsageError(
            "--lab qemu brings the kernel of its DUT, and --kernel names another",
            hint="leave --kernel out",
        )
    nic = registry.NICS[config.getoption("nic")]
    config.stash[DUT] = {**image.as_option(image.image(say)), "nic": nic}
    return HostKernel()
