"""What a guest is told to do, as a file that lies in its directory before it boots."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# What scenarios may read of the environment; the rest, such as credentials, stays where it is.
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TERM", "TZ", "USER", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Job:
    """One guest's work list: the node ids in the order to run, and how to run pytest for them.

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
    lab: str = ""
    clock: str = "real"
    writeback: bool = False
    work: str = "harness.session.worker:main"

    def save(self, directory: Path) -> None:
        """Write the job into a guest's directory."""
        (directory / "job.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Job:
        """Read the job back, in the guest."""
        data = json.loads((directory / "job.json").read_text(encoding="utf-8"))
        for name in ("files", "ids", "arguments", "path"):
            data[name] = tuple(data[name])
        return cls(**data)


def interpreter_path() -> tuple[str, ...]:
    """Return this interpreter's search path, absolute, with the harness itself in it."""
    own = str(Path(__file__).resolve().parents[2])
    found = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  (no symlink resolved)
    return tuple(dict.fromkeys([*found, own]))


def environment() -> dict[str, str]:
    """Return the part of this process's environment that guests get."""
    own = {name: value for name, value in os.environ.items() if name.startswith("HARNESS_")}
    return own | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
