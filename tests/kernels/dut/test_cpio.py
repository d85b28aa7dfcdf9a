"""What the kernel finds in an archive that we wrote: each name once, behind its directory."""

from __future__ import annotations

import stat
from pathlib import Path

from harness.kernels.dut.cpio import Cpio


def entries(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Return mode and content by name, as the format says (fields of 8 hex digits)."""
    found: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + length - 1].decode()
        begin = (at + 110 + length + 3) & ~3
        if name == "TRAILER!!!":
            return found
        assert name not in found
        found[name] = mode, data[begin : begin + size]
        at = (begin + size + 3) & ~3


def test_an_archive_has_the_directories_of_its_files_before_them(tmp_path: Path) -> None:
    with Cpio(tmp_path / "archive") as out:
        out.file("etc/ssh/host_key", "secret", 0o600)
        out.link("bin/sh", "dash")
        out.device("dev/console", 5, 1)
    found = entries((tmp_path / "archive").read_bytes())
    assert list(found) == [
        *("etc", "etc/ssh", "etc/ssh/host_key", "bin", "bin/sh", "dev", "dev/console")
    ]
    assert found["etc/ssh/host_key"] == (stat.S_IFREG | 0o600, b"secret")
    assert found["bin/sh"] == (stat.S_IFLNK | 0o777, b"dash")
    assert stat.S_ISCHR(found["dev/console"][0])


def test_what_was_added_first_stays(tmp_path: Path) -> None:
    tree = tmp_path / "tree/etc"
    tree.mkdir(parents=True)
    (tree / "passwd").write_text("of a package")
    with Cpio(tmp_path / "archive") as out:
        out.file("etc/passwd", "ours")
        out.tree(tmp_path / "tree")
        assert "etc/passwd" in out
    assert entries((tmp_path / "archive").read_bytes())["etc/passwd"][1] == b"ours"
