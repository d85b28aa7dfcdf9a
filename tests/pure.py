"""Which tests are pure: they start no process, and all of them take seconds (`pytest -m pure`).

That is every test but those that need a guest, those marked `process`, and those whose file
imports what starts processes, by itself or through other files of tests/.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from tests.source_files import ROOT, imported

STARTERS = {"subprocess", "pty", "multiprocessing", "playwright"}
FIXTURES = {"pytester"}  # runs pytest within pytest
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}

_started: list[str] = []


def watch() -> None:
    """Note each start of a process from now on."""
    sys.addaudithook(lambda event, _: _started.append(event) if event in STARTS else None)


def forget() -> None:
    """Forget the processes that were started until now."""
    _started.clear()


def mark(items: list[pytest.Item]) -> None:
    """Mark those that are pure."""
    for item in items:
        needs = FIXTURES.intersection(getattr(item, "fixturenames", ()))
        apart = any(item.get_closest_marker(name) for name in ("guest", "process", "browser"))
        if not apart and not needs and not starts_processes(item.path):
            item.add_marker(pytest.mark.pure)


@cache
def starts_processes(path: Path) -> bool:
    """Return whether a file imports what starts processes, by itself or through tests/."""
    names = imported(path)
    if any(name.partition(".")[0] in STARTERS for name in names):
        return True
    own = (ROOT / name.replace(".", "/") for name in names if name.startswith("tests."))
    return any(starts_processes(file) for file in map(_source, own) if file is not None)


def check(item: pytest.Item) -> None:
    """Fail a pure test that has started a process."""
    if _started and item.get_closest_marker("pure"):
        pytest.fail(
            f"it started a process ({_started[0]}) and is not marked so\n"
            "hint: @pytest.mark.process",
            pytrace=False,
        )


def _source(module: Path) -> Path | None:
    file = module.with_suffix(".py")
    return file if file.is_file() else None
