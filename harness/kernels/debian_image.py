"""Distributions' kernels for QEMU: Debian's linux-image in the cache, or the path of a vmlinuz."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.guests import modules
from harness.kernels import (
    Say,
    apt,
    cache,
    cached_kernel,
    install,
    kvm,
    offers,
    qemu,
    uml_package,
)
from harness.kernels.apt import Apt, Offer
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.progress import bar
from harness.kernels.qemu import StockKernel

PACKAGE = offers.STOCK
BUSYBOX = "busybox-static"
PARTS = re.compile(r"\blinux-(?:image|binary|modules)-\d[\w.+~-]*")  # newer suites split the image
# Of 4000 modules, those for networks are kept, and their dependencies.
KEPT = re.compile(
    r"kernel/(net/(?!wireless|bluetooth|mac80211)|drivers/net/(?!ethernet|wireless|can|wwan)"
    r"|drivers/(virtio|usb/(usbip|core|common))/|fs/9p/)"
)
UPDATE = "check that `apt-get update` works on this machine, then run again"
UNUSED = ("usr/share", "etc")


def wanted(version: str) -> Callable[[CachedKernel], bool]:
    """Return a predicate for the cached kernels of `stock@VERSION`, by series or version."""

    def fits(entry: CachedKernel) -> bool:
        own = _is_version(entry.version, version)
        return entry.flavour == "stock" and (entry.is_of(version) or own)

    return fits


def _is_version(package: str, version: str) -> bool:
    """Return whether a package's version is of a kernel version: 6.1.176-1 is of 6.1."""
    return f"{package}.".startswith((f"{version}.", f"{version}-"))


def of_version(version: str, say: Say) -> StockKernel:
    """Return Debian's kernel of a version from the cache; fetch it if it is missing.

    Raises KernelUnavailable.
    """
    qemu.check_installed()
    entry = cached_kernel.find(say, wanted(version)) or fetch(version, say)
    cached_kernel.hold(entry)
    return _accelerated(
        entry.file, entry.release, entry.place / entry.modules, _busybox_of(entry), say
    )


def of_path(path: Path, say: Say, given: str = "") -> StockKernel:
    """Return the kernel image in a file, with the `given` modules or those next to it.

    Raises UsageError if there are none, KernelUnavailable.
    """
    release = qemu.release_of(path)
    place = Path(given) if given else modules_of(path, release)
    qemu.check_installed()
    return _accelerated(path.absolute(), release, place, _busybox(say), say)


def modules_of(path: Path, release: str) -> Path:
    """Return the directory of the modules of a kernel image; raises UsageError."""
    beside = path.absolute().parent
    homes = (beside.parent / "lib/modules", beside.parent / "usr/lib/modules", beside)
    for place in [*(home / release for home in homes), Path("/lib/modules", release)]:
        if (place / "modules.dep").is_file():
            return place
    raise UsageError(
        f"{path} is linux {release}, and its modules are not next to it",
        hint=f"put them at {homes[0] / release}, with their modules.dep (made by depmod), "
        "or give `modules` for it in labs/kernels.toml",
    )


def fetch(version: str, say: Say) -> CachedKernel:
    """Return the package of a version from the cache; fetch it if it is missing.

    Concurrent runs fetch it once. Raises KernelUnavailable.
    """
    apt.check_tools(PACKAGE)
    with cache.locked(say):
        found = cached_kernel.find(lambda _: None, wanted(version))
        return found or uml_package.built(lambda place: _fetch(place, version, say))


def _fetch(place: Path, version: str, say: Say) -> CachedKernel:
    private, meta = offers.search(
        f"stock@{version}", PACKAGE, place, say, lambda offer: _is_version(offer.version, version)
    )
    parts = list(_parts(private, meta))
    busybox = _required(private, BUSYBOX)
    name = f"linux-image_{meta.version}_{meta.architecture}"
    cache.check_space(place, sum(part.size + part.installed for part in [*parts, busybox]))
    say(uml_package.announced([*parts, busybox]))
    for part in [*parts, busybox]:
        with bar(f"fetching {part.package}", 100, say, every=5) as progress:
            uml_package.extract(private.download(part, progress), place)
    return _finish(place, name, meta)


def _parts(private: Apt, meta: Offer) -> Iterator[Offer]:
    """Yield the packages that contain the kernel and its modules."""
    todo, seen = PARTS.findall(meta.depends), set[str]()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            yield (offer := _required(private, name))
            todo += PARTS.findall(offer.depends)


def _required(private: Apt, name: str) -> Offer:
    offer = private.offer(name)
    if offer is None:
        raise KernelUnavailable(
            f"this machine's package sources offer no {name}",
            hint=UPDATE,
        )
    return offer


def _finish(place: Path, name: str, meta: Offer) -> CachedKernel:
    """Move the extracted package into the cache; raises KernelUnavailable."""
    kernel = next((path for path in place.rglob("vmlinuz*") if path.is_file()), None)
    if kernel is None:
        raise KernelUnavailable(
            f"{PACKAGE} {meta.version} contains no kernel", hint="give one: --kernel PATH"
        )
    for left in [*place.glob("apt-*"), *(place / unused for unused in UNUSED)]:
        shutil.rmtree(left, ignore_errors=True)
    release = qemu.release_of(kernel)
    home = next(path for path in place.glob(f"**/lib/modules/{release}") if path.is_dir())
    modules.prune(home, lambda path: bool(KEPT.match(path)))
    suite = meta.suite or cached_kernel.codename()
    entry = CachedKernel(
        place,
        "stock",
        release,
        meta.version,
        kernel=str(kernel.relative_to(place)),
        modules=str(home.relative_to(place)),
        suite=suite,
    )
    return entry.keep(name)


def _busybox_of(entry: CachedKernel) -> Path:
    return next(path for path in entry.place.glob("**/bin/busybox") if path.is_file())


def _busybox(say: Say) -> Path:
    """Return a static busybox: the machine's, else that of a cached kernel."""
    from virtme import mkinitramfs  # noqa: PLC0415  (only stock kernels need it)

    own = mkinitramfs.find_busybox(root="/", is_native=True)
    if own:
        return Path(own)
    entry = cached_kernel.find(say, wanted(""))
    if entry is None:
        raise KernelUnavailable(
            "there is no static busybox on this machine for the kernel's initramfs",
            hint=install.command(BUSYBOX),
        )
    cached_kernel.hold(entry)
    return _busybox_of(entry)


def _accelerated(path: Path, release: str, place: Path, busybox: Path, say: Say) -> StockKernel:
    found = _accelerator(path, say)
    return StockKernel(path, release, str(place), str(busybox), found)


@functools.cache
def _accelerator(path: Path, say: Say) -> str:
    return kvm.accelerator(qemu.executable(), path, say)
