"""Where topologies are built; `--lab` chooses one by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.drivers import models
from harness.errors import UsageError
from harness.suggest import alike

if TYPE_CHECKING:  # the host's pytest only needs the names
    from harness.lab import Lab

NAMES = ("netns", "pipe", "qemu")
DEFAULT = NAMES[0]
BRINGS_KERNEL = ("qemu",)  # the DUT has a kernel of its own: the tester's needs no bonding


def is_file(name: str) -> bool:
    """Return whether a lab is described by a file."""
    return name.endswith(".toml")


def brings_kernel(name: str) -> bool:
    """Return whether the DUT of a lab has a kernel of its own."""
    return name in BRINGS_KERNEL or is_file(name)


def demand_no_kernel(name: str, kernel: str | None) -> None:
    """Raise UsageError for a kernel that is chosen besides that of the lab's DUT."""
    if kernel:
        raise UsageError(
            f"--lab {name} brings the kernel of its DUT, and --kernel names another",
            hint="leave --kernel out",
        )


def known(name: str, *, files: bool = False) -> str:
    """Return the name of a lab, or the path of its file; raises UsageError for an unknown one.

    A file is read, unless that is done later (`files`).
    """
    if name in NAMES or (files and is_file(name)):
        return name
    if is_file(name):
        return _described(name)
    raise UsageError(
        f'there is no lab "{name}" (has: {", ".join(NAMES)}, FILE.toml)',
        hint=alike(name, NAMES, most=1) or f"leave --lab out for {DEFAULT}",
    )


def _described(name: str) -> str:
    from harness.labs.description.read import load  # noqa: PLC0415  (only for files)

    return str(load(Path(name).absolute()).path)


def open_lab(name: str, load: Callable[..., None], dut: Mapping[str, str]) -> Lab:
    """Return a lab by its name; `load` loads kernel modules by theirs.

    `dut` describes the DUT of a lab that brings its kernel.
    """
    if name == "qemu":
        from harness.labs.qemu.lab import QemuLab  # noqa: PLC0415

        return QemuLab(dut, models(dut["nic"]))
    if is_file(name):
        from harness.labs.rack.lab import RackLab  # noqa: PLC0415

        return RackLab.of(dut)
    if name == "pipe":
        from harness.labs.pipe.lab import PipeLab  # noqa: PLC0415  (only one lab is needed)

        return PipeLab()
    from harness.labs.netns.lab import NetnsLab  # noqa: PLC0415

    return NetnsLab(load)
