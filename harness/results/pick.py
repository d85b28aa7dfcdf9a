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
    places = [name for name in (old, new) if _is_place(name, results)]
    if len(places) == 2:
        return _places(Path(old), Path(new))
    for name in places:
        conformance.load(Path(name))  # what is no results at all is named first
        other = new if name == old else old
        raise UsageError(
            f"{name} is a directory of results, {other} is none",
            hint="give two directories, or the names of two kernels in one (--results DIR)",
        )
    found = conformance.load(results)
    labels = [_kernel(found, name, results) for name in (old, new)]
    return [_compared(found, labels[0], found, labels[1], ("", ""))]


def warnings(old: str, new: str, results: Path) -> list[str]:
    """Return what a comparison leaves out: sessions cut short, kernels that one side lacks."""
    places = [Path(name) for name in (old, new) if _is_place(name, results)]
    found = {place: conformance.load(place) for place in dict.fromkeys(places or [results])}
    lines = [f"{place} {why}" for place, one in found.items() if (why := one.short())]
    if len(found) == 2:
        before, after = found.values()
        sides = zip(*_pairs(before, after), strict=True)
        for (place, one), side in zip(found.items(), sides, strict=True):
            left = ", ".join(one.title(label) for label in one.labels() if label not in side)
            lines += [f"only {place} has results of {left}: not compared"] if left else []
    return lines


def _is_place(name: str, results: Path) -> bool:
    """Return whether a name is meant as a path: it is one, or looks like one, and no kernel is."""
    path = Path(name)
    if (path / conformance.NAME).is_file():
        return True
    if "/" not in name and path.name == name and not path.exists():
        return False
    try:
        return name not in conformance.load(results).labels()
    except UsageError:
        return True


def _places(old: Path, new: Path) -> list[Comparison]:
    before, after = conformance.load(old), conformance.load(new)
    pairs = _pairs(before, after)
    if not pairs:
        had, has = ", ".join(before.labels()) or "none", ", ".join(after.labels()) or "none"
        raise UsageError(
            f"{old} and {new} have no kernel in common: {had}; {has}",
            hint="join them with `harness merge`, then compare two kernels by name",
        )
    places = (str(old), str(new))
    return [_compared(before, was, after, now, places) for was, now in pairs]


def _pairs(before: Conformance, after: Conformance) -> list[tuple[str, str]]:
    """Return which kernel of one is held against which of the other."""
    if len(before.labels()) == len(after.labels()) == 1:
        return [(before.labels()[0], after.labels()[0])]
    same = [(label, label) for label in before.labels() if label in after.labels()]
    return same or [
        (was, now)
        for was in before.labels()
        for now in after.labels()
        if before.release(was) and before.release(was) == after.release(now)
    ]


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
    meant = [label for label in labels if f"{found.release(label)}.".startswith(f"{name}.")]
    meant = meant or [label for label in labels if label.endswith(f"@{name}")]
    if len(meant) == 1:
        return meant[0]
    have = ", ".join(map(found.title, labels)) or "none"
    why = "is in doubt" if meant else "is neither a directory of results nor a kernel"
    raise UsageError(f'"{name}" {why} in {place}', hint=f"it has: {have}")
