"""`--kernel auto`: the first candidate that boots here.

The candidates, in this order: the running kernel; a cached one with virtual time; User-Mode Linux
from the machine's own sources; another User-Mode Linux, cached or fetched; a distribution's kernel
in QEMU.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import (
    Kernel,
    Say,
    apt,
    apt_sources,
    cached_kernel,
    debian_image,
    host,
    install,
    preload,
    qemu,
    trial,
    uml,
    uml_package,
)
from harness.kernels.apt import AptFailed
from harness.kernels.cache import CacheUnusable
from harness.kernels.cached_kernel import CachedKernel

ANYWHERE = "7.2"  # a User-Mode Linux that boots on processors with AMX without a wrapper
UML = "x86_64"  # the architecture of User-Mode Linux
Candidate = Callable[[Say], Kernel]


def choose(say: Say) -> Kernel:
    """Return the first kernel that boots here; report why earlier candidates were rejected.

    Raises KernelUnavailable with a hint what to install if there is none.
    """
    refused = host.refusal()
    if not refused:
        return host.HostKernel()
    troubles: list[KernelUnavailable] = []
    for candidate in _candidates(troubles):
        try:
            kernel = trial.fit(candidate(say), say)
        except UsageError as error:  # a damaged file in the cache
            troubles.append(KernelUnavailable(error.message))
        except KernelUnavailable as error:
            troubles.append(error)
        else:
            if troubles:
                say(f"{_first_line(troubles[0])}; used instead: {kernel.name}")
            return kernel
    raise _none(refused, troubles)


def _candidates(troubles: list[KernelUnavailable]) -> Iterator[Candidate]:
    """Yield the candidates; `troubles` collects the errors of those tried before."""
    kept = sorted(
        cached_kernel.entries(), key=lambda one: cached_kernel.numbers(one.release), reverse=True
    )
    yield from (partial(_cached, one) for one in kept if one.flavour == "virtual")
    if platform.machine() == UML:
        yield from _user_mode(kept, troubles)
    if qemu.can_boot():
        yield from _in_qemu(kept, troubles)


def _user_mode(kept: list[CachedKernel], troubles: list[KernelUnavailable]) -> Iterator[Candidate]:
    own = uml_package.wanted("")
    cached = [one for one in kept if one.flavour == "uml"]
    if apt.usable() or any(map(own, cached)):
        yield uml.packaged
    yield from (partial(_cached, one) for one in cached if not own(one))
    if apt_sources.are_debian() and _can_fetch(troubles):
        yield lambda say: uml.packaged(say, ANYWHERE)


def _in_qemu(kept: list[CachedKernel], troubles: list[KernelUnavailable]) -> Iterator[Candidate]:
    """Yield distributions' kernels: cached ones, installed ones, then one to be fetched."""
    yield from (partial(_stock, one.release) for one in kept if one.flavour == "stock")
    yield from (partial(debian_image.of_path, image) for image in installed_images())
    series = apt_sources.SUITES.get(cached_kernel.codename())
    if series and apt_sources.are_debian() and _can_fetch(troubles):
        yield partial(_stock, series)


def _cached(entry: CachedKernel, _: Say) -> Kernel:
    damage = entry.damage()
    if damage:
        raise KernelUnavailable(f"the cached kernel {entry.place.name} is damaged ({damage})")
    uml.memory_directory()
    return uml.of_entry(entry)


def _stock(version: str, say: Say) -> Kernel:
    return debian_image.of_version(version, say)


def _can_fetch(troubles: list[KernelUnavailable]) -> bool:
    return not any(isinstance(trouble, AptFailed | CacheUnusable) for trouble in troubles)


def installed_images() -> list[Path]:
    """Return the images of installed kernels that have a bonding module."""
    found = []
    for modules in sorted(Path("/lib/modules").glob("[0-9]*"), reverse=True):
        images = (modules / "vmlinuz", Path("/boot", f"vmlinuz-{modules.name}"))
        image = next((image for image in images if os.access(image, os.R_OK)), None)
        if image is not None and any(modules.glob("kernel/drivers/net/bonding/bonding.ko*")):
            found.append(image)
    return found


def _first_line(error: KernelUnavailable) -> str:
    return error.message.partition("\n")[0]


def _none(refused: str, troubles: list[KernelUnavailable]) -> KernelUnavailable:
    seen = [f"this machine's kernel: {refused}", *map(_first_line, troubles)]
    return KernelUnavailable(
        f"no kernel with a bonding driver is available here: {'; '.join(dict.fromkeys(seen))}",
        hint=_remedy(troubles),
    )


def _remedy(troubles: list[KernelUnavailable]) -> str:
    """Return the commands that make a kernel available here, in one line."""
    ways = []
    if host.has_module():
        ways.append(install.as_root(host.LOAD))
    unfetched = [trouble for trouble in troubles if isinstance(trouble, AptFailed | CacheUnusable)]
    ways += [one.hint for one in unfetched]
    if not preload.compiler() and any(trial.TOO_OLD in trouble.message for trouble in troubles):
        ways.append(install.command(*install.COMPILER))
    # QEMU also needs a kernel: an installed one, or one that can be fetched.
    in_qemu = not unfetched or bool(installed_images())
    if platform.machine() == UML and not qemu.can_boot() and in_qemu:
        ways.append(f"{qemu.how_to_install()}, for a distribution's kernel in QEMU")
    return "; or ".join(dict.fromkeys(ways)) or "`harness doctor` lists what this machine lacks"
