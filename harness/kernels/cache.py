"""Kernels in the user's cache, each with a manifest of sizes and checksums."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import KernelUnavailable
from harness.kernels import Say

MANIFEST = "manifest.json"
PARTIAL = "partial-"


class CacheUnusable(KernelUnavailable):
    """The cache cannot be written, or is full: nothing can be fetched into it."""


def directory() -> Path:
    """Return the directory of cached kernels, in XDG_CACHE_HOME or else ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(home) if home.startswith("/") else Path("~/.cache").expanduser()
    return base / "network-failover-harness" / "kernels"


def duts() -> Path:
    """Return the directory of what a DUT in QEMU is made of."""
    return directory().with_name("duts")


def places() -> list[Path]:
    """Return the directories of the cached kernels, also of damaged ones, the newest first."""
    try:
        kept = [place for place in directory().iterdir() if place.is_dir() and _named(place)]
    except OSError:  # it does not exist or cannot be read: writing to it will report why
        return []
    return sorted(kept, key=lambda place: place.stat().st_mtime, reverse=True)


def _named(place: Path) -> bool:
    return not place.name.startswith(PARTIAL)


def damage(place: Path) -> str:
    """Return the first difference between a cached kernel and its manifest, "" for none."""
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        for name, (size, sum_) in manifest.items():
            data = (place / name).read_bytes()
            if len(data) != size:
                return f"{name} has {len(data)} bytes instead of {size}"
            if zlib.crc32(data) != sum_:
                return f"{name} has changed"
    except OSError as error:
        return f"{error.strerror}: {error.filename}"
    except (ValueError, TypeError, AttributeError):
        return f"{MANIFEST} cannot be read"
    return "" if manifest else f"{MANIFEST} is empty"


def seal(place: Path) -> None:
    """Write the manifest of all files in `place`."""
    manifest = {}
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            manifest[str(path.relative_to(place))] = (len(data), zlib.crc32(data))
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@contextlib.contextmanager
def locked(say: Say) -> Iterator[None]:
    """Hold the lock of the cache; wait for a run that holds it.

    Raises KernelUnavailable if the cache cannot be written.
    """
    with exclusive(directory(), "another run's fetch of a kernel", say):
        yield


@contextlib.contextmanager
def exclusive(place: Path, other: str, say: Say) -> Iterator[int]:
    """Hold the lock of a directory, which is created if necessary; yield its file descriptor.

    `other` describes another holder in messages. Raises KernelUnavailable if it is not writable.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {other}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


@contextlib.contextmanager
def building() -> Iterator[Path]:
    """Yield a temporary directory in which to build a cache entry; remove it afterwards."""
    for stale in directory().glob(f"{PARTIAL}*"):  # left by killed runs: this one holds the lock
        shutil.rmtree(stale, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=directory()))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def replacing(place: Path, needed: int) -> Iterator[Path]:
    """Yield an empty directory beside `place`, which it replaces, with a manifest, at the end.

    `needed` are bytes. After an error `place` is as before. The caller holds a lock. Raises
    CacheUnusable.
    """
    part = place.with_name(f"{PARTIAL}{place.name}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        check_space(part, needed)
        yield part
        seal(part)
        shutil.rmtree(place, ignore_errors=True)
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def keep(built: Path, name: str) -> Path:
    """Write the manifest of a built entry and rename it to `name` in the cache, atomically."""
    seal(built)
    final = directory() / name
    if final.exists():
        final.rename(directory() / f"{PARTIAL}damaged-{os.getpid()}")
    built.chmod(0o755)
    built.rename(final)
    for stale in directory().glob(f"{PARTIAL}damaged-*"):
        shutil.rmtree(stale, ignore_errors=True)
    return final


def unwritable(error: OSError) -> CacheUnusable:
    """Return the error for a cache that cannot be written."""
    return CacheUnusable(
        f"the cache for kernels cannot be written: {error.strerror}: {error.filename}",
        hint="set XDG_CACHE_HOME to a writable directory with 250 MB free",
    )


def check_space(place: Path, needed: int) -> None:
    """Raise CacheUnusable if there is no space for `needed` bytes, plus 16 MB."""
    if shutil.disk_usage(place).free < needed + (16 << 20):
        raise no_space(place, needed)


def no_space(place: Path, needed: int = 0) -> CacheUnusable:
    """Return the error for a disk that is full, or too small for `needed` bytes."""
    free = shutil.disk_usage(place).free
    wanted = f", {needed / 1e6:.0f} MB are needed" if needed else ""
    return CacheUnusable(
        f"no space for a kernel in {directory()}: {free / 1e6:.0f} MB are free{wanted}",
        hint="free some space, or set XDG_CACHE_HOME to a directory on a larger disk",
    )


def recall(name: str) -> dict[str, Any]:
    """Return the JSON object in a file next to the kernels, {} if it cannot be read."""
    try:
        known = json.loads(directory().with_name(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def note(name: str, known: dict[str, Any]) -> None:
    """Write a JSON object to a file next to the kernels; errors are ignored."""
    file = directory().with_name(name)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(file)
