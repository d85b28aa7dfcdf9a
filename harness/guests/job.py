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
# processes that they refer to do not run in it.
NOT_PASSED = (
    *("TMPDIR", "TEMP", "TMP", "LD_PRELOAD", "FAKEROOTKEY", "NOTIFY_SOCKET"),
    *("LISTEN_FDS", "LISTEN_PID", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST"),
    *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"),
)
NOT_PASSED_PREFIXES = ("COV_CORE_", "PYTEST_XDIST_")


PLUGINS = ("plugins", "markers", "settings")


@dataclass(frozen=True, slots=True)
class Job:
    """The job of one guest: the node ids to run in order, and how to run pytest for them.

    `plugins`, `markers` and `settings` are from plugins of the host's pytest: modules to load,
    lines that register markers, names of settings that would be unknown in the guest.
    `lab` builds topologies in `kernel`, a name such as "uml 6.1.176"; `spec` is the `--kernel`
    that chooses that one.
    `dut` is the DUT's image and NICs if the lab has them.
    `work` is the function to call with the guest's directory, as "module:function".
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
    spec: str = ""
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
        """Load the job, in the guest."""
        data = json.loads((directory / "job.json").read_text(encoding="utf-8"))
        for name in ("files", "ids", "arguments", "path", *PLUGINS):
            data[name] = tuple(data[name])
        return cls(**data)


def interpreter_path() -> tuple[str, ...]:
    """Return this interpreter's module search path, absolute, including the harness."""
    own = str(Path(__file__).resolve().parents[2])
    found = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  (no symlink resolved)
    return tuple(dict.fromkeys([*found, own]))


def environment() -> dict[str, str]:
    """Return the environment that is passed to guests: scenarios may use any variable."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in NOT_PASSED and not name.startswith(NOT_PASSED_PREFIXES)
    }
