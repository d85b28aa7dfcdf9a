"""Work lists: the scenarios of a run divided among its guests, and the order of their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

USUAL = 1.0  # seconds of a scenario, if no duration is known
LEAST = 0.001  # seconds, the minimum for a scenario: virtual time may measure 0
SMALLEST = 0.15  # of a core's time: less is not worth another guest's boot


def split(ids: Sequence[str], guests: int, seconds: Mapping[str, float]) -> list[list[str]]:
    """Return a work list for each guest, so that all end at about the same time.

    `seconds` are durations in earlier runs; a scenario without one counts as their median. Each
    list keeps the order of `ids`; without any duration they are dealt in turn. No list is empty.
    """
    return in_proportion(ids, [1.0] * min(guests, len(ids)), costs(ids, seconds))


def costs(ids: Iterable[str], seconds: Mapping[str, float]) -> dict[str, float]:
    """Return the assumed duration of each scenario, in seconds, above 0."""
    names = list(ids)
    known = [seconds[name] for name in names if name in seconds]
    usual = median(known) if known else USUAL
    return {name: max(LEAST, seconds.get(name, usual)) for name in names}


def split_by_kernel(
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
        names
        for ids, parts in zip(work.values(), _parts(work, took, cores), strict=True)
        for names in in_proportion(ids, parts, took)
    ]
    return sorted(found, key=lambda names: -sum(took[name] for name in names))


def in_proportion(
    ids: Sequence[str], parts: Sequence[float], seconds: Mapping[str, float]
) -> list[list[str]]:
    """Return work lists whose times are in the ratio of `parts`; each keeps the order of `ids`."""
    lists: list[list[str]] = [[] for _ in parts]
    load = [0.0] * len(parts)
    for name in sorted(ids, key=lambda name: -seconds[name]):
        full = [
            (had + seconds[name]) / max(part, 1e-9) for had, part in zip(load, parts, strict=True)
        ]
        least = full.index(min(full))
        lists[least].append(name)
        load[least] += seconds[name]
    place = {name: number for number, name in enumerate(ids)}
    return [sorted(names, key=place.__getitem__) for names in lists if names]


def _parts(
    work: Mapping[str, Sequence[str]], seconds: Mapping[str, float], cores: int
) -> list[list[float]]:
    """Return the times into which each kernel's work is cut."""
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


class Turns:
    """Orders results file by file, as pytest shows them, whichever guest they come from."""

    def __init__(self, files: Mapping[str, str], *, strict: bool = True) -> None:
        """Take the file of each scenario, in the order of the session.

        Where the order is not `strict`, the file that begins first is shown first, and any other
        as soon as it is whole: several kernels' files do not wait for each other.
        """
        self._files = files
        self._strict = strict
        self._shown: str | None = None
        self._left = dict.fromkeys(dict.fromkeys(files.values()), 0)
        for file in files.values():
            self._left[file] += 1
        self._held: list[str] = []

    def arrive(self, name: str, *, urgent: bool = False) -> list[str]:
        """Note a scenario's result; return the scenarios whose turn has come.

        An urgent one releases all that were held back.
        """
        self._held.append(name)
        if urgent:
            return self._release(list(self._held))
        out: list[str] = [] if self._strict else self._whole(self._files[name])
        while due := [held for held in self._held if self._files[held] == self._current()]:
            out += self._release(due)
        return out

    def _whole(self, file: str) -> list[str]:
        held = [name for name in self._held if self._files[name] == file]
        return self._release(held) if len(held) == self._left[file] else []

    def _current(self) -> str | None:
        if not self._strict:
            if self._held and (self._shown is None or not self._left[self._shown]):
                self._shown = self._files[self._held[0]]
            return self._shown
        return next((file for file, left in self._left.items() if left), None)

    def _release(self, names: list[str]) -> list[str]:
        for name in names:
            self._held.remove(name)
            self._left[self._files[name]] -= 1
        return names
