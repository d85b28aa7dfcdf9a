"""Patches on a kernel tree: applied beside it, in order, strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.kernels import patches
from tests.kernels.small_tree import BONDING, DRIVER, FIX, make_tree

pytestmark = pytest.mark.process

AGAIN = FIX.replace("= 200", "= 300").replace("= 100", "= 200")
NEW = "--- /dev/null\n+++ b/net/new.c\n@@ -0,0 +1 @@\n+int x;\n"
GONE = "--- a/Kconfig\n+++ /dev/null\n@@ -1 +0,0 @@\n-config A\n"
MOVED = "diff --git a/Kconfig b/net/Kconfig\nrename from Kconfig\nrename to net/Kconfig\n"


def write(place: Path, text: str) -> Path:
    place.write_text(text)
    return place


def test_patches_are_applied_one_on_top_of_the_other(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree")
    given = [write(tmp_path / "1.patch", FIX), write(tmp_path / "2.patch", AGAIN)]
    wanted = DRIVER.replace("100", "300").encode()
    assert patches.overlay(tree, given) == {BONDING: wanted}
    assert (tree / BONDING).read_text() == DRIVER


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (NEW, {"net/new.c": b"int x;\n"}),
        (GONE, {"Kconfig": None}),
        (MOVED, {"Kconfig": None, "net/Kconfig": b"config A\n"}),
    ],
)
def test_files_appear_vanish_and_move(
    tmp_path: Path, text: str, changes: dict[str, bytes | None]
) -> None:
    tree = make_tree(tmp_path / "tree")
    (tree / "Kconfig").write_text("config A\n")
    assert patches.overlay(tree, [write(tmp_path / "a.patch", text)]) == changes


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (AGAIN, f"does not apply to .*: patch failed: {BONDING}:1"),
        (FIX.replace("bond_main", "bond_other"), "bond_other.c: No such file"),
        ("Subject: hello\n", "is not a patch: it names no file"),
        (FIX.replace(BONDING, "../../etc/passwd"), "names ../../etc/passwd, which is not in"),
    ],
)
def test_a_patch_that_does_not_apply_is_rejected(tmp_path: Path, text: str, cause: str) -> None:
    tree = make_tree(tmp_path / "tree")
    with pytest.raises(UsageError, match=cause):
        patches.overlay(tree, [write(tmp_path / "a.patch", text)])


def test_a_patch_that_is_not_there_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.patch cannot be read: No such file"):
        patches.overlay(tmp_path, [tmp_path / "none.patch"])


def test_a_cache_below_a_repository_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    for name, text in {"HEAD": "ref: refs/heads/main\n", "config": "", "objects": ""}.items():
        if name == "objects":
            (tmp_path / ".git" / name).mkdir()
        else:
            (tmp_path / ".git" / name).write_text(text)
    (tmp_path / ".git" / "refs").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tree = make_tree(tmp_path / "tree")
    assert BONDING in patches.overlay(tree, [write(tmp_path / "a.patch", FIX)])
