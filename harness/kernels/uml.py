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
from harness.kernels import BootCommand, Say, cached_kernel, uml_package, versioned, virtual
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.host import INIT

MEMORY = 512 << 20
PLACES = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108  (for a guest's memory, which is an unlinked file)
CWD = "/proc/self/cwd"
PRELOAD = "preload.so"  # in a guest's directory, the working directory of its kernel

# With slub_debug and KASAN together, KASAN reports slub_debug's poison while booting: that would
# be KASAN's only report by default, and it disables lockdep.
DEBUG_ARGUMENTS = {"debug": ("slub_debug=-", "kasan_multi_shot")}


@dataclass(frozen=True, slots=True)
class UmlKernel:
    """A User-Mode Linux kernel in the file `path`.

    `libraries` is the directory of a separate libc, "" for the machine's; `memory` is in bytes;
    `arguments` are added to its command line; `preload` is a library for LD_PRELOAD, "" for none.
    With `terminal` its standard input and output are con1, and its own console is standard error.
    `label` is its name, "" for flavour and release.
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
    terminal: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """Its name in messages and results."""
        return self.label or f"{self.flavour} {self.release}"

    @property
    def spec(self) -> str:
        """The `--kernel` that chooses its kind and version."""
        return self.label or versioned(self.flavour, self.release)

    @property
    def clock(self) -> str:
        """`real`, or `virtual`: time that advances only while all processes sleep."""
        return virtual.CLOCK if virtual.TRAVEL in self.arguments else "real"

    @property
    def waits(self) -> bool:
        """Whether its clock is real: a guest is then busy for about 10 % of the time."""
        return self.clock == "real"

    def command(self, directory: Path) -> BootCommand:
        """Return the command that boots this kernel with the host's files for a job.

        A kernel splits its command line at blanks: paths that may contain one are symlinked. The
        command line also seeds the kernel's random numbers, so it must not contain the directory,
        whose name differs in each run: it is the working directory of the kernel instead.
        """
        (directory / "init.py").symlink_to(INIT)
        (directory / "python").symlink_to(os.path.realpath(sys.executable))
        (directory / "uml").mkdir()
        argv = [str(self.path), f"mem={self.memory >> 20}M", *_ROOT]
        argv += [*(_TERMINAL if self.terminal else _CONSOLE), "quiet", _BLACKLIST]
        argv += ["uml_dir=uml/", "umid=guest", *_library_path()]
        argv += ["seccomp=auto"] if self.seccomp else []
        argv += [*virtual.BUILT_IN, *self.arguments]
        if self.clock == virtual.CLOCK:
            argv = [*virtual.without_host_entropy(), *argv, virtual.START]
        argv += [f"init={CWD}/python", "--", "-I", "-S", f"{CWD}/init.py", "boot", CWD]
        environment = {"TMPDIR": memory_directory(), "PATH": os.defpath}
        if self.preload:  # symlinked, as LD_PRELOAD is split at blanks and colons
            (directory / PRELOAD).symlink_to(self.preload)
            environment["LD_PRELOAD"] = f"./{PRELOAD}"
        return BootCommand(argv, environment | _library_environment(self.libraries))


# hostfs has no device. Without a block layer, which kernels with virtual time do not have, 6.1
# mounts no root if it takes the name for that of a block device, such as 98:0 (mount_root). A name
# that begins with mtd is that of none in all kernels (prepare_namespace, parse_root_device).
_ROOT = ("rootfstype=hostfs", "rootflags=/", "root=mtd:hostfs", "ro")
_CONSOLE = ("con=null", "con0=null,fd:1")
_TERMINAL = ("con=null", "con0=null,fd:2", "con1=fd:0,fd:1")
# Debian's kernel benchmarks RAID 6 for 0.85 s and sets up zswap for 0.2 s.
_BLACKLIST = "initcall_blacklist=raid6_select_algo,init_zswap"


def _library_environment(libraries: str) -> dict[str, str]:
    """Return the environment for a kernel with cached libraries; it is not passed to the guest."""
    return {"LD_LIBRARY_PATH": libraries} if libraries else {}


def _library_path() -> list[str]:
    value = os.environ.get("LD_LIBRARY_PATH", "")
    return [f"LD_LIBRARY_PATH={value}"] if value and not re.search(r"\s", value) else []


def identify(path: Path, libraries: str = "") -> UmlKernel:
    """Return the kernel in a file; raises UsageError if it is not a User-Mode Linux kernel."""
    try:
        asked = subprocess.run(
            [str(path.absolute()), "--help"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
            env=os.environ | _library_environment(libraries),
        )
        output = asked.stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_kernel(path, str(error)) from error
    found = re.match(r"User Mode Linux v(\S+)", output.lstrip())
    if not found:
        complaint = asked.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _no_kernel(path, complaint or "unexpected output of --help")
    return UmlKernel(
        path.absolute(),
        found[1],
        _modules(path, found[1]),
        "seccomp=" in output,
        libraries=libraries,
    )


def _no_kernel(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not a User-Mode Linux kernel: {why}",
        hint='give an executable built with ARCH=um, or "--kernel uml" to use Debian\'s',
    )


def _modules(path: Path, release: str) -> str:
    """Return the directory of a kernel's modules as in the package, "" for none."""
    place = path.absolute().parent.parent / "lib/uml/modules" / release
    return str(place) if (place / "modules.dep").is_file() else ""


def of_file(path: Path) -> UmlKernel:
    """Return the kernel in a file of the user."""
    return identify(path)


def packaged(say: Say, version: str = "") -> UmlKernel:
    """Return Debian's kernel from the cache; fetch it if it is missing.

    Raises KernelUnavailable.
    """
    memory_directory()  # before fetching: no guest can boot without it
    found = cached_kernel.find(say, uml_package.wanted(version)) or uml_package.fetch(say, version)
    return of_entry(found)


def of_entry(entry: CachedKernel) -> UmlKernel:
    """Return a cached kernel, which is not removed while this process lives."""
    cached_kernel.hold(entry)
    found = identify(entry.file, entry.library_path)
    modules = str(entry.place / entry.modules) if entry.modules else found.modules
    arguments = (*entry.arguments, *DEBUG_ARGUMENTS.get(entry.flavour, ()))
    label = f"{entry.name} (linux {entry.version}, {entry.digest})" if entry.name else ""
    return replace(found, modules=modules, flavour=entry.flavour, arguments=arguments, label=label)


def memory_directory() -> str:
    """Return the directory for a guest's memory: UML maps it executable from an unlinked file.

    Raises KernelUnavailable if none of the candidates can be used.
    """
    seen = []
    for place in dict.fromkeys((PLACES[0], tempfile.gettempdir(), *PLACES[1:])):
        why = _unusable(place)
        if not why:
            return place
        seen.append(f"{place} {why}")
    raise KernelUnavailable(
        f"there is no directory for a guest's memory: {', '.join(seen)}",
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
