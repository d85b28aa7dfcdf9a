"""The job of a guest: the arguments of its pytest; and the durations kept of such work."""

from __future__ import annotations

import compileall
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from harness.guests.errand import job_for
from harness.guests.job import Job, environment
from harness.session import duts, other_plugins, pages
from harness.session.axis import DURATIONS
from harness.session.fleet import Fleet

# What a user may set that changes how a scenario runs or how its failure reads.
PASSED_ON = (
    *("lab", "nic", "pcap", "bond_plans", "bond_config", "bond_format"),
    *("repeat", "max_outage", "pause_on_fail"),
    *("verbose", "tbstyle", "showlocals", "fulltrace", "runxfail"),
    *("log_level", "log_format", "log_date_format"),
)

WORK = "harness.session.worker:main"
CACHE = "cache_dir="  # a setting of a plugin that guests do without, and an error there


def compile_harness() -> None:
    """Write bytecode that is missing: guests see the host's files read-only, and are slow."""
    with open(os.devnull, "w", encoding="ascii") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        compileall.compile_dir(str(Path(__file__).parents[1]), quiet=2)


def arguments(config: pytest.Config) -> list[str]:
    """Return the arguments of a guest's pytest."""
    option = config.option
    found = ["-p", "harness.plugin", "-p", "no:cacheprovider"]
    found += other_plugins.own_arguments(option.plugins)
    # A guest's temporary files are in its memory and end with it.
    found += ["-o", "tmp_path_retention_policy=failed"]
    found += [part for text in option.pythonwarnings or () for part in ("-W", text)]
    overrides = [text for text in option.override_ini or () if not text.startswith(CACHE)]
    found += [part for text in overrides for part in ("-o", text)]
    found += [f"--rootdir={config.rootpath}", "-o", "addopts="]
    found += [f"--import-mode={option.importmode}", "--continue-on-collection-errors"]
    found += [f"--assert={option.assertmode}", *(["--noconftest"] if option.noconftest else [])]
    found += [f"--confcutdir={option.confcutdir}"] if option.confcutdir else []
    return found + (["-c", str(config.inipath)] if config.inipath else [])


def job(
    config: pytest.Config, fleet: Fleet, label: str, items: Sequence[pytest.Item], results: Path
) -> Job:
    """Return the job of a guest that runs some items on the kernel with this label."""
    return job_for(
        fleet.kernels[label],
        WORK,
        rootdir=str(config.rootpath),
        files=tuple(dict.fromkeys(str(item.path) for item in items)),
        ids=tuple(item.nodeid for item in items),
        results=str(results),
        arguments=tuple(arguments(config)),
        options=options(config) | fleet.options(label),
        environment=environment() | {"COLUMNS": str(pages.width(config))},
        lab=config.getoption("lab"),
        dut=config.stash.get(duts.DUT, {}),
        **plugins(config),
    )


def options(config: pytest.Config) -> dict[str, Any]:
    """Return the values of options that a guest's pytest takes over."""
    own = vars(config.option)
    return {name: own[name] for name in PASSED_ON if name in own} | other_plugins.options(config)


def plugins(config: pytest.Config) -> dict[str, Any]:
    """Return what a guest's pytest needs of other plugins, as fields of a Job."""
    return {
        "plugins": other_plugins.modules(config),
        "markers": tuple(config.getini("markers")),
        "settings": tuple(other_plugins.settings(config)),
    }


def absence(similar: list[str]) -> str:
    """Return why an item has no result although its guest did its work."""
    found = f"it has {', '.join(similar)} instead" if similar else "it found no such test"
    return (
        f"the guest does not know this test: {found}\nhint: parameters have to be the same each "
        "time a file is collected: not of the time, of random numbers, or in the order of a set"
    )


def keep(config: pytest.Config, seconds: dict[str, float]) -> None:
    """Keep the durations of scenarios.

    A shard does not: the next shard of the same work must be cut by the same durations.
    """
    if config.getoption("shard") is not None:
        return
    cache = getattr(config, "cache", None)
    if cache:
        cache.set(DURATIONS, seconds)
