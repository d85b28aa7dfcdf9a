"""The QEMU of a DUT: this machine's, or a newer one in the cache where a NIC needs it.

The newer one is a package of a later Debian suite, unpacked with all that it depends on, its C
library too: nothing is installed, and the machine's own QEMU stays as it is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from harness.errors import KernelUnavailable
from harness.kernels import Say, cache, qemu, uml_package
from harness.kernels.apt import Apt
from harness.kernels.progress import bar

SUITE = "trixie"
PACKAGE = "qemu-system-x86"
PROGRAM = "qemu"
SIZE = 900 << 20  # bytes: the packages, and what is in them
# The first versions that have a model, and that report a cut cable to its driver.
SINCE = MappingProxyType({"igb": 8})
CARRIER_SINCE = MappingProxyType({"e1000e": 8})
# As no path is known before it runs: the unpacked files are renamed into the cache afterwards.
WRAPPER = """#!/bin/sh
top=$(dirname "$0")
lib=$(echo "$top"/usr/lib/*-linux-gnu*)
export QEMU_MODULE_DIR="$lib/qemu"
exec "$lib"/ld-linux-*.so.* --library-path "$lib" "$top/usr/bin/{name}" \\
    -L "$top/usr/share/qemu" -L "$top/usr/share/seabios" "$@"
"""


def program(devices: Iterable[str], say: Say) -> str:
    """Return the path of a QEMU that has NICs of some models, by QEMU's names of them.

    Raises KernelUnavailable.
    """
    own = qemu.executable()
    known = {**SINCE, **CARRIER_SINCE}
    needed = {device: known[device] for device in devices if device in known}
    version = _version(own) if needed else 0
    lacking = sorted(device for device, since in needed.items() if since > version)
    if not lacking:
        return own
    which = f"{', '.join(lacking)}: QEMU {max(needed.values())} or later is needed"
    say(f"{which}, this machine has {version}: using that of {SUITE}")
    try:
        return str(_newer(say))
    except KernelUnavailable as error:
        if any(device in SINCE for device in lacking):
            raise
        say(f"{error.message}: using QEMU {version}, which reports no cut to {lacking[0]}")
        return own


def _version(path: str) -> int:
    """Return the major version of a QEMU; raises KernelUnavailable if it does not run."""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+)\.", done.stdout)
    if done.returncode or not found:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise KernelUnavailable(
            f"{path} --version failed: {said[-1] if said else f'status {done.returncode}'}",
            hint="see what it says; a fetched one is fetched anew after its directory is removed",
        )
    return int(found[1])


def _newer(say: Say) -> Path:
    """Return the newer QEMU; fetch it if it is not in the cache. Raises KernelUnavailable."""
    place = cache.duts() / f"qemu-{SUITE}"
    with cache.exclusive(cache.duts(), "another run's fetch of QEMU", say):
        if cache.damage(place):
            _fetch(place, say)
    return place / PROGRAM


def _fetch(place: Path, say: Say) -> None:
    with cache.replacing(place, SIZE) as part:
        private = Apt(part / "apt", SUITE)
        private.find(PACKAGE)
        say(f"fetching {SUITE}'s QEMU and what it depends on: 100 MB, about half a minute")
        debs = private.closure([PACKAGE])
        with bar("unpacking", len(debs), say, every=5) as progress:
            for count, deb in enumerate(debs):
                uml_package.extract(deb, part)
                progress(count)
        shutil.rmtree(part / "apt")
        (part / PROGRAM).write_text(WRAPPER.format(name=qemu.QEMU), encoding="ascii")
        (part / PROGRAM).chmod(0o755)
        _version(str(part / PROGRAM))
