"""`harness bisect` finds a fault in a history of real kernels."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.kernels import build, cache, cached_kernel, mirror, own_build
from harness.kernels.bisection import Bisection

SOURCE = build.builds() / "linux-7.2" / mirror.COPY
COMPILED = build.builds() / "linux-7.2" / build.PATCHED / "virtual" / "linux"
DRIVER = "drivers/net/bonding/bond_main.c"
INTERVAL = "delay = msecs_to_jiffies(bond->params.miimon);"
WORD, OTHER = "impossible primary_reselect", "odd primary_reselect"
# What each commit replaces, and by what.
COMMITS = {"another word": (WORD, OTHER), "less often": (INTERVAL, INTERVAL[:-1] + " * 3;")}

pytestmark = [
    pytest.mark.guest(inside=False),
    pytest.mark.skipif(
        not COMPILED.is_file(),
        reason="the sources are not compiled: harness kernels build virtual@7.2 --name base",
    ),
]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[Path]:
    """A repository of linux 7.2 whose second commit inspects links less often."""
    tree = tmp_path / "linux"
    shutil.copytree(SOURCE, tree, symlinks=True, copy_function=os.link, ignore=_uncompiled)
    _git(tree, "init", "--quiet")
    _git(tree, "config", "core.looseCompression", "0")
    _commit(tree, "linux 7.2", ["--all", "--force"])
    for subject, (old, new) in COMMITS.items():
        text = (tree / DRIVER).read_text()
        assert old in text
        (tree / DRIVER).unlink()  # it is a link to the cache's
        (tree / DRIVER).write_text(text.replace(old, new))
        _commit(tree, subject, [DRIVER, "--force"])
    clone = Bisection(tree, "HEAD~2", "HEAD").clone
    yield tree
    with cache.locked(print):
        for entry in cached_kernel.entries():
            if entry.origin == str(clone):
                cached_kernel.remove(entry)
    for place in (clone.parent, own_build.workspace_of(clone)):
        shutil.rmtree(place, ignore_errors=True)


def _uncompiled(directory: str, names: list[str]) -> list[str]:
    """Return the files of drivers that no kernel here has: most of the source."""
    below = Path(directory).relative_to(SOURCE)
    if below.parts[:1] != ("drivers",) or any((COMPILED.parent / below).glob("*.o")):
        return []
    return [name for name in names if name.endswith((".c", ".h", ".S"))]


def _git(tree: Path, *arguments: str) -> None:
    named = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(tree), *named, *arguments], check=True, capture_output=True)


def _commit(tree: Path, subject: str, what: list[str]) -> None:
    _git(tree, "add", *what)
    _git(tree, "commit", "--quiet", "--message", subject)


def test_the_commit_that_breaks_a_claim_is_found(history: Path, tmp_path: Path) -> None:
    scenario = "scenarios/test_miimon.py::test_lost_carrier_is_noticed_within_one_inspection"
    arguments = ["bisect", "HEAD~2", "HEAD", "--tree", str(history)]
    arguments += ["--results", str(tmp_path / "results"), "--", scenario, "--guests", "1"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "first bad commit: " in done.stdout
    assert "(less often)" in done.stdout
    assert "contradicts" in done.stdout.splitlines()[-1]
    assert len(list((tmp_path / "results").glob("*/*/index.html"))) >= 3
