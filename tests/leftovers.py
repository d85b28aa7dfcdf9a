"""What networks may leave: namespaces, open files, interfaces."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import LabError
from harness.labs.netns.namespace import Namespace
from harness.loop import Loop, now
from harness.units import MS

LIMIT = Path("/proc/sys/user/max_net_namespaces")
MOST = 200
TRIES = 500  # with a pause after each: the kernel takes up to 5 s to drop a namespace
OURS = Path("/proc/thread-self/ns/net")


def namespaces() -> int:
    """Return how many network namespaces there are: a limit just above lets one more be made."""
    before = LIMIT.read_text()
    try:
        for limit in range(1, MOST):
            LIMIT.write_text(str(limit))
            try:
                Namespace("one more").close()
            except LabError:
                continue
            return limit - 1
    finally:
        LIMIT.write_text(before)
    raise AssertionError(f"more than {MOST} namespaces")


def held() -> list[str]:
    """Return what this process has open: namespaces, sockets, files."""
    gc.collect()
    found = []
    for path in Path("/proc/self/fd").iterdir():
        try:
            found.append(path.readlink().name.partition(":")[0])
        except FileNotFoundError:
            continue  # the directory itself
    return sorted(found)


def interfaces() -> set[str]:
    return set(os.listdir("/sys/class/net"))  # noqa: PTH208  sysfs has no other type


def pause() -> None:
    Loop().pump(now() + 20 * MS)


def settled(goal: int = 0) -> int:
    """Return how many namespaces are left: the kernel drops them by and by, what we made too."""
    found = MOST
    for _ in range(TRIES):
        pause()
        found = min(found, namespaces())
        if found <= goal:
            break
    return found


@contextmanager
def none() -> Iterator[None]:
    """Hold what runs within to leaving nothing."""
    before = settled(), held(), interfaces(), OURS.readlink()
    yield
    after = settled(before[0]), held(), interfaces(), OURS.readlink()
    assert after == before, f"{after} instead of {before}"
