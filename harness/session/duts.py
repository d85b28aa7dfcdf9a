"""Labs that bring their DUT: what the host has to do before anything runs there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.errors import UsageError
from harness.kernels import Kernel, Say
from harness.labs import registry

DUT = pytest.StashKey[Mapping[str, str]]()


def tester(config: pytest.Config, say: Say) -> Kernel | None:
    """Return the kernel of the tester's side, None where it is the DUT's too.

    What a worker has to know of the DUT is in the configuration's stash then. Raises UsageError,
    KernelUnavailable, LabError.
    """
    lab = config.getoption("lab")
    if not registry.brings_kernel(lab):
        return None
    from harness.kernels.dut import image  # noqa: PLC0415  (a plain run needs none of it)
    from harness.kernels.host import HostKernel  # noqa: PLC0415

    if config.getoption("kernel"):
        raise UsageError(
            f"--lab {lab} brings the kernel of its DUT, and --kernel names another",
            hint="leave --kernel out",
        )
    if registry.is_file(lab):
        from harness.session import racks  # noqa: PLC0415

        config.stash[DUT] = racks.prepare(config, say)
        return HostKernel()
    nic = registry.NICS[config.getoption("nic")]
    config.stash[DUT] = {**image.as_option(image.image(say)), "nic": nic}
    return HostKernel()


def title(config: pytest.Config) -> str:
    """Return what is tried where a lab brings its DUT, "" where it is the tester's kernel."""
    dut = config.stash.get(DUT, {})
    return f"{config.getoption('lab')} ({dut['release']})" if dut else ""
