"""Files beside the recording of a failed scenario only.

These are its frames, the kernel's log of its time, and the states of the bonds before and after.

With `--pcap` every scenario leaves its frames. They are written while the recording goes on, so
they exist even if the guest dies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.history import files
from harness.log import kmsg
from harness.session import repeat, verdicts, worker
from harness.session.fixtures import folder_of


def keep(item: pytest.Item, records: Iterable[bytes], *, failed: bool) -> None:
    """Keep the files of the scenario that has just run if it failed.

    `records` are what the kernel logged since the scenario before it.
    """
    if failed:
        _keep_log(item, records)
        _keep_states(item)
    elif not item.config.getoption("pcap"):
        _remove_captures(item)


def _remove_captures(item: pytest.Item) -> None:
    for _, history in item.stash.get(verdicts.RUNS, []):
        if history is not None:
            history.with_name(files.capture_of(history.name)).unlink(missing_ok=True)


def _keep_log(item: pytest.Item, records: Iterable[bytes]) -> None:
    results = item.config.stash.get(worker.RESULTS, None)
    text = "".join(f"{line}\n" for record in records for line in kmsg.stamped(record))
    if results is None or not text:
        return
    folder = results / folder_of(item.nodeid) / repeat.folder(item)
    _write(item, folder / files.KERNEL_LOG, text)


def _keep_states(item: pytest.Item) -> None:
    runs, states = item.stash.get(verdicts.RUNS, []), item.stash.get(verdicts.STATES, [])
    for (_, history), state in zip(runs, states, strict=True):
        if history is not None and (found := state()):
            path = history.with_name(files.state_of(history.name))
            _write(item, path, json.dumps(found, indent=1) + "\n")


def _write(item: pytest.Item, path: Path, text: str) -> None:
    """Write a file; the verdict does not depend on it, so an error is a warning."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        worker.warn(item.config, f"{path} cannot be written: {error.strerror}")
