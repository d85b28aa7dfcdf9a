"""git bisect in a clone of a kernel tree: nothing is written to the tree or its repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

from harness.errors import KernelUnavailable, LabError, UsageError
from harness.kernels import build, install

FIRST_BAD = re.compile(r"^([0-9a-f]{40}) is the first bad commit", re.MULTILINE)
ANY_OF = "The first bad commit could be any of:"
LEFT = re.compile(r"^Bisecting: (\d+) revisions? left", re.MULTILINE)
SHORT = 12  # digits of a commit in names and messages


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and its subject."""

    hash: str
    subject: str

    @property
    def short(self) -> str:
        """The first digits of its hash."""
        return self.hash[:SHORT]

    def __str__(self) -> str:
        return f"{self.short} ({self.subject})"


@dataclass(frozen=True, slots=True)
class Step:
    """What git asks for next: `commit` is to be judged, or was found if `found`.

    `left` commits are in question. If all of those that are left were skipped, `suspects` has
    them: any of them may be the first bad one.
    """

    commit: Commit
    left: int = 0
    found: bool = False
    suspects: tuple[Commit, ...] = ()


class Bisection:
    """A bisection between two commits of a repository.

    Raises UsageError for a directory that is no repository and for unknown commits.
    """

    def __init__(self, tree: Path, good: str, bad: str) -> None:
        if not shutil.which("git"):
            raise KernelUnavailable("there is no git", hint=install.command("git"))
        self.tree = tree.resolve()
        if _run(self.tree, "rev-parse", "--git-dir").returncode:
            raise UsageError(
                f"{tree} is not a git repository", hint="give one: harness bisect --tree PATH"
            )
        self._good, self._bad = self._resolved(good), self._resolved(bad)
        key = f"bisect-{self.tree.name}-{zlib.crc32(os.fsencode(self.tree)):08x}"
        self.clone = build.builds() / key / self.tree.name

    @property
    def good(self) -> Commit:
        """The commit that was given as good."""
        return self._commit(self._good)

    @property
    def bad(self) -> Commit:
        """The commit that was given as bad."""
        return self._commit(self._bad)

    def prepare(self) -> None:
        """Make the clone, which has no objects of its own, or clean an earlier one."""
        if not (self.clone / ".git").is_dir():
            self.clone.parent.mkdir(parents=True, exist_ok=True)
            _git(self.tree, "clone", "--shared", "--no-checkout", "--quiet", ".", str(self.clone))
        _run(self.clone, "bisect", "reset")

    def check_out(self, commit: Commit) -> None:
        """Have the files of a commit in the clone."""
        _git(self.clone, "checkout", "--force", "--detach", "--quiet", commit.hash)

    def start(self) -> Step:
        """Start; raises UsageError if the good commit is not an ancestor of the bad one."""
        if _run(self.clone, "merge-base", "--is-ancestor", self._good, self._bad).returncode:
            raise UsageError(
                f"{self.good} is not an ancestor of {self.bad}",
                hint="GOOD is the older commit, BAD a later one on the same line",
            )
        return self._step(_git(self.clone, "bisect", "start", self._bad, self._good))

    def mark(self, word: str) -> Step:
        """Tell git that the current commit is `good`, `bad` or to `skip`."""
        # It fails when only skipped commits are left, and says so on standard output.
        return self._step(_run(self.clone, "bisect", word).stdout)

    def _step(self, output: str) -> Step:
        found = FIRST_BAD.search(output)
        if found:
            return Step(self._commit(found[1]), found=True)
        if ANY_OF in output:
            hashes = re.findall(r"^[0-9a-f]{40}$", output.partition(ANY_OF)[2], re.MULTILINE)
            return Step(self.bad, suspects=tuple(map(self._commit, hashes)))
        left = LEFT.search(output)
        head = _git(self.clone, "rev-parse", "HEAD").strip()
        return Step(self._commit(head), int(left[1]) + 1 if left else 1)

    def _resolved(self, name: str) -> str:
        found = _run(self.tree, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found.returncode:
            raise UsageError(
                f"{self.tree} has no commit {name}", hint="give a tag, a branch or a commit's hash"
            )
        return found.stdout.strip()

    def _commit(self, name: str) -> Commit:
        subject = _git(self.tree, "show", "--no-patch", "--format=%s", name)
        return Commit(name, subject.strip())


def _git(place: Path, *arguments: str) -> str:
    """Return the output of git; raises LabError if it fails."""
    done = _run(place, *arguments)
    if done.returncode:
        raise LabError(
            f"git {arguments[0]} failed in {place}: {done.stderr.strip()}",
            hint="run it there by hand, or `harness kernels clean` to begin anew",
        )
    return done.stdout


def _run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(place), *arguments],
        env=os.environ | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
