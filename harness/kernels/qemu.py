"""A distribution's kernel in QEMU, with the host's files as its root and the harness's init.

virtme-ng makes the initramfs, which loads the modules for 9p and switches to the host's files as
root; `init` does the rest, as in every guest.
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
from harness.kernels import BootCommand, install, kvm, versioned
from harness.kernels.host import INIT, LOAD

QEMU = "qemu-system-x86_64"
MEMORY = 512 << 20
# Modules that a distribution's kernel needs to mount the host's files.
FIRST = ("virtio_pci", "9pnet_virtio", "9p")
# The root is read-only, so the guest may cache it. virtme's initramfs adds other options.
ROOT = "ro,cache=loose"
# A machine without keyboard, disk and network; its console is a serial port.
MACHINE = ("-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-no-reboot")
CONSOLE = ("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console")
ARGUMENTS = ("console=ttyS0", "quiet", "panic=-1", "mitigations=off", "audit=0")
RELEASE_AT = 0x20E  # offset of kernel_version in the x86 boot protocol, relative to 0x200


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
    waits: bool = False  # emulation takes a whole processor

    @property
    def name(self) -> str:
        """Its name in messages and results."""
        return f"stock {self.release}"

    @property
    def spec(self) -> str:
        """The `--kernel` that chooses its kind and version."""
        return versioned("stock", self.release)

    def command(self, directory: Path) -> BootCommand:
        """Return the command that boots this kernel with the host's files for a job.

        A kernel splits its command line at blanks: paths that may contain one are symlinked.
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
        return BootCommand(argv, {"PATH": os.defpath})

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
    """Return modules that busybox can load: compressed ones are unpacked into `place`."""
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
    """Return the options that export a directory of the host; the guest mounts it by its tag.

    Commas in a value are doubled for QEMU.
    """
    name = "root" if tag.startswith("/") else tag
    quoted = path.replace(",", ",,")
    options = ["local", f"id={name}", f"path={quoted}", "security_model=none", "multidevs=remap"]
    device = f"virtio-9p-pci,fsdev={name},mount_tag={tag}"
    return ["-fsdev", ",".join([*options, *more]), "-device", device]


def library_path() -> list[str]:
    """Return the kernel argument that passes LD_LIBRARY_PATH to init."""
    value = os.environ.get("LD_LIBRARY_PATH", "")
    return [f"LD_LIBRARY_PATH={value}"] if value and not re.search(r"\s", value) else []


def executable() -> str:
    """Return the path of this machine's QEMU; raises KernelUnavailable."""
    found = shutil.which(QEMU)
    if not found:
        raise KernelUnavailable(
            f"there is no {QEMU} on this machine to boot a stock kernel", hint=how_to_install()
        )
    return found


def check_installed() -> None:
    """Raise KernelUnavailable if this machine cannot boot stock kernels."""
    if os.uname().machine != "x86_64":
        raise KernelUnavailable(
            f"stock kernels can be booted on x86-64 only, not on {os.uname().machine}",
            hint=f"use --kernel host; load its driver with: {install.as_root(LOAD)}",
        )
    executable()
    if not has_virtme():
        raise KernelUnavailable(
            "virtme-ng, which boots stock kernels, is not installed", hint=how_to_install()
        )


def can_boot() -> bool:
    """Return whether this machine can boot stock kernels."""
    return os.uname().machine == "x86_64" and bool(shutil.which(QEMU)) and has_virtme()


def how_to_install() -> str:
    """Return the commands that install what booting a stock kernel needs."""
    steps = [] if shutil.which(QEMU) else [install.command(*install.QEMU)]
    steps += [] if has_virtme() else [install.VIRTME]
    return " && ".join(steps)


def has_virtme() -> bool:
    """Return whether virtme-ng is installed."""
    return importlib.util.find_spec("virtme") is not None


def release_of(path: Path) -> str:
    """Return the release (`uname -r`) of an x86 kernel image; raises UsageError."""
    with path.open("rb") as file:
        head = file.read(0x10000)
    if head[0x202:0x206] != b"HdrS":
        raise UsageError(f"{path} is not an x86 kernel image", hint="give a vmlinuz for x86")
    start = int(struct.unpack_from("<H", head, RELEASE_AT)[0]) + 0x200
    return head[start : start + 256].partition(b"\0")[0].decode(errors="replace").partition(" ")[0]
