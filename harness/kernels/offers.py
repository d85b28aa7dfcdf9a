"""Which kernels the machine's package sources offer, asked at most once a day."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say, apt_sources, cache, cached_kernel
from harness.kernels.apt import Apt, Offer

PACKAGE = "user-mode-linux"
STOCK = "linux-image-amd64"
MEMORY = "offers.json"
LASTS = 24 * 3600.0  # seconds
OWN = ""  # the suite that stands for the machine's own sources as they are


def order(version: str) -> list[str]:
    """Return the suites to ask for a version: first the likely one, last the machine's own."""
    if not apt_sources.are_debian():
        return [OWN]
    series = ".".join(version.split(".")[:2])
    likely = [suite for suite, has in apt_sources.SUITES.items() if has == series]
    return list(dict.fromkeys([*likely, *apt_sources.SUITES, OWN]))


def every(say: Say, *, fresh: bool = False) -> Iterator[Offer]:
    """Yield what each suite offers, telling of those that cannot be read."""
    for suite in [suite for suite in order("") if suite] or [OWN]:
        try:
            yield of_suite(suite, say, fresh=fresh)
        except KernelUnavailable as error:
            say(error.message)
            continue
        stock = remembered(suite, STOCK)
        if stock is not None:
            yield stock


def of_suite(suite: str, say: Say, *, fresh: bool = False) -> Offer:
    """Return the User-Mode Linux of a suite, remembered for a day; raises KernelUnavailable."""
    known = None if fresh else remembered(suite)
    if known is not None:
        return known
    with tempfile.TemporaryDirectory(prefix="network-failover-harness-") as place:
        return ask(suite, Path(place) / "apt", say)[1]


def ask(suite: str, place: Path, say: Say) -> tuple[Apt, Offer]:
    """Ask a suite in a new directory `place`; return apt for it as well.

    What else it offers, the kernel of the distribution itself, is remembered on the way.
    """
    say(f"asking this machine's package sources for {f'{suite} ' if suite else ''}{PACKAGE}")
    private = Apt(place, suite)
    found = private.find(PACKAGE)
    _remember(found)
    stock = private.offer(STOCK)
    if stock is not None:
        _remember(stock)
    return private, found


def remembered(suite: str, package: str = PACKAGE) -> Offer | None:
    """Return what a suite offered within the last day, None where it was not asked."""
    try:
        known = cache.recall(MEMORY)[_key(suite, package)]
        old = not 0 <= time.time() - known["asked"] < LASTS
        return None if old else Offer(**known["offer"])
    except (KeyError, TypeError):
        return None


def _remember(offer: Offer) -> None:
    asked = {"asked": time.time(), "offer": asdict(offer)}
    key = _key(offer.suite, offer.package)
    cache.note(MEMORY, cache.recall(MEMORY) | {key: asked})


def _key(suite: str, package: str) -> str:
    # One home may be shared by machines of several kinds.
    return f"{suite or f'own {cached_kernel.codename()}'} {os.uname().machine} {package}"
