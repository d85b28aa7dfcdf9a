"""Begin the first build of a tree with the objects of another one of the same series.

What the trees have in common is not compiled again: the copy of the other tree and its objects
keep their times. kbuild stores commands with the paths that they were run with: those are changed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.kernels.mirror import COPY, STATE

# What kbuild writes paths into, besides objects.
WITH_PATHS = ("*.cmd", "*.s", "Makefile")
Version = Callable[[Path], str]


def seed(workspace: Path, flavour: str, version: str, others: Iterable[Path], of: Version) -> bool:
    """Fill a workspace from the most similar other one; return whether there is one.

    `of` returns the version of a tree. Nothing is done if the workspace has a copy already.
    """
    if (workspace / COPY).exists() or (workspace / flavour).exists():
        return False
    complete = [
        other for other in others if (other / flavour / "linux").is_file() and other != workspace
    ]
    versions = {one: of(one / COPY) for one in complete if (one / STATE).is_file()}
    alike = [one for one, its in versions.items() if _series(its) == _series(version)]
    if not alike:
        return False
    other = max(alike, key=lambda one: (versions[one] == version, one.stat().st_mtime))
    workspace.mkdir(parents=True, exist_ok=True)
    # No file of a copy is ever changed in place, but compilers do that to objects.
    shutil.copytree(other / COPY, workspace / COPY, symlinks=True, copy_function=os.link)
    shutil.copytree(other / flavour, workspace / flavour, symlinks=True)
    _relocate(workspace / flavour, str(other), str(workspace))
    known = json.loads((other / STATE).read_text(encoding="utf-8"))
    # Without sizes and times, each file is compared.
    (workspace / STATE).write_text(json.dumps({path: [] for path in known}), encoding="utf-8")
    return True


def _series(version: str) -> list[str]:
    return version.split(".")[:2]


def _relocate(out: Path, old: str, new: str) -> None:
    """Replace a path in all that kbuild has written, without a change to the files' times."""
    for pattern in WITH_PATHS:
        for path in out.rglob(pattern):
            before = path.read_bytes()
            after = before.replace(old.encode(), new.encode())
            if after != before:
                status = path.stat()
                path.write_bytes(after)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    link = out / "source"
    if link.is_symlink():
        target = str(link.readlink()).replace(old, new)
        link.unlink()
        link.symlink_to(target)
