"""Machines with a processor that has AMX, or seems to have: see amx.c."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.kernels import BootCommand, cache, trial
from harness.kernels.uml import UmlKernel

SOURCE = Path(__file__).with_name("amx.c")
NEEDS_COMPILER = pytest.mark.skipif(
    not shutil.which("cc"), reason="this machine has no C compiler"
)


def library(place: Path) -> Path:
    """Compile what makes User-Mode Linux find such a processor."""
    made = place / "amx.so"
    argv = ["cc", "-O2", "-shared", "-fPIC", "-o", str(made), str(SOURCE), "-ldl"]
    subprocess.run(argv, check=True)
    return made


@contextmanager
def processor(place: Path) -> Iterator[None]:
    """Let every User-Mode Linux kernel find such a processor, and nothing known of trials."""
    made = library(place)
    command = UmlKernel.command

    def with_amx(self: UmlKernel, directory: Path) -> BootCommand:
        found = command(self, directory)
        chain = [found.environment.get("LD_PRELOAD", ""), str(made)]
        preload = {"LD_PRELOAD": ":".join(filter(None, chain))}
        return replace(found, environment=found.environment | preload)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trial, "MEMORY", f"trials-{os.getpid()}.json")
        patched.setattr(UmlKernel, "command", with_amx)
        yield
        cache.directory().with_name(trial.MEMORY).unlink(missing_ok=True)
