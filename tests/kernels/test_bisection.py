"""git bisect in a clone: steps, skips and the answer; the repository stays as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.kernels.bisection import Bisection, Step
from tests.kernels.small_tree import BONDING, DRIVER, make_tree

NAMED = ("-c", "user.name=a", "-c", "user.email=a@b")
VALUES = (100, 101, 102, 103, 104)


def git(tree: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(tree), *NAMED, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a commit for each value of miimon, tagged with it."""
    tree = make_tree(tmp_path / "linux")
    git(tree, "init", "--quiet", "--initial-branch=main")
    for value in VALUES:
        (tree / BONDING).write_text(DRIVER.replace("100", str(value)))
        git(tree, "add", ".")
        git(tree, "commit", "--quiet", "--message", f"miimon is {value}")
        git(tree, "tag", f"v{value}")
    return tree


def bisected(tree: Path, words: dict[int, str]) -> tuple[Step, list[str]]:
    """Return the last step, and the subjects of the commits that were judged."""
    bisection = Bisection(tree, "v100", "v104")
    bisection.prepare()
    bisection.check_out(bisection.bad)
    step, judged = bisection.start(), []
    while not step.found and not step.suspects:
        judged.append(step.commit.subject)
        text = (bisection.clone / BONDING).read_text()
        value = next(one for one in VALUES if f"miimon = {one};" in text)
        step = bisection.mark(words[value])
    return step, judged


def test_the_first_bad_commit_is_found(tree: Path) -> None:
    before = git(tree, "status", "--porcelain"), git(tree, "for-each-ref"), git(tree, "branch")
    step, judged = bisected(tree, {101: "good", 102: "good", 103: "bad"})
    assert step.found
    assert step.commit.subject == "miimon is 103"
    assert judged == ["miimon is 102", "miimon is 103"]
    assert before == (
        git(tree, "status", "--porcelain"),
        git(tree, "for-each-ref"),
        git(tree, "branch"),
    )


def test_what_is_skipped_leaves_all_that_may_be_it(tree: Path) -> None:
    step, _ = bisected(tree, {101: "good", 102: "skip", 103: "bad"})
    assert not step.found
    assert {one.subject for one in step.suspects} == {"miimon is 102", "miimon is 103"}


def test_a_second_bisection_uses_the_same_clone(tree: Path) -> None:
    bisected(tree, {101: "good", 102: "good", 103: "bad"})
    step, _ = bisected(tree, {101: "bad", 102: "bad", 103: "bad"})
    assert step.commit.subject == "miimon is 101"


@pytest.mark.parametrize(
    ("good", "bad", "cause"),
    [
        ("v100", "v999", "has no commit v999"),
        ("v104", "v100", "is not an ancestor of"),
    ],
)
def test_ends_that_cannot_be_are_rejected(tree: Path, good: str, bad: str, cause: str) -> None:
    with pytest.raises(UsageError, match=cause):
        start(Bisection(tree, good, bad))


def start(bisection: Bisection) -> None:
    bisection.prepare()
    bisection.start()


def test_a_directory_that_is_no_repository_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a git repository"):
        Bisection(tmp_path, "a", "b")
