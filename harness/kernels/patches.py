"""Apply patches to files of a kernel tree, without a change to the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import install
from harness.kernels.mirror import Overlay

# The files that a patch names, in the first component of their paths without a/ or b/.
NAMED = re.compile(
    r"^(?:(?:---|\+\+\+) [^/\s]+/|(?:rename|copy) (?:from|to) )([^\t\r\n]+)", re.MULTILINE
)


def overlay(tree: Path, patches: list[Path]) -> Overlay:
    """Return the files that patches change, applied one after another; None for a removed file.

    Patches are as `git diff` and `git format-patch` write them; the context must be the same,
    at any line. Raises UsageError if one cannot be read or does not apply.
    """
    if not patches:
        return {}
    if not shutil.which("git"):
        raise KernelUnavailable(
            "patches cannot be applied without git", hint=install.command("git")
        )
    texts = {path: _read(path) for path in patches}
    names = dict.fromkeys(name for text in texts.values() for name in NAMED.findall(text))
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory).resolve()
        for name in names:
            if (tree / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(tree / name, place / name)
        for path in texts:
            _apply(path, place, tree)
        return {name: _content(place / name) for name in names}


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UsageError(
            f"the patch {path} cannot be read: {error.strerror}", hint="give a readable file"
        ) from error
    names = NAMED.findall(text)
    if not names:
        raise UsageError(
            f"{path} is not a patch: it names no file", hint="give what `git diff` has written"
        )
    outside = next(
        (name for name in names if Path(name).is_absolute() or ".." in Path(name).parts), ""
    )
    if outside:
        raise UsageError(
            f"the patch {path} names {outside}, which is not in the tree",
            hint="write it at the top of the tree, as `git diff` does",
        )
    return text


def _apply(patch: Path, place: Path, tree: Path) -> None:
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(patch.absolute())],
        cwd=place,
        # Below a repository, git would take its top for the place of the files.
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(place.parent), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line.removeprefix("error: ") for line in done.stderr.strip().splitlines()]
        raise UsageError(
            f"the patch {patch} does not apply to {tree}: {'; '.join(lines[:3])}",
            hint="make it with `git diff` in a tree of the same version",
        )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
