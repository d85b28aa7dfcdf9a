"""User-Mode Linux: a real kernel as an ordinary process, for machines without a bonding driver."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import Command, Say, cached_kernel, uml_package, virtual
from harness.kernels.cached_kernel import Entry
from harness.kernels.host import INIT

MEMORY = 512 << 20
PLACES = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108  (of a guest's memory: never a name in it)
HERE = "/proc/self/cwd"
PRELOAD = "preload.so"  # in a guest's directory, which its kernel is started in

# A kernel that checks its slabs by itself and by KASAN takes marks of the one for faults of the
# other while it boots: the only report that KASAN makes by default, and the end of lockdep.
WATCHFUL = {"debug": ("slub_debug=-", "kasan_multi_shot")}


@dataclass(frozen=True, slots=True)
class UmlKernel:
    """A User-Mode Linux kernel in the file `path`.

    `libraries` is the directory of its own libc, "" where it runs on the machine's; `memory` in
    bytes; `arguments` are added to its command line; `preload` is a library that is loaded before
    its others, "" for none.
    """

    path: Path
    release: str
    modules: str = ""
    seccomp: bool = False
    writeback: bool = True
    flavour: str = "uml"
    libraries: str = ""
    memory: int = MEMORY
    arguments: tuple[str, ...] = ()
    preload: str = ""

    @property
    def name(self) -> str:
        """Its name in messages and results."""
        return f"{self.flavour} {self.release}"

    @property
    def clock(self) -> str:
        """`real`, or `virtual`: time that advances only while all processes sleep."""
        return virtual.CLOCK if virtual.TRAVEL in self.arguments else "real"

    @property
    def waits(self) -> bool:
        """Whether its clock is real: a guest is then busy for a tenth of the time."""
        return self.clock == "real"

    def command(self, directory: Path) -> Command:
        """Return what boots this kernel with the host's files and the job in `directory`.

        A command line of a kernel is split at blanks, so what may hold one goes by a link. It is
        also a seed of the kernel's random numbers: the directory, which has another name in each
        run, is what the kernel was started in, which the guest sees as well as the machine does.
        """
        (directory / "init.py").symlink_to(INIT)
        (directory / "python").symlink_to(os.path.realpath(sys.executable))
        (directory / "uml").mkdir()
        argv = [str(self.path), f"mem={self.memory >> 20}M", *_ROOT, *_CONSOLE, _UNUSED]
        argv += ["uml_dir=uml/", "umid=guest", *_library_path()]
        argv += ["seccomp=auto"] if self.seccomp else []
        argv += [*virtual.BUILT_IN, *self.arguments]
        if self.clock == virtual.CLOCK:
            argv = [*virtual.steadied(), *argv, virtual.START]
        argv += [f"init={HERE}/python", "--", "-I", "-S", f"{HERE}/init.py", "boot", HERE]
        environment = {"TMPDIR": memory_place(), "PATH": os.defpath}
        if self.preload:  # by a link, as a list of libraries is split at blanks and colons
            (directory / PRELOAD).symlink_to(self.preload)
            environment["LD_PRELOAD"] = f"./{PRELOAD}"
        return Command(argv, environment | _own(self.libraries))


_ROOT = ("rootfstype=hostfs", "rootflags=/", "root=98:0", "ro")
_CONSOLE = ("con=null", "con0=null,fd:1", "quiet")
# Debian's kernel races RAID 6 checksums for 0.85 s and sets up compressed swap for 0.2 s.
_UNUSED = "initcall_blacklist=raid6_select_algo,init_zswap"


def _own(libraries: str) -> dict[str, str]:
    """Return the environment for a kernel with cached libraries; it is not passed to the guest."""
    return {"LD_LIBRARY_PATH": libraries} if libraries else {}


def _library_path() -> list[str]:
    value = os.environ.get("LD_LIBRARY_PATH", "")
    return [f"LD_LIBRARY_PATH={value}"] if value and not re.search(r"\s", value) else []


def identify(path: Path, libraries: str = "") -> UmlKernel:
    """Return the kernel in a file; raises UsageError where the file is no UML kernel."""
    try:
        asked = subprocess.run(
            [str(path.absolute()), "--help"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
            env=os.environ | _own(libraries),
        )
        said = asked.stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_kernel(path, str(error)) from error
    found = re.match(r"User Mode Linux v(\S+)", said.lstrip())
    if not found:
        complaint = asked.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _no_kernel(path, complaint or "it does not answer --help as one does")
    return UmlKernel(
        path.absolute(),
        found[1],
        _modules(path, found[1]),
        "seccomp=" in said,
        libraries=libraries,
    )


def _no_kernel(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is no User-Mode Linux kernel: {why}",
        hint='give an executable built with ARCH=um, or "--kernel uml" to use Debian\'s',
    )


def _modules(path: Path, release: str) -> str:
    """Return the directory of a kernel's modules as the package lays it out, "" for none."""
    place = path.absolute().parent.parent / "lib/uml/modules" / release
    return str(place) if (place / "modules.dep").is_file() else ""


def of_file(path: Path) -> UmlKernel:
    """Return the kernel in a file that somebody else has to keep whole."""
    return identify(path)


def packaged(say: Say, version: str = "") -> UmlKernel:
    """Return Debian's kernel from the cache, fetching it first where it is not there.

    Raises KernelUnavailable.
    """
    memory_place()  # before a fetch: without such a place no guest can boot
    found = cached_kernel.find(say, uml_package.wanted(version)) or uml_package.fetch(say, version)
    return of_entry(found)


def of_entry(entry: Entry) -> UmlKernel:
    """Return a kernel of the cache, kept there while this process lives."""
    cached_kernel.hold(entry)
    found = identify(entry.file, entry.library_path)
    modules = str(entry.place / entry.modules) if entry.modules else found.modules
    arguments = (*entry.arguments, *WATCHFUL.get(entry.flavour, ()))
    return replace(found, modules=modules, flavour=entry.flavour, arguments=arguments)


def memory_place() -> str:
    """Return the directory for a guest's memory: UML maps it executable from an unlinked file.

    Raises KernelUnavailable where none of the usual ones can be used.
    """
    seen = []
    for place in dict.fromkeys((PLACES[0], tempfile.gettempdir(), *PLACES[1:])):
        why = _unusable(place)
        if not why:
            return place
        seen.append(f"{place} {why}")
    raise KernelUnavailable(
        f"a guest's memory has no place to be: {', '.join(seen)}",
        hint=f"set TMPDIR to a directory with {MEMORY >> 20} MiB free, not mounted noexec",
    )


def _unusable(place: str) -> str:
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.truncate(mmap.PAGESIZE)
            mmap.mmap(file.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()
        free = shutil.disk_usage(place).free
    except PermissionError as error:
        return "is mounted noexec" if os.access(place, os.W_OK) else f"({error.strerror})"
    except OSError as error:
        return f"({error.strerror})"
    return "" if free >= MEMORY else f"has only {free >> 20} MiB free"
