"""The file in which a guest reports: one JSON object a line; the host reads it as it grows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Self

NAME = "stream.jsonl"  # in the guest's directory


class ReportFile:
    """The lines that a job reports."""

    def __init__(self, directory: Path, *, sync: bool) -> None:
        """Begin the file; `sync` says that files reach the host only after sync(2)."""
        self._file = (directory / NAME).open("w", encoding="utf-8")
        self._sync = sync

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, **line: Any) -> None:
        """Write one line; when it is there, so is all that was written before, to any file."""
        self._file.write(json.dumps(line, default=repr) + "\n")
        self._file.flush()
        if self._sync:
            os.sync()  # hostfs writes behind; this costs half a millisecond, an fsync many
