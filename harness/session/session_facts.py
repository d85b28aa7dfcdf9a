"""Facts about a session, for whoever reads its results later."""

from __future__ import annotations

import datetime as dt
import platform
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.version import version

WITHIN = 5.0  # seconds for git to answer


def session_facts(config: pytest.Config) -> dict[str, Any]:
    """Return command line, time, place, host, versions, and the commit of the tests."""
    given = config.invocation_params
    return {
        "command": shlex.join(["pytest", *map(str, given.args)]),
        "directory": str(given.dir),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "host_kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "harness": version(),
        **_commit(config.rootpath),
    }


def _commit(root: Path) -> dict[str, Any]:
    """Return the commit that is checked out and whether files differ; None without git."""
    head = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=normal") if head else None
    return {"commit": head, "dirty": None if changed is None else bool(changed)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=WITHIN,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
