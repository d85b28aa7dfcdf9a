"""The host's kernel, in separate namespaces: the machine's network is not changed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.guests import init
from harness.kernels import BootCommand

LOAD = "modprobe bonding max_bonds=0"  # without max_bonds=0 the module creates bond0
INIT = Path(init.__file__)


def refusal() -> str:
    """Return why the host's kernel cannot be used, "" if it can.

    A separate process tries to create a bond in a new network namespace.
    """
    argv = [sys.executable, "-I", "-S", str(INIT), "probe"]
    tried = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        return (tried.stderr.strip().splitlines() or ["the attempt to create a bond crashed"])[-1]
    return tried.stdout.strip()


def has_module() -> bool:
    """Return whether a bonding module of the running kernel is installed."""
    home = Path("/lib/modules", os.uname().release, "kernel/drivers/net/bonding")
    return any(home.glob("bonding.ko*"))


@dataclass(frozen=True, slots=True)
class HostKernel:
    """The running kernel; its guests are processes in namespaces."""

    name: str = f"host {os.uname().release}"
    spec: str = "host"
    modules: str = ""
    writeback: bool = False
    clock: str = "real"
    waits: bool = False

    def command(self, directory: Path) -> BootCommand:
        """Return the command that starts a worker in new namespaces, for a job."""
        argv = [sys.executable, "-I", "-S", str(INIT), "enter", str(directory)]
        return BootCommand(argv, {"PATH": os.defpath})
