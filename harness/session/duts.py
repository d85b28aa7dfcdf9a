"""Labs that bring their DUT: what the host prepares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.drivers import DEFAULT_MODEL
from harness.kernels import Kernel, Say
from harness.labs import registry

DUT = pytest.StashKey[Mapping[str, str]]()


def tester(config: pytest.Config, say: Say) -> Kernel | None:
    """Return the kernel of the tester's side, None where it is the DUT's too.

    Puts what a worker needs of the DUT into the configuration's stash. Raises UsageError,
    KernelUnavailable, LabError.
    """
    lab = config.getoption("lab")
    if not registry.brings_kernel(lab):
        return None
    from harness.kernels.dut import image  # noqa: PLC0415  (a plain run needs none of it)
    from harness.kernels.host import HostKernel  # noqa: PLC0415

    registry.demand_no_kernel(lab, config.getoption("kernel"))
    if registry.is_file(lab):
        from harness.session import racks  # noqa: PLC0415

        config.stash[DUT] = racks.prepare(config, say)
        return HostKernel()
    config.stash[DUT] = image.for_job(say, config.getoption("nic"))
    return HostKernel()


def settle_options(config: pytest.Config) -> None:
    """Replace a lab file of kind "qemu" by its options, and give --nic its default."""
    option = config.option
    if registry.is_file(option.lab):
        from harness.labs.description.model import QemuFile  # noqa: PLC0415
        from harness.labs.description.read import load  # noqa: PLC0415

        described = load(Path(option.lab))
        if isinstance(described, QemuFile):
            option.lab = "qemu"
            option.nic = option.nic or ",".join(described.nics)
    option.nic = option.nic or DEFAULT_MODEL


def title(config: pytest.Config) -> str:
    """Return the DUT's name where a lab brings it, "" where it is the tester's kernel."""
    dut = config.stash.get(DUT, {})
    if not dut:
        return ""
    nics = f" with {config.getoption('nic').replace(',', ', ')}" if "nic" in dut else ""
    return f"{config.getoption('lab')} ({dut['release']}){nics}"
