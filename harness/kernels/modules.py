"""Load kernel modules in a guest, by the dependency order in modules.dep, without `modprobe`."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import KernelRefused

# What topologies and faults are made of; what a kernel lacks of it shows when it is asked for.
USUAL = (
    "bonding",
    "veth",
    "bridge",
    "sch_ingress",
    "cls_matchall",
    "cls_flower",
    "cls_u32",
    "act_gact",
    "act_mirred",
    "sch_netem",
    "ifb",
    "dummy",
)
# These make interfaces of their own in the first namespace unless told not to.
PARAMETERS = {"bonding": "max_bonds=0", "dummy": "numdummies=0", "ifb": "numifbs=0"}

_directory: Path | None = None


def use(directory: Path) -> None:
    """Load modules from `directory` (it holds modules.dep) from now on: a guest's init says so."""
    global _directory  # noqa: PLW0603  (there is one kernel per process)
    _directory = directory


def need(*names: str) -> None:
    """Load modules with what they depend on; do nothing where the kernel loads its own.

    Names that the kernel has built in or loaded are passed over. Raises KernelRefused.
    """
    if _directory is None:
        return
    for path in order(_dependencies(_directory), names):
        _insert(_directory / path)


def usual() -> None:
    """Load what topologies and faults are made of."""
    need(*USUAL)


def order(dependencies: Mapping[str, tuple[str, ...]], names: Iterable[str]) -> list[str]:
    """Return the files to insert for modules, each after all that it depends on.

    Names without a file are left out: they are built in, or the kernel does not have them.
    """
    files = {_name(path): path for path in dependencies}
    wanted: dict[str, None] = {}

    def visit(path: str) -> None:
        for needed in dependencies.get(path, ()):
            if needed not in wanted:
                visit(needed)
        wanted[path] = None

    for name in names:
        if name.replace("-", "_") in files:
            visit(files[name.replace("-", "_")])
    return list(wanted)


def parse(text: str) -> dict[str, tuple[str, ...]]:
    """Return modules.dep as file -> the files it depends on."""
    lines = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {path.strip(): tuple(needs.split()) for path, _, needs in lines}


@functools.cache
def _dependencies(directory: Path) -> dict[str, tuple[str, ...]]:
    return parse((directory / "modules.dep").read_text(encoding="utf-8"))


def _name(path: str) -> str:
    return Path(path).name.partition(".")[0].replace("-", "_")


def _insert(path: Path) -> None:
    name = _name(str(path))
    if Path("/sys/module", name).exists():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        failed = libc.syscall(_FINIT_MODULE, file, PARAMETERS.get(name, "").encode(), 0)
    finally:
        os.close(file)
    if failed and ctypes.get_errno() != errno.EEXIST:
        raise KernelRefused(f"kernel module {name}", ctypes.get_errno())


# x86-64 has a table of its own, the newer architectures share one (asm-generic/unistd.h).
_FINIT_MODULE = 313 if os.uname().machine == "x86_64" else 273
