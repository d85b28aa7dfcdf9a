"""Fetch the kernel selftests' bonding topology from Debian's linux-source into the cache."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import apt_sources, cache
from harness.kernels.apt import Apt

DIRECTORY = Path("tools/testing/selftests")
WANTED = (
    "drivers/net/bonding/bond_topo_2d1c.sh",
    "net/lib.sh",
    "net/forwarding/lib.sh",
    "kselftest/*.sh",
)
NAME = "linux-source-6.12"  # bond_topo_2d1c.sh came with 6.4
SUITES = {"trixie": NAME}  # a machine whose own suite is older asks this one


def selftests() -> Path:
    """Return the directory with the script, fetched where it is not there.

    Raises KernelUnavailable where it cannot be had.
    """
    home = cache.directory().parent / "selftests"
    kept = sorted(home.glob("linux-source-*"))
    if kept:
        return kept[-1]
    for tool in ("apt-get", "apt-cache", "dpkg-deb", "tar", "xz"):
        if not shutil.which(tool):
            raise KernelUnavailable(f"this machine has no {tool} to fetch linux-source with")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=home) as place:
        return _fetch(Path(place), home)


def _fetch(place: Path, home: Path) -> Path:
    suites = list(SUITES) if apt_sources.are_debian() else [""]
    trouble: list[KernelUnavailable] = []
    for suite, name in ((suite, SUITES.get(suite, NAME)) for suite in suites):
        private = Apt(place / f"apt-{suite}", suite)
        try:
            package = private.download(private.find(name), lambda _: None)
        except KernelUnavailable as error:
            trouble.append(error)
            continue
        return _extract(package, place / "tree").rename(home / name)
    raise trouble[-1]


def _extract(package_file: Path, tree: Path) -> Path:
    """Unpack only the wanted files; the archive in the package is read as a stream."""
    tree.mkdir()
    inner = ["tar", "-xO", "--wildcards", "./usr/src/linux-source-*.tar.xz"]
    wanted = [f"*/{DIRECTORY}/{name}" for name in WANTED]
    outer = ["tar", "-xJ", "-C", str(tree), "--strip-components=1", "--wildcards", *wanted]
    with (
        subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package_file)], stdout=subprocess.PIPE
        ) as first,
        subprocess.Popen(inner, stdin=first.stdout, stdout=subprocess.PIPE) as second,
    ):
        subprocess.run(outer, stdin=second.stdout, capture_output=True, check=False)
    if not (tree / DIRECTORY / WANTED[0]).is_file():
        raise KernelUnavailable(f"{package_file.name} holds no {WANTED[0]}")
    return tree
