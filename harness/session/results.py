"""Where a run keeps its recordings: results/<time>/, with results/latest pointing to it."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from pathlib import Path

import pytest

from harness.errors import UsageError


def place_of(config: pytest.Config) -> Path:
    """Return the directory that a session keeps its results in."""
    given = config.getoption("results")
    if given is None:
        return config.rootpath / "results"
    return config.invocation_params.dir / Path(given).expanduser()


def new_directory(root: Path) -> Path:
    """Make a directory named by the time (UTC) in `root` and point `latest` to it.

    Raises UsageError where it cannot be made.
    """
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = _make(root, now)
        _point(root / "latest", made.name)
    except OSError as error:
        raise UsageError(
            f"results cannot be kept in {root}: {error.strerror}",
            hint="give a directory that you can write: --results DIR",
        ) from error
    return made


def _make(root: Path, now: str) -> Path:
    for number in itertools.count(1):
        made = root / (now if number == 1 else f"{now}-{number}")
        try:
            made.mkdir()
        except FileExistsError:
            continue
        return made
    raise AssertionError


def _point(link: Path, target: str) -> None:
    fresh = link.with_name(f".latest-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
