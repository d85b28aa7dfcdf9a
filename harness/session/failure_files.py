"""Files that only a failed scenario leaves beside its recording: frames, and the kernel's log.

With `--pcap` every scenario leaves its frames. They are written while the recording goes on, so a
guest that dies leaves them behind, too.
"""

from __future__ import annotations

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / files.KERNEL_LOG).write_text(text, encoding="utf-8")
    except OSError as error:  # the verdict does not depend on it
        worker.warn(item.config, f"{Path(folder.name) / files.KERNEL_LOG}: {error.strerror}")
