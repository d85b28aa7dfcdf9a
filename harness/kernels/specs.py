"""Kernel specs, the arguments of `--kernel` and `harness kernels`.

auto                  the first that boots here of: the host's kernel, the newest cached kernel
                      with virtual time, User-Mode Linux, a distribution's kernel in QEMU
host                  the running kernel
uml, uml@6.12         Debian's user-mode-linux: of the machine's own suite, or of the suite that
                      has that version
virtual, virtual@7.2  a cached kernel with virtual time, built by `harness kernels build`; the
                      newest, or of a version
debug, debug@7.2      the same with lockdep, KASAN and fault injection
coverage@7.2          the same, which counts the lines of the driver that run
6.12                  the best kernel of a version: virtual@6.12 if cached, else uml@6.12
stock@6.12            Debian's linux-image of a version, in QEMU
NAME                  a kernel of labs/kernels.toml, or one that `harness kernels build` built
                      under that name
PATH                  a User-Mode Linux executable, a .deb of user-mode-linux, or a vmlinuz with
                      its modules, for QEMU
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import (
    Kernel,
    Say,
    aliases,
    automatic,
    cached_kernel,
    debian_image,
    host,
    install,
    qemu,
    uml,
    uml_package,
)
from harness.kernels.aliases import Options
from harness.kernels.cached_kernel import CachedKernel
from harness.kernels.qemu import StockKernel
from harness.kernels.uml import UmlKernel
from harness.suggest import alike

VERSION = r"\d+\.\d+(?:\.\d+)?"
ALONE = ("auto", "host", "uml", "virtual", "debug", "coverage")
BUILT = ("virtual", "debug", "coverage")  # flavours of `harness kernels build`
VERSIONED = ("uml", *BUILT, "stock")
FORMS = (
    "auto, host, uml, virtual, FLAVOUR@VERSION, VERSION, a name of labs/kernels.toml or of "
    "`harness kernels build`, or a path"
)


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed spec: `flavour` is one of FINDERS, `path` is that of a file."""

    text: str
    flavour: str
    version: str = ""
    path: Path = Path()
    options: Options = field(default_factory=Options)


def parse(text: str) -> Spec:
    """Parse a spec, without searching for the kernel; raises UsageError."""
    known = aliases.load()
    if text not in known:
        return _plain(text, list(known))
    kernel = known[text]
    try:
        meant = _plain(kernel.spec, [], kernel.base)
    except UsageError as error:
        raise UsageError(f"{kernel.where}: {error.message}", hint=error.hint) from error
    return replace(meant, text=text, options=kernel.options)


def _plain(text: str, names: list[str], base: Path = Path()) -> Spec:
    flavour, at, version = text.partition("@")
    if text in ALONE:
        return Spec(text, text)
    if at and flavour in VERSIONED:
        if not re.fullmatch(VERSION, version):
            raise _not_a_version(text, version)
        return Spec(text, flavour, version)
    if re.fullmatch(VERSION, text):
        return Spec(text, "best", text)
    if cached_kernel.named(text):
        return Spec(text, cached_kernel.OWN)
    path = base / Path(text).expanduser()
    if path.is_file():
        return Spec(text, _kind(path), path=path)
    if text == "stock":
        raise _not_a_version(text, "")
    if "/" in text:
        raise UsageError(f"{text} is not a file", hint=f"give {FORMS}")
    names = [*names, *(entry.name for entry in cached_kernel.entries() if entry.name)]
    near = alike(text, [*ALONE, *VERSIONED, *names], most=1)
    hint = f"{near} otherwise give {FORMS}" if near else f"give {FORMS}"
    raise UsageError(f'"{text}" is not a kernel', hint=hint)


def _not_a_version(text: str, version: str) -> UsageError:
    what = f'"{version}" is not a version' if version else "the version is missing"
    return UsageError(f"{text}: {what}", hint="write it like uml@6.12 or uml@6.12.101")


