"""Keep a copy of a kernel tree, from which a kernel is built incrementally.

The user's tree is only read. A file of the copy is written only if its content changes, so that
make compiles what has changed and nothing else.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from harness.kernels.source_tree import ARCHITECTURES, TEXTS, UNUSED

COPY, STATE = "source", "synchronised.json"
# What a build leaves in the tree that it was run in.
OBJECTS = (
    *("*.o", "*.a", "*.ko", "*.so", "*.mod", "*.mod.c", "*.order", "*.symvers", "*.dtb*"),
    *("vmlinux", "vmlinux.unstripped", "vmlinux.bin", "bzImage", "linux", "System.map"),
)


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


UNREAD_NAME = _any((*OBJECTS, *TEXTS))
UNREAD = _any(f"{place}/*.[chS]" for place in (*ARCHITECTURES, *UNUSED))
UNREAD_DIRECTORY = _any(("include/generated", "include/config", "arch/*/include/generated"))

# Changes to a tree, by path: the new content of a file, None for one that is removed.
Overlay = Mapping[str, bytes | None]
Stamp = list[int]


def synchronise(tree: Path, workspace: Path, overlay: Overlay, *, link: bool = False) -> list[str]:
    """Make `workspace`/source the files of `tree` with `overlay` on top; return what has changed.

    With `link`, files of the tree that are new in the copy are linked to it: no build changes them
    in place. Only files whose size or time differ from the last call are read.
    """
    copy = workspace / COPY
    copy.mkdir(parents=True, exist_ok=True)
    before, after = _recall(workspace), dict[str, Stamp]()
    written: list[str] = []
    for entry in files(tree):
        path = os.path.relpath(entry.path, tree)
        status = entry.stat(follow_symlinks=False)
        after[path] = [status.st_size, status.st_mtime_ns]
        if path in overlay:
            after[path] = []
        elif after[path] != before.get(path) and _take_over(
            Path(entry.path), copy / path, link=link
        ):
            written.append(path)
    written += [path for path, content in overlay.items() if _write(copy / path, content)]
    for path in before.keys() - after.keys() - overlay.keys():
        (copy / path).unlink(missing_ok=True)
        written.append(path)
    after |= {path: [] for path, content in overlay.items() if content is not None}
    (workspace / STATE).write_text(json.dumps(after), encoding="utf-8")
    return written


def files(tree: Path, under: str = "") -> Iterator[os.DirEntry[str]]:
    """Yield the files of a kernel tree that a build of User-Mode Linux may read."""
    with os.scandir(tree / under) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            path = f"{under}/{entry.name}" if under else entry.name
            if entry.name.startswith("."):
                continue  # git's, and the objects' dependencies
            if entry.is_dir(follow_symlinks=False):
                if not UNREAD_DIRECTORY.match(path):
                    yield from files(tree, path)
            elif not UNREAD_NAME.match(entry.name) and not UNREAD.match(path):
                yield entry


def _recall(workspace: Path) -> dict[str, Stamp]:
    """Return the sizes and times of the files at the last call, [] for changed ones."""
    try:
        known = json.loads((workspace / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _take_over(source: Path, copy: Path, *, link: bool) -> bool:
    """Make `copy` the same as `source`; return whether it was not."""
    if source.is_symlink():
        target = source.readlink()
        if copy.is_symlink() and copy.readlink() == target:
            return False
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        copy.symlink_to(target)
        return True
    if link and not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # another file system, or one without links
            copy.hardlink_to(source)
            return True
    written = _write(copy, source.read_bytes())
    shutil.copymode(source, copy)
    return written


def _write(copy: Path, content: bytes | None) -> bool:
    """Give a file of the copy a content, None to remove it; return whether it had another.

    It is replaced, not written to: it may be linked to a file of another tree.
    """
    if content is None:
        existed = copy.exists()
        copy.unlink(missing_ok=True)
        return existed
    with suppress(FileNotFoundError):
        if not copy.is_symlink() and copy.read_bytes() == content:
            return False
    copy.parent.mkdir(parents=True, exist_ok=True)
    part = copy.with_name(f".{copy.name}.part")
    part.write_bytes(content)
    if copy.exists():
        shutil.copymode(copy, part)
    part.replace(copy)
    return True
