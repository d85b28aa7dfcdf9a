"""A distribution's own kernel in QEMU, with the host's files as its root and our init in it.

virtme-ng's package makes the initramfs, which loads what it takes to see the host's files by 9p
and goes over to them; all else is done by `init`, as in every guest.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.guests import modules
from harness.guests.job import Job
from harness.kernels import Command, install, kvm
from harness.kernels.host import INIT, LOAD

QEMU = "qemu-system-x86_64"
MEMORY = 512 << 20
# What a distribution's kernel needs as modules before it can see the host's files.
FIRST = ("virtio_pci", "9pnet_virtio", "9p")
# Nothing writes what the root shows, so the guest may keep it. virtme's initramfs adds the rest.
ROOT = "ro,cache=loose"
# The machine has no keyboard, no disk and no network; its console is a serial line.
MACHINE = ("-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-no-reboot")
CONSOLE = ("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console")
ARGUMENTS = ("console=ttyS0", "quiet", "panic=-1", "mitigations=off", "audit=0")
RELEASE_AT = 0x20E  # of the x86 boot protocol's kernel_version, which counts from 0x200


@dataclass(frozen=True, slots=True)
class StockKernel:
    """A kernel image in the file `path`, with its modules in a directory of the host.

    `busybox` is a static one for the initramfs; `memory` in bytes; `arguments` are added to its
    command line; `accelerator` is kvm or tcg.
    """

    path: Path
    release: str
    modules: str
    busybox: str
    accelerator: str = "tcg"
    memory: int = MEMORY
    arguments: tuple[str, ...] = ()
    writeback: bool = False
    clock: str = "real"
    waits: bool = False  # to emulate a processor takes all of one

    @property
    def name(self) -> str:
        """Its name in messages and results."""
        return f"stock {self.release}"

    def command(self, directory: Path) -> Command:
        """Return what boots this kernel with the host's files and the job in `directory`.

        A command line of a kernel is split at blanks, so what may hold one goes by a link.
        """
        (directory / "init.py").symlink_to(INIT)
        (directory / "python").symlink_to(os.path.realpath(sys.executable))
        self._initramfs(directory / "initramfs")
        argv = [executable(), *MACHINE, *CONSOLE, *kvm.CHOICES[self.accelerator]]
        argv += ["-m", f"{self.memory >> 20}M", "-kernel", str(self.path)]
        argv += ["-initrd", f"{directory}/initramfs", "-append", self._append(directory)]
        argv += share("/dev/root", "/", "readonly=on") + share("guest", str(directory))
        results = Job.load(directory).results
        argv += share("results", results) if results else []
        return Command(argv, {"PATH": os.defpath})

    def _append(self, directory: Path) -> str:
        words = [*ARGUMENTS, *library_path(), *self.arguments, f"init={directory}/python"]
        return " ".join([*words, "--", "-I", "-S", f"{directory}/init.py", "boot", str(directory)])

    def _initramfs(self, path: Path) -> None:
        from virtme import mkinitramfs  # noqa: PLC0415  (only stock kernels need it)

        config = mkinitramfs.Config()
        config.modfiles = plain(modules.files(Path(self.modules), FIRST), path.with_name("first"))
        config.busybox = self.busybox
        config.access = ROOT
        with path.open("w+b") as file:
            mkinitramfs.mkinitramfs(file, config)


def plain(files: Iterable[Path], place: Path) -> list[str]:
    """Return modules as busybox can load them: those that are compressed are unpacked."""
    found = []
    for file in files:
        if file.suffix == ".ko":
            found.append(str(file))
            continue
        place.mkdir(exist_ok=True)
        unpacked = place / file.with_suffix("").name
        unpacked.write_bytes(modules.read(file))
        found.append(str(unpacked))
    return found


def share(tag: str, path: str, *more: str) -> list[str]:
    """Return what shows a directory of the host to the guest; it mounts it by its tag.

    QEMU takes commas for its own unless they are doubled.
    """
    name = "root" if tag.startswith("/") else tag
    quoted = path.replace(",", ",,")
    options = ["local", f"id={name}", f"path={quoted}", "security_model=none", "multidevs=remap"]
    device = f"virtio-9p-pci,fsdev={name},mount_tag={tag}"
    return ["-fsdev", ",".join([*options, *more]), "-device", device]


def library_path() -> list[str]:
    """Return the kernel's argument that hands on where this Python finds its libraries."""
    value = os.environ.get("LD_LIBRARY_PATH", "")
    return [f"LD_LIBRARY_PATH={value}"] if value and not re.search(r"\s", value) else []


def executable() -> str:
    """Return the path of this machine's QEMU; raises KernelUnavailable."""
    found = shutil.which(QEMU)
    if not found:
        raise KernelUnavailable(
            f"there is no {QEMU} on this machine to boot a stock kernel in", hint=how_to_install()
        )
    return found


def demand() -> None:
    """Raise KernelUnavailable where this machine lacks what a stock kernel is booted with."""
    if os.uname().machine != "x86_64":
        raise KernelUnavailable(
            f"stock kernels are booted on x86-64, and this machine is {os.uname().machine}",
            hint=f"use --kernel host; its driver is loaded by: {install.as_root(LOAD)}",
        )
    executable()
    if not has_virtme():
        raise KernelUnavailable(
            "stock kernels are booted with virtme-ng, which is missing", hint=how_to_install()
        )


def can_boot() -> bool:
    """Return whether this machine has what a stock kernel is booted with."""
    return os.uname().machine == "x86_64" and bool(shutil.which(QEMU)) and has_virtme()


def how_to_install() -> str:
    """Return the commands that install what is missing to boot a stock kernel."""
    steps = [] if shutil.which(QEMU) else [install.command(*install.QEMU)]
    steps += [] if has_virtme() else [install.VIRTME]
    return " && ".join(steps)


def has_virtme() -> bool:
    """Return whether virtme-ng's package is there."""
    return importlib.util.find_spec("virtme") is not None


def release_of(path: Path) -> str:
    """Return what `uname -r` will say in an x86 kernel image; raises UsageError for another."""
    with path.open("rb") as file:
        head = file.read(0x10000)
    if head[0x202:0x206] != b"HdrS":
        raise UsageError(f"{path} is no x86 kernel image", hint="give a vmlinuz of this machine's")
    start = int(struct.unpack_from("<H", head, RELEASE_AT)[0]) + 0x200
    return head[start : start + 256].partition(b"\0")[0].decode(errors="replace").partition(" ")[0]