def _kind(path: Path) -> str:
    """Return the kind of a file, by its first bytes; raises UsageError if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(0x206)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give a readable file") from error
    if head.startswith(b"!<arch>\n"):
        return "deb"
    # Linux's x86 boot protocol; arm64 images have their own mark.
    if head[0x202:] == b"HdrS" or head[56:60] == b"ARM\x64":
        return "vmlinuz"
    return "file"


def check(text: str) -> Spec:
    """Raise UsageError for a spec that cannot work, without fetching or booting anything."""
    spec = parse(text)
    if spec.flavour == "file":
        uml.identify(spec.path)
    if spec.flavour == "deb":
        uml_package.described(spec.path)
    if spec.flavour == "vmlinuz" and not spec.options.modules:
        debian_image.modules_of(spec.path, qemu.release_of(spec.path))
    return spec


def resolve(text: str, say: Say) -> Kernel:
    """Return the kernel of a spec; fetch it if necessary.

    Raises UsageError for a spec that cannot work, KernelUnavailable if there is no such kernel.
    """
    spec = parse(text)
    found = FINDERS[spec.flavour](spec, say)
    if isinstance(found, UmlKernel | StockKernel):
        return _with_options(found, spec.options)
    return found


def _with_options(kernel: UmlKernel | StockKernel, options: Options) -> Kernel:
    return replace(
        kernel,
        modules=options.modules or kernel.modules,
        memory=options.memory or kernel.memory,
        arguments=(*kernel.arguments, *options.arguments),
    )


def _auto(_: Spec, say: Say) -> Kernel:
    return automatic.choose(say)


def _host(_: Spec, __: Say) -> Kernel:
    refused = host.refusal()
    if refused:
        own = f"{install.as_root(host.LOAD)}; or " if host.has_module() else ""
        raise UsageError(
            f"the host's kernel cannot be used: {refused}",
            hint=f"{own}use --kernel auto: it selects or fetches one with bonding that boots here",
        )
    return host.HostKernel()


def _uml(spec: Spec, say: Say) -> Kernel:
    return uml.packaged(say, spec.version)


def _best(spec: Spec, say: Say) -> Kernel:
    found = cached("virtual", spec.version, say)
    return uml.of_entry(found) if found else _uml(spec, say)


def _built(spec: Spec, say: Say) -> Kernel:
    found = cached(spec.flavour, spec.version, say)
    if found is None:
        raise KernelUnavailable(
            f"{spec.text} is not in the cache",
            hint=f"harness kernels build {spec.flavour}@{spec.version or 'VERSION'}",
        )
    return uml.of_entry(found)


def _own(spec: Spec, say: Say) -> Kernel:
    found = cached_kernel.find(say, lambda entry: entry.name == spec.text)
    if found is None:
        raise KernelUnavailable(
            f"the kernel {spec.text} is damaged", hint="build it again: harness kernels build"
        )
    uml.memory_directory()
    return uml.of_entry(found)


def _file(spec: Spec, _: Say) -> Kernel:
    return uml.of_file(spec.path)


def _deb(spec: Spec, say: Say) -> Kernel:
    uml.memory_directory()
    return uml.of_entry(uml_package.of_deb(spec.path, say))


def _stock(spec: Spec, say: Say) -> Kernel:
    return debian_image.of_version(spec.version, say)


def _vmlinuz(spec: Spec, say: Say) -> Kernel:
    return debian_image.of_path(spec.path, say, spec.options.modules)


def cached(flavour: str, version: str, say: Say) -> CachedKernel | None:
    """Return the newest undamaged cached kernel of a flavour and version."""
    right = [e for e in cached_kernel.entries() if e.flavour == flavour and e.is_of(version)]
    right.sort(key=lambda entry: cached_kernel.numbers(entry.release), reverse=True)
    found = (cached_kernel.find(say, partial(operator.eq, entry)) for entry in right)
    return next(filter(None, found), None)


FINDERS: Mapping[str, Callable[[Spec, Say], Kernel]] = MappingProxyType(
    {
        "auto": _auto,
        "host": _host,
        "uml": _uml,
        "best": _best,
        "virtual": _built,
        "debug": _built,
        "coverage": _built,
        "stock": _stock,
        cached_kernel.OWN: _own,
        "vmlinuz": _vmlinuz,
        "file": _file,
        "deb": _deb,
    }
)
