"""Capture files without `--pcap`: each recording writes one, that of a failure is kept.

It is written while the recording goes on, so a guest that dies leaves it behind, too.
"""

from __future__ import annotations

import pytest

from harness.history import files
from harness.session import verdicts


def keep(item: pytest.Item, *, failed: bool) -> None:
    """Remove the capture files of the scenario that has just run, unless it failed."""
    if failed or item.config.getoption("pcap"):
        return
    for _, history in item.stash.get(verdicts.RUNS, []):
        if history is not None:
            history.with_name(files.capture_of(history.name)).unlink(missing_ok=True)
