"""Checks of the kernels in which scenarios can run on this machine."""

from __future__ import annotations

import errno
import os
import platform
import shutil
from pathlib import Path

from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.errors import HarnessError
from harness.kernels import (
    apt,
    automatic,
    cache,
    cached_kernel,
    host,
    install,
    kvm,
    offers,
    processor,
    qemu,
    trial,
    uml,
)
from harness.kernels.cached_kernel import CachedKernel

NESTED = "; this machine is virtual: its host has to allow nested virtualisation (kvm nested=1)"
NEEDED = 250 << 20  # bytes for a User-Mode Linux with modules and libraries


def _quiet(_: str) -> None:
    """Discard progress lines."""


def this_kernel() -> CheckResult:
    """Check whether bonds can be created on the running kernel."""
    why = host.refusal()
    if not why:
        return CheckResult(GOOD, f"{os.uname().release} supports bonds", kernel="host")
    remedy = install.as_root(host.LOAD) if host.has_module() else ""
    other = "" if remedy else "; scenarios run in other kernels"
    return CheckResult(LACKING, f"{os.uname().release}: {why}{other}", remedy)


def cached() -> CheckResult:
    """Boot cached kernels, the newest first, until one boots."""
    kept = cached_kernel.entries()
    if not kept:
        spec = "uml" if platform.machine() == automatic.UML else "SPEC"
        return CheckResult(
            LACKING, "none: the first run fetches one", f"harness kernels fetch {spec}"
        )
    broken = [entry for entry in kept if entry.damage()]
    good = [entry for entry in kept if entry not in broken and entry.flavour != "stock"]
    good.sort(key=lambda one: (one.flavour == "virtual", cached_kernel.numbers(one.release)))
    troubles: list[HarnessError] = []
    for entry in reversed(good):
        try:
            kernel = trial.fit(uml.of_entry(entry), _quiet)
        except HarnessError as error:
            troubles.append(error)
            continue
        through = f" with {trial.WRAPPER}" if getattr(kernel, "preload", "") else ""
        return CheckResult(
            GOOD, f"{kernel.name} boots{through}", _remove_damaged(broken), entry.spec
        )
    if troubles:
        return CheckResult(BAD, troubles[0].message.partition("\n")[0], troubles[0].hint)
    return CheckResult(
        BAD if broken else LACKING, "no User-Mode Linux that boots", _remove_damaged(broken)
    )


def _remove_damaged(broken: list[CachedKernel]) -> str:
    return f"harness kernels remove {broken[0].place.name}" if broken else ""


def package_sources() -> CheckResult:
    """Query the machine's package sources for User-Mode Linux."""
    if platform.machine() != automatic.UML:
        return CheckResult(LACKING, f"there is no User-Mode Linux for {platform.machine()}")
    if not apt.usable():
        return CheckResult(
            LACKING, "no apt here: User-Mode Linux is fetched from Debian or Ubuntu only"
        )
    try:
        offer = offers.of_suite(offers.OWN, _quiet)
    except HarnessError as error:
        return CheckResult(BAD, error.message, error.hint)
    return CheckResult(GOOD, f"{offer.package} {offer.version}", kernel=f"uml@{offer.series}")


def emulator() -> CheckResult:
    """Check for QEMU and virtme-ng, which boot distributions' kernels."""
    if platform.machine() != automatic.UML:
        return CheckResult(
            LACKING, f"stock kernels are booted on x86-64 only, not {platform.machine()}"
        )
    remedy = qemu.how_to_install()
    if not qemu.can_boot() and shutil.which(qemu.QEMU):
        return CheckResult(
            LACKING, "--lab qemu runs with it; stock@VERSION needs virtme-ng", remedy
        )
    if not qemu.can_boot():
        return CheckResult(LACKING, "needed for stock@VERSION and labs of machines", remedy)
    images = [str(image) for image in automatic.installed_images()]
    stock = [entry.spec for entry in cached_kernel.entries() if entry.flavour == "stock"]
    found = ", ".join([*stock, *images]) or "no kernel for it yet: harness kernels fetch stock@6.1"
    return CheckResult(GOOD, found, kernel=next(iter([*stock, *images]), ""))


def virtualisation() -> CheckResult:
    """Test KVM by running firmware: the device alone proves nothing."""
    if not kvm.DEVICE.exists():
        if module := _module():
            return CheckResult(
                LACKING, "there is no /dev/kvm", install.as_root(f"modprobe {module}")
            )
        why = "this processor has no virtualisation, or the hypervisor hides it"
        return CheckResult(LACKING, f"{why}: QEMU emulates, ten times slower")
    if refusal := kvm.refusal():
        return CheckResult(LACKING, *_why_refused(refusal))
    if not shutil.which(qemu.QEMU):
        return CheckResult(
            LACKING, "/dev/kvm exists; not tested without QEMU", qemu.how_to_install()
        )
    trouble = kvm.firmware_trouble(qemu.executable())
    if trouble:
        nested = NESTED if "hypervisor" in processor.flags() else ""
        return CheckResult(LACKING, f"KVM {trouble}: QEMU emulates, ten times slower{nested}")
    return CheckResult(GOOD, "QEMU runs its firmware with it")


def _why_refused(refusal: int) -> tuple[str, str]:
    """Return what an errno of opening /dev/kvm means, and the command that helps."""
    if refusal == errno.EPERM:
        return "/dev/kvm is kept from this container: start it with --device /dev/kvm", ""
    if refusal != errno.EACCES:
        module = _module()
        text = f"/dev/kvm is there, but nothing is behind it ({os.strerror(refusal)})"
        return text, install.as_root(f"modprobe {module}") if module else ""
    group = kvm.group()
    if group:
        join = install.as_root(f"usermod -aG {group} $USER")
        return "/dev/kvm is not accessible to this user", f"{join}, then log in again"
    return "/dev/kvm is not accessible to this user", install.as_root(f"chmod o+rw {kvm.DEVICE}")


def _module() -> str:
    """Return the module that makes /dev/kvm on this processor, "" where there can be none."""
    flag = {"vmx": "kvm_intel", "svm": "kvm_amd"}
    return next((flag[one] for one in flag if one in processor.flags()), "")


def memory() -> CheckResult:
    """Find a directory for the memory of guests."""
    try:
        place = uml.memory_directory()
    except HarnessError as error:
        return CheckResult(BAD, error.message, error.hint)
    free = shutil.disk_usage(place).free
    return CheckResult(
        GOOD, f"{place}, {free / 1e9:.1f} GB free, {uml.MEMORY >> 20} MiB a guest at most"
    )


def disk() -> CheckResult:
    """Check that the cache is writable and has space for a kernel."""
    place = cache.directory()
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK) or not existing.is_dir():
        return CheckResult(BAD, f"{existing} cannot be written", "export XDG_CACHE_HOME=DIRECTORY")
    free = shutil.disk_usage(existing).free
    found = f"{_short(place)}, {free / 1e9:.1f} GB free"
    if free < NEEDED:
        return CheckResult(BAD, f"{found}; a kernel needs {NEEDED >> 20} MB", _free_space())
    return CheckResult(GOOD, found)


def _free_space() -> str:
    kept = cached_kernel.entries()
    old = f"harness kernels remove {kept[-1].place.name}, or " if kept else ""
    return f"{old}export XDG_CACHE_HOME=DIRECTORY"


def _short(place: Path) -> str:
    home = Path("~").expanduser()
    return f"~/{place.relative_to(home)}" if place.is_relative_to(home) else str(place)
