"""Build the wrapper of ptrace(2) that old User-Mode Linux needs on processors with AMX.

See xstate.c. It is compiled once for each version of the C library and kept next to the kernels: a
cache may be shared by machines with older libraries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import cache, cached_kernel, install

SOURCE = Path(__file__).with_name("xstate.c")
COMPILERS = ("cc", "gcc", "clang")
LIMIT = 60.0  # seconds


def compiler() -> str:
    """Return the path of a C compiler, "" for none."""
    return next(filter(None, map(shutil.which, COMPILERS)), "")


def library() -> Path:
    """Return the path of the compiled wrapper; raises KernelUnavailable."""
    libc = ".".join(map(str, cached_kernel.libc()))
    key = f"{zlib.crc32(SOURCE.read_bytes()):08x}-{os.uname().machine}-libc-{libc}"
    made = cache.directory().with_name("preload") / f"xstate-{key}.so"
    if not made.is_file():
        _compile(made)
    return made


def _compile(made: Path) -> None:
    """Compile the wrapper and move it into the cache."""
    program = compiler()
    if not program:
        raise _unbuildable("there is no C compiler on this machine")
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=cache.PARTIAL, dir=made.parent) as place:
            part = Path(place, made.name)
            _run([program, "-O2", "-shared", "-fPIC", "-o", str(part), str(SOURCE), "-ldl"])
            part.chmod(0o755)
            part.replace(made)
    except OSError as error:
        raise cache.unwritable(error) from error


def _run(argv: list[str]) -> None:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        why = f"it did not finish within {LIMIT:g} s"
    else:
        if not done.returncode:
            return
        lines = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        why = next((line for line in lines if "error" in line), lines[0])
    raise _unbuildable(f"{argv[0]} cannot compile {SOURCE.name}: {why}")


def _unbuildable(why: str) -> KernelUnavailable:
    return KernelUnavailable(why, hint=install.command(*install.COMPILER))
