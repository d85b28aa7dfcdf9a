"""Build a kernel from a user's own tree, or from Debian's source with patches, under a name.

The tree is copied into a workspace in the cache, which is kept: the next build compiles only what
has changed since. A workspace belongs to a tree, not to a name, so that kernels with several
patches share what they have in common.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.kernels import (
    Say,
    aliases,
    apt,
    build,
    build_tools,
    cache,
    cached_kernel,
    mirror,
    patches,
    seed,
    source_tree,
    uml,
    virtual,
)
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.compile import CONFIG, Tree
from harness.plural import counted

EXPECTED = ("Makefile", "Kconfig", "arch/um/Makefile", "drivers/net/bonding/bond_main.c")
ORIGIN = "origin"  # a file in each workspace: what it is a copy of
DIGITS = 12  # of the digest
REMEDY = "correct the tree or the patch, then run again: what is compiled already is kept"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a kernel is built from: `text` is the path of a tree, or a spec.

    `workspace` is the directory of its copy and objects. `fetch` returns the tree and its
    version; `ours`: whether only the harness writes to that tree.
    """

    text: str
    flavour: str
    workspace: Path
    fetch: Callable[[Say], tuple[Path, str]]
    ours: bool


def build_own(
    source: str,
    given: list[Path],
    name: str,
    say: Say,
    *,
    debug: bool = False,
    again: bool = False,
) -> CachedKernel:
    """Build the kernel of a tree or spec with patches into the cache, under a name.

    Without a name, the name is that of the tree's directory or of the first patch. A kernel of
    the same name and origin is replaced. With `again`, everything is compiled. Raises UsageError,
    KernelUnavailable.
    """
    origin = _of_tree(Path(source), debug=debug) if Path(source).is_dir() else _of_spec(source)
    given = [path.absolute() for path in given]
    name = checked(name or (given[0].stem if "@" in origin.text else Path(origin.text).name))
    _demand_free(name, origin.text)
    build_tools.check_tools()
    try:
        with cache.exclusive(build.builds(), "another build", say) as lock:
            if again:
                shutil.rmtree(origin.workspace / origin.flavour, ignore_errors=True)
            return _build(origin, given, name, lock, say)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise cache.no_space(build.builds()) from error
        raise cache.unwritable(error) from error


def _of_spec(spec: str) -> Origin:
    flavour, version = build.parse(spec)
    apt.check_tools(source_tree.package_of(version))
    place = build.builds() / f"linux-{version}"

    def fetch(say: Say) -> tuple[Path, str]:
        place.mkdir(parents=True, exist_ok=True)
        package = source_tree.fetch(place, version, say)
        return place / mirror.COPY, package

    return Origin(spec, flavour, place / build.PATCHED, fetch, ours=True)


def _of_tree(tree: Path, *, debug: bool) -> Origin:
    tree = tree.resolve()
    lacking = [name for name in EXPECTED if not (tree / name).is_file()]
    if lacking:
        raise UsageError(
            f"{tree} is not a kernel tree: it has no {lacking[0]}",
            hint="give the top directory of a git checkout or of an unpacked linux source",
        )
    flavour = "debug" if debug else "virtual"
    version = _version_in(tree)
    return Origin(str(tree), flavour, workspace_of(tree), lambda _: (tree, version), ours=False)


def workspace_of(tree: Path) -> Path:
    """Return the directory of the copy and the objects of a tree."""
    return build.builds() / f"tree-{tree.name}-{zlib.crc32(os.fsencode(tree)):08x}"


def _workspaces() -> list[Path]:
    return [*build.builds().glob(f"linux-*/{build.PATCHED}"), *build.builds().glob("tree-*")]


def _version_in(tree: Path) -> str:
    return version_of((tree / "Makefile").read_text(encoding="utf-8", errors="replace"))


