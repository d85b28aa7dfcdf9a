"""What `harness compare` is to hold against each other: directories, or kernels of one of them."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.results import conformance
from harness.results.changes import Comparison, compare
from harness.results.conformance import Conformance


def comparisons(old: str, new: str, results: Path) -> list[Comparison]:
    """Return what changed from `old` to `new`; raises UsageError.

    Two directories are compared kernel by kernel, by label or else by release, or where each has
    one kernel, that; else both are names of kernels (labels or releases) in `results`.
    """
    if _is_place(old) and _is_place(new):
        return _places(Path(old), Path(new))
    for name in (old, new):
        if _is_place(name) or ("/" in name and Path(name).exists()):
            raise UsageError(
                f"one of {old} and {new} is a directory of results, the other is none",
                hint="give two directories, or the names of two kernels in one (--results DIR)",
            )
    found = conformance.load(results)
    labels = [_kernel(found, name, results) for name in (old, new)]
    return [_compared(found, labels[0], found, labels[1], ("", ""))]


def warnings(old: str, new: str, results: Path) -> list[str]:
    """Return which of the directories in question are of sessions that were cut short."""
    places = [Path(name) for name in (old, new) if _is_place(name)] or [results]
    found = [(place, conformance.load(place).short()) for place in dict.fromkeys(places)]
    return [f"{place} {why}" for place, why in found if why]


def _is_place(name: str) -> bool:
    return (Path(name) / conformance.NAME).is_file() or Path(name).name == conformance.NAME


def _places(old: Path, new: Path) -> list[Comparison]:
    before, after = conformance.load(old), conformance.load(new)
    alone = len(before.labels()) == len(after.labels()) == 1
    pairs = [(label, label) for label in before.labels() if label in after.labels()]
    pairs = pairs or [
        (was, now)
        for was in before.labels()
        for now in after.labels()
        if before.release(was) and before.release(was) == after.release(now)
    ]
    if alone:
        pairs = [(before.labels()[0], after.labels()[0])]
    if not pairs:
        had, has = ", ".join(before.labels()) or "none", ", ".join(after.labels()) or "none"
        raise UsageError(
            f"{old} and {new} have no kernel in common: {had}; {has}",
            hint="join them with `harness merge`, then compare two kernels by name",
        )
    places = (str(old), str(new))
    return [_compared(before, was, after, now, places) for was, now in pairs]


def _compared(
    before: Conformance, was: str, after: Conformance, now: str, places: tuple[str, str]
) -> Comparison:
    names = (
        f"{places[0]} {before.title(was)}".strip(),
        f"{places[1]} {after.title(now)}".strip(),
    )
    found = compare(before.of(was), after.of(now), names)
    if not found.common:
        raise UsageError(
            f"{names[0]} and {names[1]} have no scenario in common",
            hint="run the same scenarios on both",
        )
    return found


def _kernel(found: Conformance, name: str, place: Path) -> str:
    """Return the label of the kernel that a name means: a label, or a release or its beginning."""
    labels = found.labels()
    if name in labels:
        return name
    meant = [one for one in labels if f"{found.release(one)}.".startswith(f"{name}.")]
    meant = meant or [one for one in labels if one.endswith(f"@{name}")]
    if len(meant) == 1:
        return meant[0]
    have = ", ".join(map(found.title, labels)) or "none"
    why = "is in doubt" if meant else "is neither a directory of results nor a kernel"
    raise UsageError(f'"{name}" {why} in {place}', hint=f"it has: {have}")
