"""Programs of other projects: where they are, and how to run them without harm.

A program is found in PATH's usual places, or in a directory of unpacked packages that
HARNESS_REFEREES names. What needs a root of its own runs in namespaces of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

UNPACKED = os.environ.get("HARNESS_REFEREES", "")
PLACES = ("usr/sbin", "sbin", "usr/bin", "bin", "usr/lib/systemd", "lib/systemd",
          "usr/libexec/netplan", "usr/lib/netplan", "lib/netplan")  # fmt: skip
LIMIT = 30  # s


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a tool says of files: the lines with which it refuses or ignores something."""

    refused: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def about(self, name: str) -> str:
        """Return what it says of one file or interface."""
        return "\n".join(line for line in (*self.refused, *self.ignored) if name in line)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and its exit status."""

    status: int
    out: str
    said: tuple[str, ...] = field(default=())


def _roots() -> Iterator[Path]:
    yield from ([Path(UNPACKED)] if UNPACKED else [])
    yield Path("/")


def find(name: str) -> Path:
    """Return a program; skips the test by the program's name where there is none."""
    for root in _roots():
        for place in PLACES:
            if (found := root / place / name).is_file():
                return found
    pytest.skip(f"{name} is not here, which this test runs")


def find_file(path: Path, tool: str) -> Path:
    """Return a file of a package; skips the test by the tool's name where it is not here."""
    for root in _roots():
        if (root / path).exists():
            return root / path
    pytest.skip(f"{tool} is not here, which this test runs")


@cache
def _environment() -> Mapping[str, str]:
    """Return an environment in which unpacked programs find the libraries beside them."""
    found = [path.parent for root in _roots() if root != Path("/") for path in root.rglob("*.so*")]
    paths = ":".join(dict.fromkeys(map(str, found)))
    return {**os.environ, "LC_ALL": "C", **({"LD_LIBRARY_PATH": paths} if paths else {})}


def run(*words: str | Path, given: str | None = None) -> Ran:
    """Run a command to its end."""
    done = subprocess.run(
        list(map(str, words)),
        input=given,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env=_environment(),
    )
    return Ran(done.returncode, done.stdout, tuple(done.stderr.splitlines()))


@cache
def needs_namespaces() -> None:
    """Skip the test where no namespaces of our own can be made."""
    unshare = shutil.which("unshare")
    if unshare is None or run(unshare, "-rmn", "true").status:
        pytest.skip("unshare makes no namespaces here")


def in_a_root(script: str, *words: str | Path) -> subprocess.Popen[str]:
    """Start a shell script as root of namespaces of its own, with an empty /run."""
    needs_namespaces()
    head = "set -e; mount -t tmpfs none /run; "
    return subprocess.Popen(
        ["unshare", "-rmn", "sh", "-c", head + script, "sh", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**_environment(), "SYSTEMD_LOG_LEVEL": "info", "SYSTEMD_LOG_TARGET": "console",
             "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
