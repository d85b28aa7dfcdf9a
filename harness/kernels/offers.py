"""Which kernels the machine's package sources offer, asked at most once a day."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import KernelUnavailable
from harness.kernels import Say, cache, entries, sources
from harness.kernels.apt import Apt, Offer

PACKAGE = "user-mode-linux"
LASTS = 24 * 3600.0  # seconds
OWN = ""  # the suite that stands for the machine's own sources as they are


def order(version: str) -> list[str]:
    """Return the suites to ask for a version: first the likely one, last the machine's own."""
    if not sources.are_debian():
        return [OWN]
    series = ".".join(version.split(".")[:2])
    likely = [suite for suite, has in sources.SUITES.items() if has == series]
    return list(dict.fromkeys([*likely, *sources.SUITES, OWN]))


def every(say: Say, *, fresh: bool = False) -> Iterator[Offer]:
    """Yield what each suite offers, telling of those that cannot be read."""
    for suite in [suite for suite in order("") if suite] or [OWN]:
        try:
            yield of_suite(suite, say, fresh=fresh)
        except KernelUnavailable as error:
            say(error.message)


def of_suite(suite: str, say: Say, *, fresh: bool = False) -> Offer:
    """Return the kernel of a suite, remembered for a day; raises KernelUnavailable."""
    remembered = None if fresh else _remembered(suite)
    if remembered is not None:
        return remembered
    say(asking(suite))
    with tempfile.TemporaryDirectory(prefix="network-failover-harness-") as place:
        found = Apt(Path(place) / "apt", suite).find(PACKAGE)
    remember(found)
    return found


def asking(suite: str) -> str:
    """Return what to say before the sources are asked."""
    return f"asking this machine's package sources for {f'{suite} ' if suite else ''}{PACKAGE}"


def _remembered(suite: str) -> Offer | None:
    try:
        known = _read()[_key(suite)]
        old = not 0 <= time.time() - known["asked"] < LASTS
        return None if old else Offer(**known["offer"])
    except (KeyError, TypeError):
        return None


def remember(offer: Offer) -> None:
    """Note what a suite offers; a cache that cannot be written costs time only."""
    known = _read() | {_key(offer.suite): {"asked": time.time(), "offer": asdict(offer)}}
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        part = _file().with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(known), encoding="utf-8")
        part.replace(_file())
    except OSError:
        return


def _file() -> Path:
    return cache.directory().with_name("offers.json")


def _key(suite: str) -> str:
    # One home may be shared by machines of several kinds.
    return f"{suite or f'own {entries.codename()}'} {os.uname().machine}"


def _read() -> dict[str, Any]:
    try:
        known = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
