"""What guests are told of a session: how to run pytest; and what is remembered of their work."""

from __future__ import annotations

import compileall
import os
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from harness.matrix.axis import DURATIONS


def compile_harness() -> None:
    """Write bytecode that is missing: guests see the host's files read-only, and are slow."""
    with open(os.devnull, "w", encoding="ascii") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        compileall.compile_dir(str(Path(__file__).parents[1]), quiet=2)


def arguments(config: pytest.Config) -> list[str]:
    """Return the arguments of a guest's pytest."""
    option = config.option
    found = ["-p", "harness.plugin", "-p", "no:cacheprovider"]
    found += [part for plugin in option.plugins for part in ("-p", plugin)]
    found += [part for text in option.pythonwarnings or () for part in ("-W", text)]
    found += [part for text in option.override_ini or () for part in ("-o", text)]
    found += [f"--rootdir={config.rootpath}", "-o", "addopts="]
    found += [f"--import-mode={option.importmode}", "--continue-on-collection-errors"]
    return found + (["-c", str(config.inipath)] if config.inipath else [])


def keep(config: pytest.Config, seconds: dict[str, float]) -> None:
    """Remember what scenarios took.

    A shard does not: by the times of before it, the next shard of the same work is cut.
    """
    if config.getoption("shard") is not None:
        return
    cache = getattr(config, "cache", None)
    if cache:
        cache.set(DURATIONS, seconds)
