"""Where a run keeps its recordings: results/<time>/, with results/latest pointing to it.

`latest` is set as soon as a guest works: a run whose kernel does not boot has nothing to show.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.plural import counted
from harness.results import conformance, kept

INI = "results_keep"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that says how many runs' results are kept."""
    parser.addini(INI, "how many runs' results are kept; 0: all", default=str(kept.KEEP))


def place_of(config: pytest.Config) -> Path:
    """Return the directory that a session keeps its results in."""
    given = config.getoption("results")
    if given is None:
        return config.rootpath / "results"
    return config.invocation_params.dir / Path(given).expanduser()


def old_removed(config: pytest.Config, made: Path) -> Iterator[str]:
    """Remove the results of older runs than the setting allows; yield a line on them."""
    text = str(config.getini(INI))
    if not text.isdigit():
        raise UsageError(
            f'{INI}: "{text}" is not a number of runs',
            hint="write how many, such as 30, or 0 for all",
        )
    gone = kept.prune(made.parent, int(text))
    if gone:
        runs = counted(len(gone), "older run")
        yield f"results of {runs} removed from {made.parent} ({INI} = {text})"


def new_directory(root: Path) -> Path:
    """Make a directory named by the time (UTC) in `root`; raises UsageError."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = _make(root, now)
        (made / conformance.RUNNING).touch()
    except OSError as error:
        raise UsageError(
            f"results cannot be kept in {root}: {_why(root, error)}",
            hint="give a directory that you can write: --results DIR",
        ) from error
    return made


def _why(root: Path, error: OSError) -> str:
    """Return why mkdir failed: it reports a file and a loop of links as "File exists"."""
    if not isinstance(error, FileExistsError):
        return error.strerror or str(error)
    try:
        root.stat()
    except OSError as why:
        return why.strerror or str(why)
    return "it is not a directory"


def _make(root: Path, now: str) -> Path:
    for number in itertools.count(1):
        made = root / (now if number == 1 else f"{now}-{number}")
        try:
            made.mkdir()
        except FileExistsError:
            continue
        return made
    raise AssertionError


def point_latest(made: Path) -> None:
    """Point `latest` to a run's directory, as soon as a scenario has begun: not before.

    On a file system without symbolic links there is no `latest`.
    """
    link = made.with_name("latest")
    with contextlib.suppress(OSError):
        if link.is_symlink() and os.readlink(link) == made.name:  # noqa: PTH115  (text, no Path)
            return
        fresh = link.with_name(f".latest-{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(made.name)
        fresh.replace(link)
