"""Archives in the format of an initramfs.

It is called newc (Documentation/driver-api/early-userspace/buffer-format.rst).
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Self


class Cpio:
    """An archive being written; all files belong to root, duplicates are skipped."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._count = 0
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("TRAILER!!!", 0, b"", (0, 0))
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def file(self, name: str, data: bytes | str, mode: int = 0o644) -> None:
        """Add a file."""
        text = data.encode() if isinstance(data, str) else data
        self._add(name, stat.S_IFREG | mode, text)

    def directory(self, name: str, mode: int = 0o755) -> None:
        """Add a directory."""
        self._add(name, stat.S_IFDIR | mode)

    def link(self, name: str, to: str) -> None:
        """Add a symbolic link."""
        self._add(name, stat.S_IFLNK | 0o777, to.encode())

    def device(self, name: str, major: int, minor: int) -> None:
        """Add a character device."""
        self._add(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def tree(self, top: Path) -> None:
        """Add all files, links and directories below a directory."""
        for path in sorted(top.rglob("*")):
            name, seen = str(path.relative_to(top)), path.lstat()
            if path.is_symlink():
                self.link(name, str(path.readlink()))
            elif path.is_dir():
                self.directory(name, stat.S_IMODE(seen.st_mode))
            elif path.is_file():
                self.file(name, path.read_bytes(), stat.S_IMODE(seen.st_mode))

    def _add(
        self, name: str, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0)
    ) -> None:
        if name in self._names:
            return
        parent = name.rpartition("/")[0]
        if parent:
            self.directory(parent)
        self._names.add(name)
        self._write(name, mode, data, rdev)

    def _write(self, name: str, mode: int, data: bytes, rdev: tuple[int, int]) -> None:
        self._count += 1
        fields = (self._count, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self._file.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
