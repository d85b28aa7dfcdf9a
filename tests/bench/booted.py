"""The guest's side of `boot`: it imports little itself, so that it can tell what others cost."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from importlib import import_module
from pathlib import Path


def inside(directory: Path) -> None:
    """In the guest: import step by step what a worker needs, be one, tell when came what."""
    reached = {"called": time.monotonic()}
    import_module("pytest")
    reached["pytest"] = time.monotonic()
    worker = import_module("harness.session.worker")
    reached["worker"] = time.monotonic()
    import_module("tests.bench.guest").measured(directory)
    reached["facts"] = time.monotonic()
    import_module("harness.record.net")
    reached["run"] = time.monotonic()
    worker.main(directory)
    reached |= import_module("tests.bench.phases").reached
    reached["scapy"] = _frame()
    _tell(directory, _before() | reached)


def _frame() -> float:
    """Return how many seconds the first frame takes, for which scapy is loaded."""
    frames = import_module("harness.frames")
    begin = time.monotonic()
    frames.gratuitous_arp("02:00:00:00:00:01", "192.0.2.1")
    return time.monotonic() - begin


def _before() -> dict[str, float]:
    """Return what the kernel and init.py know of the time before; 0 is the kernel's start."""
    init: dict[str, float] = sys.modules["__main__"].reached
    zero = {"zero": time.time() - time.monotonic()}
    if "modules" not in init:
        return zero | init
    return zero | {"kernel": 0.0, "init": _run_init() or init["python"]} | init


def _run_init() -> float:
    """Return when the kernel started its first process, by its log; 0.0 where it has not."""
    try:
        log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return 0.0
    try:
        while True:
            record = os.read(log, 8192).decode(errors="replace")
            if found := re.match(r"\d+,\d+,(\d+),.*?;Run .* as init process", record):
                return int(found[1]) / 1e6
    except OSError:
        return 0.0
    finally:
        os.close(log)


def _tell(directory: Path, reached: dict[str, float]) -> None:
    """Add a line to what the worker has reported."""
    with (directory / "stream.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"reached": reached}) + "\n")
    os.sync()
