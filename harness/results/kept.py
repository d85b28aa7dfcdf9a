"""List and prune the directories of results in one place.

A run's directory is named by its time (UTC). It contains a file `.run` that is locked during the
run, so that no other run removes it; the kernel releases the lock however the run ends.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.results import conformance

KEEP = 30  # runs that are kept by default
NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Kept:
    """One run's directory, its size in bytes, and whether the run is in progress."""

    path: Path
    size: int
    active: bool


def runs(root: Path) -> list[Path]:
    """Return the directories of runs in a place, the oldest first.

    Symlinks and directories with other names or without a run's files are ignored.
    """
    found = []
    for path in root.iterdir() if root.is_dir() else ():
        match = NAME.fullmatch(path.name)
        if match and path.is_dir() and not path.is_symlink() and _is_run(path):
            found.append((match[1], int(match[2] or 1), path))
    return [path for _, _, path in sorted(found)]


def _is_run(path: Path) -> bool:
    return (path / conformance.RUNNING).is_file() or (path / conformance.NAME).is_file()


def kept(root: Path) -> list[Kept]:
    """Return all runs, the oldest first; raises UsageError if there are none."""
    found = [Kept(path, _size(path), is_active(path)) for path in runs(root)]
    if not found:
        raise UsageError(
            f"{root} has no results", hint="give the directory that `pytest --results` was given"
        )
    return found


def _size(path: Path) -> int:
    total = 0
    for place, _, files in os.walk(path):
        for name in files:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Lock a directory of a run during the block."""
    with (directory / conformance.RUNNING).open("w", encoding="ascii") as file:
        # Some network file systems have no locks; the newest runs are kept anyway.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_active(directory: Path) -> bool:
    """Return whether a run still writes into a directory."""
    try:
        with (directory / conformance.RUNNING).open(encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # made by an older version, or it cannot be locked
    return False


def prune(root: Path, keep: int) -> list[Path]:
    """Remove all runs but the newest `keep`; return the removed ones.

    Runs in progress are kept, and targets of symlinks in the same place, such as `latest`.
    """
    pointed = {path.resolve() for path in root.iterdir() if path.is_symlink()}
    old = runs(root)[:-keep] if keep else []
    gone = [path for path in old if path.resolve() not in pointed and not is_active(path)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return [path for path in gone if not path.exists()]
