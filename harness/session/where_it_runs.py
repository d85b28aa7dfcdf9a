"""Where an item of a session runs: on the host, or in a guest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

INI = "scenario_paths"
STAGE = "stage"
FIXTURES = "harness.session.fixtures"  # the module of the harness's `stage`; a project may differ


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that says which folders hold scenarios about documented claims."""
    parser.addini(
        INI,
        "folders whose tests run in guests and must name claims; elsewhere @claim is optional",
        type="paths",
        default=[],
    )


def in_guest() -> bool:
    """Return whether this process is a guest's worker."""
    worker = sys.modules.get("harness.session.worker")
    return worker is not None and worker.job() is not None


def needs_guest(item: pytest.Item) -> bool:
    """Return whether an item runs in a guest.

    It does if it is marked so, requests a network, or lies in one of the `scenario_paths`.
    """
    marker = item.get_closest_marker("guest")
    if marker is not None:
        return bool(marker.kwargs.get("inside", True))
    return requests_stage(item) or is_scenario(item.path, item.config)


def is_scenario(path: Path, config: pytest.Config) -> bool:
    """Return whether a file lies in one of the folders whose tests must name claims."""
    return _lies_in_one(path, tuple(config.getini(INI)))


@cache  # a file has many tests
def _lies_in_one(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def requests_stage(item: pytest.Item) -> bool:
    """Return whether an item requests our `stage`, itself or by a fixture such as a topology."""
    if STAGE not in getattr(item, "fixturenames", ()):
        return False
    # pytest has no public way to find which fixture a name refers to.
    known: dict[str, Sequence[Any]] = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # noqa: SLF001
    for found in reversed(known.get(STAGE, ())):
        if found.func.__module__ == FIXTURES:
            return True
        if STAGE not in found.argnames:  # a fixture of the user's that does not request ours
            return False
    return False
