"""The session's side of the process that connects cables at the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CLOSE_WITHIN = 120.0  # seconds: three logins to a switch, each with its time limits


class Reconnector:
    """A running process that connects what is cut when it is closed, or when this one ends."""

    def __init__(self, lab: Path, record: Path) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.labs.reconnect.program", str(lab), str(record)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # not in the process group of Ctrl-C
        )

    def close(self) -> str:
        """Let it connect what is cut; return what failed, "" for nothing."""
        try:
            _, output = self._process.communicate(timeout=CLOSE_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return f"cables were not connected within {CLOSE_WITHIN:g} s"
        return output.strip() if self._process.returncode else ""
