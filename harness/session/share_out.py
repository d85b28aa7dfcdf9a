"""Each guest has one kernel's work: several kernels' work shared out over a machine's cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.session.work_lists import costs, split

SMALLEST = 0.15  # of a core's time: less is not worth another guest's boot


def shares(
    work: Mapping[str, Sequence[str]], cores: int, seconds: Mapping[str, float]
) -> list[list[str]]:
    """Return work lists, each of one kernel, the longest first: `cores` run at a time.

    The work of all kernels is laid end to end and cut where a core's time is full, so that no
    kernel needs more guests than it must (McNaughton's rule); with one kernel, as `split` does.
    """
    if len(work) == 1:
        return split(next(iter(work.values())), cores, seconds)
    took = costs((name for ids in work.values() for name in ids), seconds)
    found = [
        pile
        for ids, parts in zip(work.values(), _parts(work, took, cores), strict=True)
        for pile in dealt(ids, parts, took)
    ]
    return sorted(found, key=lambda pile: -sum(took[name] for name in pile))


def dealt(
    ids: Sequence[str], parts: Sequence[float], seconds: Mapping[str, float]
) -> list[list[str]]:
    """Return ids in piles whose times are as the parts are; each pile keeps the order."""
    piles: list[list[str]] = [[] for _ in parts]
    load = [0.0] * len(parts)
    for name in sorted(ids, key=lambda name: -seconds[name]):
        full = [
            (had + seconds[name]) / max(part, 1e-9) for had, part in zip(load, parts, strict=True)
        ]
        least = full.index(min(full))
        piles[least].append(name)
        load[least] += seconds[name]
    place = {name: number for number, name in enumerate(ids)}
    return [sorted(pile, key=place.__getitem__) for pile in piles if pile]


def _parts(
    work: Mapping[str, Sequence[str]], seconds: Mapping[str, float], cores: int
) -> list[list[float]]:
    """Return for each kernel into which times its work is cut."""
    loads = [sum(seconds[name] for name in ids) for ids in work.values()]
    full = sum(loads) / cores
    room, found = full, []
    for load in loads:
        left, parts = load, []
        while left > room + SMALLEST * full:
            parts += [room] if room > SMALLEST * full else []
            left -= parts[-1] if parts and room > SMALLEST * full else 0
            room = full
        parts.append(left)
        room = max(0.0, room - left)
        found.append(parts)
    return found
