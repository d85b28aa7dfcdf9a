"""The subject of a recording: bonds, path and probes."""

from __future__ import annotations

from dataclasses import dataclass

from harness.topology import BondPlan


@dataclass(frozen=True, slots=True)
class Subject:
    """What is recorded: bonds, those of them that have an active slave, and the probes.

    `interval` is the probe interval of each direction in ns; `directions` are out and in, along
    the `path` from its first machine to its second. `address` is an added one of the first. With
    `lacp` one of the bonds is in mode 802.3ad.
    """

    bonds: tuple[BondPlan, ...]
    have_active: frozenset[str]
    interval: int
    path: tuple[str, str]
    directions: tuple[str, ...] = ("out", "in")
    address: str = ""
    lacp: bool = False
