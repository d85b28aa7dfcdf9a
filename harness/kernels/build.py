"""Build a kernel with virtual time from Debian's linux-source, into the cache.

An unfinished build is kept in `builds` next to the cache, so that it can be resumed; only a
complete kernel is put into the cache.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import Say, apt, build_tools, cache, cached_kernel, source_tree, uml, virtual
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.compile import Tree

LABS = Path(__file__).resolve().parents[1] / "data" / "labs"  # in a checkout, a symlink to labs/
RECORD = "build.json"
KUNIT = "tools/testing/kunit"
KERNEL = "linux"
PATCHED = "patched"  # the workspace of a version with patches, next to its source


@dataclass(frozen=True, slots=True)
class Recipe:
    """A flavour: its configuration fragments, and the cost of a build.

    `objects` is the number of object files, `seconds` the processor time, both of 7.2 on a slow
    machine; `size` is that of the objects in bytes. `arguments` are additional ones of make.
    """

    fragments: tuple[str, ...]
    objects: int
    seconds: int
    size: int
    arguments: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """Return the paths of the fragments."""
        return [LABS / name for name in self.fragments]

    def checksum(self) -> int:
        """Return a checksum of all options."""
        fragments = b"".join(path.read_bytes() for path in self.files())
        return zlib.crc32(fragments + " ".join(self.arguments).encode())


DRIVER = "drivers/net/bonding"
# The objects of the driver whose lines are counted: scripts/Makefile.lib of the kernel.
COUNTED = tuple(
    f"GCOV_PROFILE_bond_{name}.o=y"
    for name in ("main", "options", "netlink", "3ad", "alb", "sysfs", "sysfs_slave", "procfs")
)
RECIPES = {
    "virtual": Recipe(("virtual.config", "virtual-usb.config"), 860, 400, 130 << 20),
    "debug": Recipe(("virtual.config", "virtual-usb.config", "debug.config"), 940, 920, 400 << 20),
    "coverage": Recipe(
        ("virtual.config", "virtual-usb.config", "coverage.config"), 870, 410, 130 << 20, COUNTED
    ),
}


def parse(spec: str) -> tuple[str, str]:
    """Return flavour and version of a spec; raises UsageError if it cannot be built."""
    flavour, _, version = spec.partition("@")
    numbers = version.split(".")
    right = len(numbers) in (2, 3) and all(number.isdecimal() for number in numbers)
    if flavour not in RECIPES or not right:
        raise UsageError(
            f'"{spec}" cannot be built',
            hint="give virtual@7.2, debug@7.2 or coverage@7.2, or the directory of a kernel tree",
        )
    return flavour, version


def build(spec: str, say: Say, *, again: bool = False) -> CachedKernel:
    """Build a kernel into the cache and return it; return a cached one unless `again`.

    Only one build runs at a time. Raises UsageError, KernelUnavailable.
    """
    flavour, version = parse(spec)
    recipe = RECIPES[flavour]
    found = None if again else _cached(flavour, version, recipe, say)
    if found is not None:
        say(f"{spec} is in the cache")
        return found
    build_tools.check_tools()
    apt.check_tools(source_tree.package_of(version))
    place = builds() / f"linux-{version}"
    needed = recipe.size + (
        0 if source_tree.unpacked(place) else source_tree.UNPACKED + (200 << 20)
    )
    build_tools.check_space(place, needed)
    minutes = recipe.seconds / 60 / len(os.sched_getaffinity(0))
    say(f"building {spec}: {needed / 1e6:.0f} MB of disk, about {minutes:.0f} min")
    try:
        with cache.exclusive(builds(), "another build", say) as lock:
            found = None if again else _cached(flavour, version, recipe, lambda _: None)
            return found or _build(place, flavour, version, lock, say)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise cache.no_space(place, needed) from error
        raise cache.unwritable(error) from error


def builds() -> Path:
    """Return the directory of sources and of kernels that are being built."""
    return cache.directory().with_name("builds")


def _cached(flavour: str, version: str, recipe: Recipe, say: Say) -> CachedKernel | None:
    """Return the cached kernel that was built with the current options."""

    def fits(entry: CachedKernel) -> bool:
        same = entry.flavour == flavour and entry.is_of(version)
        return same and _checksum_of(entry.place) == recipe.checksum()

    return cached_kernel.find(say, fits)


def _checksum_of(place: Path) -> int | None:
    try:
        checksum = json.loads((place / RECORD).read_text(encoding="utf-8"))["options"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return checksum if isinstance(checksum, int) else None


def _build(place: Path, flavour: str, version: str, lock: int, say: Say) -> CachedKernel:
    place.mkdir(parents=True, exist_ok=True)
    recipe = RECIPES[flavour]
    try:
        package = source_tree.fetch(place, version, say)
    except KernelUnavailable:
        with contextlib.suppress(OSError):
            place.rmdir()  # fails if an earlier build left something there
        raise
    begun = time.monotonic()
    made = Tree(place / "source", place / flavour, recipe.arguments)
    made.configure(recipe.files(), say)
    say(f"compiling linux {package}; the same command resumes an interrupted build")
    objects = made.compile(recipe.objects, lock, say)
    took = round(time.monotonic() - begun)
    record = {"options": recipe.checksum(), "objects": objects, "seconds": took}
    entry = keep(made, record, say, partial(_described, flavour, package))
    shutil.rmtree(made.out)
    if not any((place / other).exists() for other in (*RECIPES, PATCHED)):
        shutil.rmtree(place)
    say(f"{entry.spec}: {objects} objects in {took} s, {entry.size() / 1e6:.1f} MB in the cache")
    return entry


def _described(flavour: str, package: str, place: Path) -> tuple[str, CachedKernel]:
    release = uml.identify(place / KERNEL).release
    entry = CachedKernel(
        place, flavour, release, package, virtual.CLOCK, KERNEL, arguments=(virtual.TRAVEL,)
    )
    return f"{flavour}_{package}_{os.uname().machine}", entry


def keep(
    made: Tree,
    record: Mapping[str, int],
    say: Say,
    describe: Callable[[Path], tuple[str, CachedKernel]],
) -> CachedKernel:
    """Move a built kernel into the cache.

    `describe` returns the name of its directory in the cache and its entry, given the directory
    that has the stripped executable. Raises KernelUnavailable.
    """
    with cache.locked(say), cache.building() as place:
        kernel = place / KERNEL
        done = subprocess.run(
            ["strip", "-s", "-o", str(kernel), str(made.out / "linux")],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise KernelUnavailable(
                f"the kernel cannot be stripped: {done.stderr.decode(errors='replace').strip()}",
                hint="check for a full disk, then run again",
            )
        shutil.copy(made.out / ".config", place / "config")
        for script in (made.source / KUNIT).glob("kunit_p*.py"):
            shutil.copy(script, place)  # the kernel's reader of KTAP: 30 kB, for the tests
        for notes in (made.out / DRIVER).glob("*.gcno"):
            shutil.copy(notes, place)  # what gcov needs to read a guest's counts
        (place / RECORD).write_text(json.dumps(record), encoding="utf-8")
        name, entry = describe(place)
        return entry.keep(name)
