"""Write a file whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from harness.errors import LabError


@contextmanager
def replacing(path: Path, part: Path, *, hint: str, parents: bool = False) -> Iterator[TextIO]:
    """Yield a file `part`: it becomes `path` when the block ends, and is removed if that fails.

    With `parents`, the directory is made. Raises LabError with the hint where the system refuses,
    as on a full disk.
    """
    try:
        with _opened(part, parents=parents) as file:
            yield file
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise LabError(
            f"{path} cannot be written: {error.strerror or error}", hint=hint
        ) from error


def _opened(part: Path, *, parents: bool) -> TextIO:
    """Open a file to write; its directory is made where it does not exist, if `parents`."""
    try:
        return part.open("w", encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if not parents:
            raise
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open("w", encoding="utf-8", errors="replace")
