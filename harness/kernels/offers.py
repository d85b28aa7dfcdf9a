"""Kernel packages in the suites of the machine's package sources, queried at most once a day."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say, apt_sources, cache, cached_kernel
from harness.kernels.apt import Apt, AptFailed, Offer

PACKAGE = "user-mode-linux"
STOCK = "linux-image-amd64"
MEMORY = "offers.json"
MAX_AGE = 24 * 3600.0  # seconds
OWN = ""  # the machine's own sources instead of a suite
BACKPORTS = ("trixie-backports", "bookworm-backports")


def order(version: str) -> list[str]:
    """Return the suites to search for a kernel version, the most likely one first.

    If the machine's own suite has that series, its own sources come first: they include security
    updates.
    """
    if not apt_sources.are_debian():
        return [OWN]
    series = ".".join(version.split(".")[:2])
    own = [OWN] if apt_sources.SUITES.get(cached_kernel.codename()) == series else []
    known = list(reversed(apt_sources.SUITES))
    likely = [suite for suite in known if apt_sources.SUITES[suite] == series]
    return list(dict.fromkeys([*own, *likely, *BACKPORTS, *known, OWN]))


def search(
    spec: str, package: str, place: Path, say: Say, fits: Callable[[Offer], bool]
) -> tuple[Apt, Offer]:
    """Return apt of the first suite that offers a fitting version of a package, and its offer.

    `spec` is what the user asked for, such as uml@6.12; without a version only the machine's own
    sources are queried. Suites that are known to have another version are skipped. Raises
    KernelUnavailable with the versions that exist.
    """
    flavour, _, version = spec.partition("@")
    seen: dict[str, str] = {}
    failures: list[KernelUnavailable] = []
    for suite in order(version) if version else [OWN]:
        offer = remembered(suite, package)
        if offer is None or fits(offer):
            where = place / f"apt-{suite}"
            try:
                private, offer = query(suite, where, say, package)
            except KernelUnavailable as error:
                failures.append(error)
                continue
            if fits(offer):
                return private, offer
            shutil.rmtree(where)
        seen.setdefault(f"{flavour}@{offer.series}", suite or "its own sources")
    unreadable = [error for error in failures if isinstance(error, AptFailed)]
    if not seen and (unreadable or not version):
        raise (unreadable or failures)[0]
    there = ", ".join(f"{name} ({suite})" for name, suite in seen.items())
    raise KernelUnavailable(
        f"no suite of this machine's package sources has {package} {version}",
        hint=f"there are {there}" if there else "`harness kernels list` shows the versions",
    )


def all_suites(say: Say, *, fresh: bool = False) -> Iterator[Offer]:
    """Yield the offers of each suite; report suites that cannot be read."""
    for suite in apt_sources.SUITES if apt_sources.are_debian() else [OWN]:
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
        return query(suite, Path(place) / "apt", say)[1]


def query(suite: str, place: Path, say: Say, package: str = PACKAGE) -> tuple[Apt, Offer]:
    """Query a suite for a package; return its apt, in the new directory `place`, and the offer.

    Other kernel packages of the suite are remembered as well.
    """
    say(f"querying this machine's package sources for {f'{suite} ' if suite else ''}{package}")
    private = Apt(place, suite)
    found = private.find(package)
    for offer in (found, *map(private.offer, {PACKAGE, STOCK} - {package})):
        if offer is not None:
            _remember(offer)
    return private, found


def remembered(suite: str, package: str = PACKAGE) -> Offer | None:
    """Return the offer of a suite if it was queried within a day, else None."""
    try:
        known = cache.recall(MEMORY)[_key(suite, package)]
        old = not 0 <= time.time() - known["asked"] < MAX_AGE
        return None if old else Offer(**known["offer"])
    except (KeyError, TypeError):
        return None


def _remember(offer: Offer) -> None:
    asked = {"asked": time.time(), "offer": asdict(offer)}
    key = _key(offer.suite, offer.package)
    cache.note(MEMORY, cache.recall(MEMORY) | {key: asked})


def _key(suite: str, package: str) -> str:
    # Machines with different architectures may share a home directory.
    return f"{suite or f'own {cached_kernel.codename()}'} {os.uname().machine} {package}"
