"""The copy of a kernel tree: what is copied, and that only changed files are written."""

from __future__ import annotations

import os
from pathlib import Path

from harness.kernels import mirror


def tree(place: Path, **files: str) -> Path:
    for name, text in files.items():
        path = place / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


def copied(workspace: Path) -> dict[str, str]:
    copy = workspace / mirror.COPY
    return {str(p.relative_to(copy)): p.read_text() for p in copy.rglob("*") if p.is_file()}


def test_what_another_build_left_and_what_no_build_reads_is_not_copied(tmp_path: Path) -> None:
    source = tree(
        tmp_path / "tree",
        Makefile="m",
        net__core_DOT_c="core",
        net__core_DOT_o="object",
        _DOT_config="CONFIG_X=y",
        vmlinux="image",
        include__generated__a_DOT_h="generated",
        include__linux__a_DOT_h="header",
        arch__x86__include__generated__b_DOT_h="generated",
        arch__arm__boot_DOT_c="arm",
        arch__arm__Kconfig="config ARM",
        drivers__net__ethernet__e1000_DOT_c="nic",
        drivers__net__bonding__bond_main_DOT_c="bond",
    )
    mirror.synchronise(source, tmp_path / "work", {})
    assert copied(tmp_path / "work") == {
        "Makefile": "m",
        "net/core.c": "core",
        "include/linux/a.h": "header",
        "arch/arm/Kconfig": "config ARM",
        "drivers/net/bonding/bond_main.c": "bond",
    }


def test_a_second_call_writes_what_has_changed_and_removes_what_is_gone(tmp_path: Path) -> None:
    source, work = tree(tmp_path / "tree", a="1", b="2", c="3", d="4"), tmp_path / "work"
    assert mirror.synchronise(source, work, {}) == ["a", "b", "c", "d"]
    before = (work / mirror.COPY / "a").stat().st_mtime_ns
    assert mirror.synchronise(source, work, {}) == []
    (source / "b").write_text("20")
    (source / "c").unlink()
    os.utime(source / "d")  # git writes a file anew when a branch is left and entered again
    assert mirror.synchronise(source, work, {}) == ["b", "c"]
    assert copied(work) == {"a": "1", "b": "20", "d": "4"}
    assert (work / mirror.COPY / "a").stat().st_mtime_ns == before


def test_a_file_that_is_older_than_the_last_build_is_new_to_make(tmp_path: Path) -> None:
    source, work = tree(tmp_path / "tree", a="1"), tmp_path / "work"
    mirror.synchronise(source, work, {})
    built = (work / mirror.COPY / "a").stat().st_mtime_ns
    (source / "a").write_text("2")
    os.utime(source / "a", (0, 0))  # as tar and cp -p set it
    mirror.synchronise(source, work, {})
    assert (work / mirror.COPY / "a").stat().st_mtime_ns > built


def test_an_overlay_is_on_top_and_is_taken_back(tmp_path: Path) -> None:
    source, work = tree(tmp_path / "tree", a="1", b="2"), tmp_path / "work"
    changes = {"a": b"patched", "b": None, "x/new": b"n"}
    assert mirror.synchronise(source, work, changes) == ["a", "x/new"]
    assert copied(work) == {"a": "patched", "x/new": "n"}
    assert mirror.synchronise(source, work, {"a": b"patched", "x/new": b"n"}) == ["b"]
    assert mirror.synchronise(source, work, {}) == ["a", "x/new"]
    assert copied(work) == {"a": "1", "b": "2"}


def test_a_linked_tree_is_never_written_to(tmp_path: Path) -> None:
    source, work = tree(tmp_path / "tree", a="1", b="2"), tmp_path / "work"
    mirror.synchronise(source, work, {}, link=True)
    assert (work / mirror.COPY / "b").samefile(source / "b")
    mirror.synchronise(source, work, {"a": b"patched"}, link=True)
    mirror.synchronise(source, work, {}, link=True)
    assert (source / "a").read_text() == "1"
    assert not (work / mirror.COPY / "a").samefile(source / "a"), "its time is that of the tree"


def test_links_and_modes_are_copied(tmp_path: Path) -> None:
    source, work = tree(tmp_path / "tree", a="#!/bin/sh\n"), tmp_path / "work"
    (source / "a").chmod(0o755)
    (source / "include").symlink_to("../elsewhere")
    assert mirror.synchronise(source, work, {}) == ["a", "include"]
    assert mirror.synchronise(source, work, {"a": b"#!/bin/bash\n"}) == ["a"]
    assert os.access(work / mirror.COPY / "a", os.X_OK)
    assert (work / mirror.COPY / "include").readlink() == Path("../elsewhere")
