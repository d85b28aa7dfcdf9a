"""Names of the files of a recording, in the directory of its scenario."""

from __future__ import annotations

from pathlib import Path

HISTORY = "history.jsonl"
CAPTURE = "capture.pcapng"
STATE = "state.json"  # of the bonds before and after a recording
KERNEL_LOG = "kernel.log"
CAPTURES = "capture*.pcapng"  # all of a scenario
HISTORIES = "history*.jsonl"


def numbered(name: str, number: int) -> str:
    """Return the name of a file of a scenario's recording of this number, from 1."""
    stem, suffix = name.split(".")
    return name if number == 1 else f"{stem}-{number}.{suffix}"


def histories(folder: Path) -> list[Path]:
    """Return the histories of a scenario's recordings in their order."""
    return sorted(folder.glob(HISTORIES), key=lambda path: (len(path.name), path.name))


def state_of(history: str) -> str:
    """Return the name of the file with the bonds' states that belongs to a history's."""
    number = history.removeprefix("history").removesuffix(".jsonl")
    return f"state{number}.json"


def capture_of(history: str) -> str:
    """Return the name of the capture file that belongs to a history's."""
    number = history.removeprefix("history").removesuffix(".jsonl")
    return f"capture{number}.pcapng"
