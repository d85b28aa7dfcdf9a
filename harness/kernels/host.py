"""The host's own kernel, in namespaces of our own: the machine's network is never touched."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.guests import init
from harness.kernels import Command

LOAD = "modprobe bonding max_bonds=0"  # without it the module makes a bond0 of its own
INIT = Path(init.__file__)


def refusal() -> str:
    """Return why the host's kernel cannot be used, "" where it can.

    A process of its own tries to make a bond in a fresh network namespace.
    """
    argv = [sys.executable, "-I", "-S", str(INIT), "probe"]
    tried = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        return (tried.stderr.strip().splitlines() or ["the attempt to make a bond crashed"])[-1]
    return tried.stdout.strip()


def has_module() -> bool:
    """Return whether the kernel that runs has a bonding driver as a module on the disk."""
    home = Path("/lib/modules", os.uname().release, "kernel/drivers/net/bonding")
    return any(home.glob("bonding.ko*"))


@dataclass(frozen=True, slots=True)
class HostKernel:
    """The kernel that runs already; its guests are processes in namespaces."""

    name: str = f"host {os.uname().release}"
    modules: str = ""
    writeback: bool = False
    clock: str = "real"
    waits: bool = False

    def command(self, directory: Path) -> Command:
        """Return what starts a worker in new namespaces, for the job in `directory`."""
        argv = [sys.executable, "-I", "-S", str(INIT), "enter", str(directory)]
        return Command(argv, {"PATH": os.defpath})
