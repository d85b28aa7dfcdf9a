"""The job of a trial boot: show that a process runs in the guest, and that a bond can be created.

Only `init` is imported: a trial takes a second, most of it for starting Python.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from harness.guests import init

WORK = f"{__name__}:main"


def main(directory: Path) -> None:
    """Create a bond and write {"bonding": errno, "done": 0} to the stream."""
    line = json.dumps({"bonding": init.make_bond(), "done": 0})
    (directory / "stream.jsonl").write_text(f"{line}\n", encoding="ascii")
    if init.read_job(directory)["writeback"]:
        os.sync()
