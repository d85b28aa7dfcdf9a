"""Fetch the kernel selftests' bonding topology from Debian's linux-source into the cache."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import cache, package

DIRECTORY = Path("tools/testing/selftests")
WANTED = (
    "drivers/net/bonding/bond_topo_2d1c.sh",
    "net/lib.sh",
    "net/forwarding/lib.sh",
    "kselftest/*.sh",
)
NAME = re.compile(r"linux-source-(\d+)\.(\d+)$")
SINCE = (6, 4)  # where bond_topo_2d1c.sh came into the kernel
# A machine whose own suite is older gets it from these, by its own mirror.
SUITES = ("", "trixie", "forky")


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
    for suite in SUITES:
        apt = place / (suite or "own")
        _configure(apt, suite)
        _run(apt, "apt-get", "-q", "update")
        names = _run(apt, "apt-cache", "--names-only", "search", "^linux-source-[0-9.]+$").split()
        found = [(int(m[1]), int(m[2]), m[0]) for m in map(NAME.match, names) if m]
        new = sorted(one for one in found if one[:2] >= SINCE)
        if new:
            _run(apt, "apt-get", "-q", "download", new[-1][2])
            return _extract(next(apt.glob("*.deb")), place / "tree").rename(home / new[-1][2])
    raise KernelUnavailable("no package source offers a linux-source of 6.4 or newer")


def _configure(apt: Path, suite: str) -> None:
    """Give apt directories of its own, and its sources another suite's name where one is given."""
    for part in ("state/lists/partial", "cache/archives/partial", "none"):
        (apt / part).mkdir(parents=True)
    (apt / "status").touch()
    text = package.CONFIGURATION.format(place=apt)
    if suite:
        (apt / "other.sources").write_text(_sources(apt, suite), encoding="utf-8")
        text += (
            f'Dir::Etc::sourcelist "{apt}/other.sources";\nDir::Etc::sourceparts "/{apt}/none";\n'
        )
    (apt / "apt.conf").write_text(text, encoding="utf-8")


def _sources(apt: Path, suite: str) -> str:
    """Return the machine's first Debian source with another suite, in apt's new form."""
    (apt / "apt.conf").write_text(package.CONFIGURATION.format(place=apt), encoding="utf-8")
    fields = "$(SITE) $(REPO_URI) $(SIGNED_BY) $(COMPONENT) $(TARGET_OF)"
    lines = _run(apt, "apt-get", "indextargets", "--format", fields, "Identifier: Packages")
    for line in lines.splitlines():
        _, uri, *key, component, _ = line.split(" ")
        if component == "main" and "security" not in uri:
            signed = f"Signed-By: {key[0]}\n" if key and key[0] else ""
            return f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{signed}"
    raise KernelUnavailable("this machine's package sources name no Debian archive")


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


def _run(apt: Path, tool: str, *arguments: str) -> str:
    done = subprocess.run(
        [tool, "-c", str(apt / "apt.conf"), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=apt,
        check=False,
    )
    if done.returncode:
        raise KernelUnavailable(f"{tool} failed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
