"""Records of cached kernels: version, requirements, and which of them are in use."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say, cache, elf

RECORD = "kernel.json"
OWN = "own"  # the flavour of kernels that have a name
UNKNOWN = "unknown"  # the flavour of an entry whose record cannot be read
OLD_NAME = re.compile(r"user-mode-linux_((\d+\.\d+).*)")  # the name of entries without a record

# The locked manifests: a lock is held as long as the file is open.
_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class CachedKernel:
    """A kernel in the cache.

    `flavour` and `release` make its spec, such as uml@6.12; `version` is that of its package or
    source. `kernel`, `modules` and `libraries` are paths in `place`, "" for none; without
    libraries it needs the machine's libc, of at least version `needs`. `arguments` are always
    added to its command line; `suite` is where it was fetched from. One that was built from a
    user's tree or with patches has a `name` instead of a flavour of its own, the `digest` of its
    executable, and its `origin`: the path of the tree, or the spec that was patched.
    """

    place: Path
    flavour: str
    release: str
    version: str = ""
    clock: str = "real"
    kernel: str = "usr/bin/linux.uml"
    modules: str = ""
    libraries: str = ""
    needs: str = ""
    suite: str = ""
    arguments: tuple[str, ...] = ()
    name: str = ""
    digest: str = ""
    origin: str = ""

    @classmethod
    def read(cls, place: Path) -> CachedKernel | None:
        """Return the kernel in a directory of the cache, None if there is none."""
        try:
            data = json.loads((place / RECORD).read_text(encoding="utf-8"))
            known = {field.name for field in fields(cls)} - {"place"}
            data = {name: value for name, value in data.items() if name in known}
            return cls(place, **data | {"arguments": tuple(data.get("arguments", ()))})
        except FileNotFoundError:
            return cls._old(place)
        except (OSError, ValueError, TypeError, AttributeError):
            return cls(place, UNKNOWN, "", kernel=RECORD)  # listed, and removable by its name

    @classmethod
    def _old(cls, place: Path) -> CachedKernel | None:
        found = OLD_NAME.fullmatch(place.name)
        if not found:
            return None
        modules = sorted((place / "usr/lib/uml/modules").glob("[0-9]*"))
        release = modules[0].name if modules else found[2]
        return cls(place, "uml", release, found[1], suite=codename())

    def keep(self, name: str) -> CachedKernel:
        """Write the record into its directory, and move that into the cache under a name."""
        data = asdict(self)
        del data["place"]
        (self.place / RECORD).write_text(json.dumps(data, indent=1), encoding="utf-8")
        kept = CachedKernel.read(cache.keep(self.place, name))
        assert kept is not None
        return kept

    @property
    def series(self) -> str:
        """The series of its release, such as 6.12."""
        return ".".join(self.release.split(".")[:2])

    @property
    def spec(self) -> str:
        """The spec that selects it."""
        if self.name:
            return self.name
        return f"{self.flavour}@{self.series}" if self.series else self.flavour

    @property
    def file(self) -> Path:
        """The kernel's executable."""
        return self.place / self.kernel

    @property
    def library_path(self) -> str:
        """The directory of the libraries cached with it, "" for none."""
        return str(self.place / self.libraries) if self.libraries else ""

    def is_of(self, version: str) -> bool:
        """Return whether it is of a series (6.12) or a release (6.12.101); "" is any."""
        return not version or self.release == version or self.release.startswith(f"{version}.")

    def fits_here(self) -> bool:
        """Return whether this machine can run it: a cache may be shared by several machines."""
        try:
            mine = elf.machine(Path("/proc/self/exe"))
            foreign = elf.machine(self.file) not in (0, mine)
        except OSError:
            return True  # damaged: reported by `cache.damage`
        newer = bool(self.needs) and not self.libraries and numbers(self.needs) > libc()
        return not foreign and not newer

    def damage(self) -> str:
        """Return the first difference to its manifest, "" for none."""
        damage = cache.damage(self.place)
        if not damage and self.libraries:
            linker = elf.interpreter(self.file)
            if not linker.startswith(f"{self.library_path}/"):
                return f"it was moved: its linker is {linker}"
        return damage

    def size(self) -> int:
        """Return its size in bytes."""
        return sum(path.lstat().st_size for path in self.place.rglob("*"))


def entries() -> list[CachedKernel]:
    """Return the kernels in the cache that this machine can run, the newest first."""
    found = (CachedKernel.read(place) for place in cache.places())
    return [entry for entry in found if entry is not None and entry.fits_here()]


def named(name: str) -> CachedKernel | None:
    """Return the newest kernel that a user built under a name, None if there is none."""
    return next((entry for entry in entries() if entry.name and entry.name == name), None)


def find(say: Say, wanted: Callable[[CachedKernel], bool]) -> CachedKernel | None:
    """Return the newest undamaged kernel that matches, or None; report damaged ones."""
    for entry in filter(wanted, entries()):
        damage = entry.damage()
        if not damage:
            return entry
        say(f"the cached kernel {entry.place.name} is damaged ({damage}) and will not be used")
    return None


def hold(entry: CachedKernel) -> None:
    """Prevent the removal of a kernel while this process lives."""
    if entry.place not in _held:
        manifest = os.open(entry.place / cache.MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(manifest, fcntl.LOCK_SH)
        _held[entry.place] = manifest


def in_use(entry: CachedKernel) -> bool:
    """Return whether a run, this one or another, holds a kernel."""
    try:
        manifest = os.open(entry.place / cache.MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(manifest)
    return False


def remove(entry: CachedKernel) -> int:
    """Remove a kernel and return the number of bytes freed; the caller holds `cache.locked`.

    Raises KernelUnavailable if a run uses it.
    """
    if in_use(entry):
        raise KernelUnavailable(
            f"{entry.place.name} is in use by a run",
            hint="wait until that run has ended, then remove it",
        )
    freed = entry.size()
    gone = entry.place.with_name(f"{cache.PARTIAL}removed-{os.getpid()}-{entry.place.name}")
    entry.place.rename(gone)
    shutil.rmtree(gone)
    return freed


def libc() -> tuple[int, ...]:
    """Return the version of this machine's libc, (0,) where it is not the GNU one."""
    try:
        return numbers((os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")[2])
    except (OSError, ValueError):
        return (0,)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, to compare it by: a release candidate is older than 0."""
    parts = re.findall(r"~|-rc|\d+", version)
    # The 0 at the end is greater than the -1 of a candidate: 6.16~rc5 precedes 6.16.
    return (*(int(part) if part.isdigit() else -1 for part in parts), 0)


def codename() -> str:
    """Return the codename of this machine's distribution, "" where it is unknown."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", text, re.MULTILINE)
    return found[1] if found else ""
