"""Debian's `user-mode-linux` in the cache: fetched from any suite, or taken from a .deb file.

If this machine's libc is too old for a package, the libc of the package's suite is cached with it.
"""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import Say, apt, cache, cached_kernel, elf, offers
from harness.kernels.apt import Apt, Offer
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.progress import bar

PACKAGE = offers.PACKAGE
KERNEL = "usr/bin/linux.uml"
LIBC = "libc6"
FILE = "file"  # the suite of a kernel from a .deb, which is selected by its path only
UNUSED = ("usr/share", "usr/lib/x86_64-linux-gnu/gconv", "etc", "sbin", "usr/sbin")


def wanted(version: str) -> Callable[[CachedKernel], bool]:
    """Return a predicate for the cached kernels of `uml@VERSION`; "" selects the own suite's."""
    own = ("", cached_kernel.codename())

    def fits(entry: CachedKernel) -> bool:
        if entry.flavour != "uml" or entry.suite == FILE:
            return False
        return entry.is_of(version) if version else entry.suite in own

    return fits


def fetch(say: Say, version: str = "") -> CachedKernel:
    """Return the package of a version from the cache; fetch it if it is missing.

    Concurrent runs fetch it once. Raises KernelUnavailable.
    """
    apt.check_tools(PACKAGE)
    with cache.locked(say):
        found = cached_kernel.find(lambda _: None, wanted(version))
        return found or built(lambda place: _fetch(place, version, say))


def of_deb(path: Path, say: Say) -> CachedKernel:
    """Return the kernel in a .deb of user-mode-linux, extracted into the cache.

    Raises UsageError for another package, KernelUnavailable.
    """
    offer = described(path)
    name = f"{PACKAGE}_{offer.version}_{zlib.crc32(path.read_bytes()):08x}"
    with cache.locked(say):
        found = cached_kernel.find(lambda _: None, lambda entry: entry.place.name == name)
        return found or built(lambda place: _take(place, path, offer, name, say))


