"""Load kernel modules in a guest, by the dependency order in modules.dep, without `modprobe`."""

from __future__ import annotations

import ctypes
import errno
import functools
import lzma
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from harness.errors import KernelRefused

# Modules for topologies and faults; a missing one is reported when it is used.
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
# By default these create interfaces in the initial namespace.
PARAMETERS = {"bonding": "max_bonds=0", "dummy": "numdummies=0", "ifb": "numifbs=0"}

MODULE_INIT_COMPRESSED_FILE = 4  # linux/module.h, since 5.17

_directory: Path | None = None


def use(directory: Path) -> None:
    """Load modules from `directory`, which contains modules.dep, from now on."""
    global _directory  # noqa: PLW0603  (there is one kernel per process)
    _directory = directory


def need(*names: str) -> None:
    """Load modules with their dependencies; does nothing if the kernel loads modules itself.

    Modules that are built in or loaded are skipped. Raises KernelRefused.
    """
    if _directory is None:
        return
    for path in order(_dependencies(_directory), names):
        _insert(_directory / path)


def usual() -> None:
    """Load the modules for topologies and faults."""
    need(*USUAL)


def files(directory: Path, names: Iterable[str]) -> list[Path]:
    """Return the files to load for modules in a directory with modules.dep."""
    return [directory / path for path in order(_dependencies(directory), names)]


def order(dependencies: Mapping[str, tuple[str, ...]], names: Iterable[str]) -> list[str]:
    """Return the files to load for modules, each after its dependencies.

    Names without a file are omitted: they are built in, or the kernel does not have them.
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
    """Return modules.dep as a mapping of file to the files it depends on."""
    lines = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {path.strip(): tuple(needs.split()) for path, _, needs in lines}


def read(path: Path) -> bytes:
    """Return a module's ELF file, decompressed if necessary."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def prune(directory: Path, wanted: Callable[[str], bool]) -> None:
    """Decompress the wanted modules of a package and their dependencies; remove the others.

    Packages do not contain modules.dep (depmod writes it on installation), so write it.
    """
    found = {str(path.relative_to(directory)): path for path in directory.glob("**/*.ko*")}
    needs = {_name(name): needed(read(path)) for name, path in found.items()}
    by_name = {_name(name): name for name in found}
    known = {
        name: tuple(by_name[need] for need in needs[_name(name)] if need in by_name)
        for name in found
    }
    kept = set(order(known, (_name(name) for name in found if wanted(name))))
    for name in kept:
        data = read(found[name])
        found[name].unlink()
        (directory / _plain(name)).write_bytes(data)
    for name in found.keys() - kept:
        found[name].unlink()
    lines = (" ".join([f"{_plain(name)}:", *map(_plain, known[name])]) for name in sorted(kept))
    (directory / "modules.dep").write_text("\n".join([*lines, ""]), encoding="utf-8")


def needed(data: bytes) -> tuple[str, ...]:
    """Return the dependencies in a module's ELF file."""
    found = re.search(rb"\0depends=([\w,-]*)\0", data)
    return (
        tuple(name.replace("-", "_") for name in found[1].decode().split(",") if name)
        if found
        else ()
    )


def _plain(name: str) -> str:
    return name.partition(".ko")[0] + ".ko"


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
        flags = 0 if path.suffix == ".ko" else MODULE_INIT_COMPRESSED_FILE
        failed = libc.syscall(_FINIT_MODULE, file, PARAMETERS.get(name, "").encode(), flags)
    finally:
        os.close(file)
    if failed and ctypes.get_errno() != errno.EEXIST:
        raise KernelRefused(f"kernel module {name}", ctypes.get_errno())


# x86-64 has its own table; newer architectures share one (asm-generic/unistd.h).
_FINIT_MODULE = 313 if os.uname().machine == "x86_64" else 273