def version_of(makefile: str) -> str:
    """Return the version in a kernel's Makefile, such as 7.3.0-rc1; raises UsageError."""
    found: dict[str, str] = dict(re.findall(r"^(\w+)[ \t]*=[ \t]*(\S*)", makefile, re.MULTILINE))
    numbers = [found.get(one, "") for one in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not all(number.isdecimal() for number in numbers):
        raise UsageError(
            "the tree's Makefile has no VERSION, PATCHLEVEL and SUBLEVEL",
            hint="give the top directory of a linux source",
        )
    return ".".join(numbers) + found.get("EXTRAVERSION", "")


def checked(name: str) -> str:
    """Return a name that a kernel can have; raises UsageError."""
    if not aliases.NAME.fullmatch(name) or name in aliases.TAKEN:
        raise UsageError(
            f'a kernel cannot be called "{name}"',
            hint="give --name NAME, of letters, digits, _ and -, that is not a reserved name",
        )
    return name


def _demand_free(name: str, origin: str) -> None:
    """Raise UsageError if a name is that of another kernel."""
    alias = aliases.load().get(name)
    if alias:
        raise UsageError(
            f"{name} is already a kernel of {alias.where}", hint="give another --name NAME"
        )
    entry = cached_kernel.named(name)
    if entry and entry.origin != origin:
        raise UsageError(
            f"{name} is already a kernel built from {entry.origin}",
            hint=f"give another --name NAME, or `harness kernels remove {name}`",
        )


def _build(origin: Origin, given: list[Path], name: str, lock: int, say: Say) -> CachedKernel:
    begun = time.monotonic()
    recipe = build.RECIPES[origin.flavour]
    made = Tree(
        origin.workspace / mirror.COPY, origin.workspace / origin.flavour, recipe.arguments, REMEDY
    )
    tree, version = origin.fetch(say)
    changes = patches.overlay(tree, given)
    if not (made.out / "linux").exists():
        build_tools.check_space(made.out, source_tree.UNPACKED + recipe.size)
        seed.seed(origin.workspace, origin.flavour, version, _workspaces(), _version_in)
    new = not (made.out / "linux").exists()
    origin.workspace.mkdir(parents=True, exist_ok=True)
    (origin.workspace / ORIGIN).write_text(origin.text, encoding="utf-8")
    written = mirror.synchronise(tree, origin.workspace, changes, link=origin.ours)
    if any(Path(path).name.startswith("Kconfig") for path in written):
        for flavour in build.RECIPES:  # they share the copy
            (origin.workspace / flavour / CONFIG).unlink(missing_ok=True)
    if not made.is_configured(recipe.files()):
        made.configure(recipe.files(), say)
    minutes = recipe.seconds / 60 / len(os.sched_getaffinity(0))
    first = f": the first build takes about {minutes:.0f} min, later ones seconds" if new else ""
    say(f"{name}: linux {version}, {counted(len(written), 'file')} changed{first}")
    objects = made.compile(recipe.objects, lock, say)
    for warning in made.warnings():
        say(warning)
    took = round(time.monotonic() - begun)
    record = {"options": recipe.checksum(), "objects": objects, "seconds": took}
    kept = build.keep(made, record, say, lambda place: _described(place, origin, name, version))
    _remove_older(kept, say)
    say(f"{name} is linux {kept.version}, built in {took} s, digest {kept.digest}")
    return kept


def _described(place: Path, origin: Origin, name: str, version: str) -> tuple[str, CachedKernel]:
    kernel = place / build.KERNEL
    digest = hashlib.sha256(kernel.read_bytes()).hexdigest()[:DIGITS]
    entry = CachedKernel(
        place,
        cached_kernel.OWN,
        uml.identify(kernel).release,
        version,
        clock=virtual.CLOCK,
        kernel=build.KERNEL,
        arguments=(virtual.TRAVEL, *uml.DEBUG_ARGUMENTS.get(origin.flavour, ())),
        name=name,
        digest=digest,
        origin=origin.text,
    )
    return f"{name}_{digest}", entry


def _remove_older(kept: CachedKernel, say: Say) -> None:
    """Remove earlier kernels of the same name, unless a run uses them."""
    with cache.locked(say):
        for entry in cached_kernel.entries():
            older = entry.name == kept.name and entry.place != kept.place
            if older and not cached_kernel.in_use(entry):
                cached_kernel.remove(entry)


def clean(say: Say) -> int:
    """Remove all sources and objects kept for later builds; return the number of bytes freed."""
    freed = 0
    with cache.exclusive(build.builds(), "another build", say):
        for place in build.builds().iterdir():
            if place.is_dir():
                freed += sum(path.lstat().st_size for path in place.rglob("*"))
                shutil.rmtree(place)
    return freed