def described(path: Path) -> Offer:
    """Return the control fields of a .deb; raises UsageError unless it is user-mode-linux."""
    fields = ("Package", "Version", "Architecture", "Depends")
    try:
        done = subprocess.run(
            ["dpkg-deb", "-f", str(path), *fields], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        why = str(getattr(error, "stderr", "") or error).strip()
        raise UsageError(f"{path} cannot be read: {why}", hint="give a complete .deb") from error
    facts = dict(re.findall(r"^(\w+): (.*)", done.stdout, re.MULTILINE))
    if facts.get("Package") != PACKAGE:
        raise UsageError(
            f"{path} is the package {facts.get('Package')}, not {PACKAGE}",
            hint=f"give a .deb of {PACKAGE}, or a kernel's spec: harness kernels list",
        )
    size = path.stat().st_size
    return Offer(
        PACKAGE, facts["Version"], facts["Architecture"], size, size * 5, facts.get("Depends", "")
    )


def built(build: Callable[[Path], CachedKernel]) -> CachedKernel:
    """Call `build` with a new directory of the cache; raises KernelUnavailable for OSError."""
    try:
        with cache.building() as place:
            return build(place)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise cache.no_space(cache.directory()) from error
        raise cache.unwritable(error) from error


def _fetch(place: Path, version: str, say: Say) -> CachedKernel:
    private, offer = _open(place, version, say)
    libc = _libc(private, offer)
    name = "_".join([PACKAGE, offer.version, offer.architecture, *([LIBC] if libc else [])])
    known = cached_kernel.find(lambda _: None, lambda entry: entry.place.name == name)
    return _matching(known or _download(place, name, private, [offer, libc], say), version)


def _download(
    place: Path, name: str, private: Apt, wanted: list[Offer | None], say: Say
) -> CachedKernel:
    offer, *_ = packages = [one for one in wanted if one]
    cache.check_space(place, sum(package.size + package.installed for package in packages))
    say(announced(packages))
    for package in packages:
        with bar(f"fetching {package.package}", 100, say, every=5) as progress:
            extract(private.download(package, progress), _home(place, package))
    return _finish(place, name, offer, offer.suite or cached_kernel.codename())


def _matching(entry: CachedKernel, version: str) -> CachedKernel:
    if not entry.is_of(version):
        raise KernelUnavailable(
            f"{entry.suite} has {PACKAGE} {entry.release}, not {version}",
            hint=f"use {entry.spec}",
        )
    return entry


def _take(place: Path, path: Path, offer: Offer, name: str, say: Say) -> CachedKernel:
    extract(path, place)
    if cached_kernel.numbers(offer.needs) > cached_kernel.libc():
        private, _ = _open(place, offer.series, say)
        libc = _libc(private, offer)
        if libc is not None:
            say(announced([libc]))
            extract(private.download(libc, lambda _: None), _home(place, libc))
    return _finish(place, name, offer, FILE)


def _open(place: Path, version: str, say: Say) -> tuple[Apt, Offer]:
    """Return apt for the suite that has a version, and its offer; raises KernelUnavailable."""

    def fits(offer: Offer) -> bool:
        return not version or version.split(".")[:2] == offer.series.split(".")

    return offers.search(f"uml@{version}", PACKAGE, place, say, fits)


def _libc(private: Apt, offer: Offer) -> Offer | None:
    """Return the suite's libc if this machine's is too old for the package, else None."""
    if cached_kernel.numbers(offer.needs) <= cached_kernel.libc():
        return None
    libc = private.offer(LIBC)
    if libc is None or cached_kernel.numbers(libc.version) < cached_kernel.numbers(offer.needs):
        raise KernelUnavailable(
            f"{PACKAGE} {offer.version} needs libc {offer.needs}, which its suite does not have",
            hint="use a kernel of an older suite: harness kernels list",
        )
    return libc


def _home(place: Path, package: Offer) -> Path:
    return place / "libc" if package.package == LIBC else place


def announced(packages: list[Offer]) -> str:
    """Return the line that announces a download and its size."""
    what = " and ".join(f"{package.package} {package.version}" for package in packages)
    size, installed = (sum(getattr(p, name) for p in packages) for name in ("size", "installed"))
    return (
        f"fetching {what}: {size / 1e6:.0f} MB to download, "
        f"{installed / 1e6:.0f} MB in {cache.directory()}"
    )


def extract(package: Path, place: Path) -> None:
    """Extract a .deb; raises KernelUnavailable."""
    done = subprocess.run(
        ["dpkg", "-x", str(package), str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        cache.check_space(place, 0)
        raise KernelUnavailable(
            f"{package.name} cannot be extracted: {done.stderr.strip()}",
            hint="run again to fetch it again",
        )


def _finish(place: Path, name: str, offer: Offer, suite: str) -> CachedKernel:
    """Move the extracted package into the cache; raises KernelUnavailable."""
    kernel = place / KERNEL
    if not kernel.is_file():
        raise KernelUnavailable(
            f"{PACKAGE} {offer.version} does not contain {KERNEL}",
            hint="give a kernel: --kernel PATH",
        )
    libraries = _libraries(place)
    if libraries:
        linker = next((place / libraries).glob("ld-linux*"))
        elf.set_interpreter(kernel, cache.directory() / name / linker.relative_to(place))
    for left in place.glob("apt-*"):
        shutil.rmtree(left)
    for unused in UNUSED:
        for home in (place, place / "libc"):
            shutil.rmtree(home / unused, ignore_errors=True)
    modules = next(iter(sorted((place / "usr/lib/uml/modules").glob("[0-9]*"))), None)
    entry = CachedKernel(
        place,
        "uml",
        modules.name if modules else offer.series,
        offer.version,
        modules=str(modules.relative_to(place)) if modules else "",
        libraries=libraries,
        needs=offer.needs,
        suite=suite,
    )
    return entry.keep(name)


def _libraries(place: Path) -> str:
    """Return the directory of the extracted libc in `place`, "" for none."""
    found = next((place / "libc").rglob("libc.so.6"), None)
    return str(found.parent.relative_to(place)) if found else ""
