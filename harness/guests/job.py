"""The job of a guest: a file written into its directory before it boots."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# Variables that are not passed to a guest: it has its own temporary directory and pytest, and the
# processes that these name do not run in it.
HELD_BACK = (
    *("TMPDIR", "TEMP", "TMP", "LD_PRELOAD", "FAKEROOTKEY", "NOTIFY_SOCKET"),
    *("LISTEN_FDS", "LISTEN_PID", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST"),
    *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"),
)
HELD_BACK_BEGINNINGS = ("COV_CORE_", "PYTEST_XDIST_")


PLUGINS = ("plugins", "markers", "settings")


@dataclass(frozen=True, slots=True)
class Job:
    """One guest's work list: the node ids in the order to run, and how to run pytest for them.

    `plugins`, `markers` and `settings` are of plugins that the host's pytest has loaded: modules
    to load too, lines that register markers, names of settings that would be unknown in the guest.
    `lab` is where topologies are built in the `kernel`, by its name such as "uml 6.1.176".
    `dut` is the DUT's image and NICs where the lab brings them.
    `work` is what the guest calls with its directory, as "module:function".
    """

    rootdir: str
    files: tuple[str, ...]
    ids: tuple[str, ...]
    results: str
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    executable: str = ""
    modules: str = ""
    lab: str = "netns"
    kernel: str = ""
    clock: str = "real"
    writeback: bool = False
    plugins: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    work: str = ""
    dut: Mapping[str, str] = field(default_factory=dict)

    def save(self, directory: Path) -> None:
        """Write the job into a guest's directory."""
        (directory / "job.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Job:
        """Read the job back, in the guest."""
        data = json.loads((directory / "job.json").read_text(encoding="utf-8"))
        for name in ("files", "ids", "arguments", "path", *PLUGINS):
            data[name] = tuple(data[name])
        return cls(**data)


def interpreter_path() -> tuple[str, ...]:
    """Return this interpreter's search path, absolute, with the harness itself in it."""
    own = str(Path(__file__).resolve().parents[2])
    found = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  (no symlink resolved)
    return tuple(dict.fromkeys([*found, own]))


def environment() -> dict[str, str]:
    """Return the environment passed to guests: scenarios may depend on any variable of it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in HELD_BACK and not name.startswith(HELD_BACK_BEGINNINGS)
    }
