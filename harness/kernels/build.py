"""Build a kernel with virtual time from Debian's linux-source, into the cache.

What is begun lies in `builds` beside the cache until it is done, so that an interrupted build goes
on; into the cache a kernel comes whole or not at all.
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
from dataclasses import dataclass
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import Say, apt, build_tools, cache, cached_kernel, source_tree, uml, virtual
from harness.kernels.cached_kernel import Entry
from harness.kernels.compile import Tree

LABS = Path(__file__).resolve().parents[1] / "data" / "labs"  # in a checkout a link to labs/
RECORD = "build.json"
KERNEL = "linux"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A flavour: its fragments, how many objects it has, and what it takes.

    `objects` were counted and `seconds` of processor time measured with 7.2 on a slow machine;
    `size` is what the objects take in bytes.
    """

    fragments: tuple[str, ...]
    objects: int
    seconds: int
    size: int

    def files(self) -> list[Path]:
        """Return the fragments' files."""
        return [LABS / name for name in self.fragments]

    def mark(self) -> int:
        """Return a number that is another one as soon as an option changes."""
        return zlib.crc32(b"".join(path.read_bytes() for path in self.files()))


RECIPES = {
    "virtual": Recipe(("virtual.config", "virtual-usb.config"), 800, 390, 130 << 20),
    "debug": Recipe(("virtual.config", "virtual-usb.config", "debug.config"), 880, 900, 400 << 20),
}


def parse(spec: str) -> tuple[str, str]:
    """Return flavour and version of what is to be built; raises UsageError."""
    flavour, _, version = spec.partition("@")
    numbers = version.split(".")
    right = len(numbers) in (2, 3) and all(number.isdecimal() for number in numbers)
    if flavour not in RECIPES or not right:
        raise UsageError(
            f'"{spec}" is nothing that can be built', hint="give virtual@7.2 or debug@7.2"
        )
    return flavour, version


def build(spec: str, say: Say, *, again: bool = False) -> Entry:
    """Build a kernel and return it from the cache, or the one there unless `again`.

    Builds wait for each other. Raises UsageError, KernelUnavailable.
    """
    flavour, version = parse(spec)
    recipe = RECIPES[flavour]
    found = None if again else _cached(flavour, version, recipe, say)
    if found is not None:
        say(f"{spec} is in the cache")
        return found
    build_tools.demand_tools()
    apt.demand_tools(source_tree.package_of(version))
    place = _builds() / f"linux-{version}"
    needed = recipe.size + (
        0 if source_tree.unpacked(place) else source_tree.UNPACKED + (200 << 20)
    )
    build_tools.demand_space(place, needed)
    minutes = recipe.seconds / 60 / len(os.sched_getaffinity(0))
    say(f"building {spec}: {needed / 1e6:.0f} MB of disk, about {minutes:.0f} min")
    try:
        with cache.exclusive(_builds(), "another build", say) as lock:
            found = None if again else _cached(flavour, version, recipe, lambda _: None)
            return found or _build(place, flavour, version, lock, say)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise cache.no_space(place, needed) from error
        raise cache.unwritable(error) from error


def _builds() -> Path:
    return cache.directory().with_name("builds")


def _cached(flavour: str, version: str, recipe: Recipe, say: Say) -> Entry | None:
    """Return the kernel of the cache that was built with the options of today."""

    def fits(entry: Entry) -> bool:
        same = entry.flavour == flavour and entry.is_of(version)
        return same and _mark_of(entry.place) == recipe.mark()

    return cached_kernel.find(say, fits)


def _mark_of(place: Path) -> int | None:
    try:
        mark = json.loads((place / RECORD).read_text(encoding="utf-8"))["options"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return mark if isinstance(mark, int) else None


def _build(place: Path, flavour: str, version: str, lock: int, say: Say) -> Entry:
    place.mkdir(parents=True, exist_ok=True)
    recipe = RECIPES[flavour]
    try:
        package = source_tree.fetch(place, version, say)
    except KernelUnavailable:
        with contextlib.suppress(OSError):
            place.rmdir()  # unless something of an earlier build lies there
        raise
    begun = time.monotonic()
    made = Tree(place / "source", place / flavour)
    made.configure(recipe.files(), say)
    say(f"compiling linux {package}; interrupted, the same command goes on where it was")
    objects = made.compile(recipe.objects, lock, say)
    took = round(time.monotonic() - begun)
    record = {"options": recipe.mark(), "objects": objects, "seconds": took}
    entry = _keep(made.out, flavour, package, record, say)
    shutil.rmtree(made.out)
    if not any((place / other).exists() for other in RECIPES):
        shutil.rmtree(place)
    say(f"{entry.spec}: {objects} objects in {took} s, {entry.size() / 1e6:.1f} MB in the cache")
    return entry


def _keep(out: Path, flavour: str, package: str, record: dict[str, int], say: Say) -> Entry:
    """Put what was built into the cache."""
    with cache.locked(say), cache.building() as place:
        kernel = place / KERNEL
        done = subprocess.run(
            ["strip", "-s", "-o", str(kernel), str(out / "linux")],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise KernelUnavailable(
                f"the kernel cannot be stripped: {done.stderr.decode(errors='replace').strip()}",
                hint="run again; is the disk full?",
            )
        shutil.copy(out / ".config", place / "config")
        (place / RECORD).write_text(json.dumps(record), encoding="utf-8")
        entry = Entry(
            place,
            flavour,
            uml.identify(kernel).release,
            package,
            clock=virtual.CLOCK,
            kernel=KERNEL,
            arguments=(virtual.TRAVEL,),
        )
        entry.write(place)
        kept = Entry.read(cache.keep(place, f"{flavour}_{package}_{os.uname().machine}"))
    assert kept is not None
    return kept
