"""Join directories of results, as of the shards of one session, into one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.results import conformance
from harness.results.conformance import Conformance, Result

NAMED = 10  # conflicts that are listed
SessionParts = Mapping[Path, Conformance]


def merge(places: Sequence[Path], into: Path) -> Conformance:
    """Join results into the directory `into`, the recordings of each in a subdirectory.

    Raises UsageError that lists conflicts, or for a directory that is not empty; nothing is then
    written.
    """
    parts = load(places)
    _check_empty(into, parts)
    folders = _folders(parts)
    found = joined({folders[place]: part for place, part in parts.items()})
    try:
        for place, folder in folders.items():
            shutil.copytree(place, into / folder, ignore=_left_out)
        conformance.save(found, into)
    except OSError as error:
        raise UsageError(
            f"results cannot be written to {into}: {error.strerror or error}",
            hint="give a directory that you can write: --into DIR",
        ) from error
    return found


def load(places: Sequence[Path]) -> SessionParts:
    """Read directories of results that fit together; raises UsageError that lists conflicts."""
    parts = {place.resolve(): conformance.load(place) for place in places}
    problems = list(conflicts(parts))
    if problems:
        more = [f"... and {len(problems) - NAMED} more"] if len(problems) > NAMED else []
        raise UsageError(
            "\n".join(["these results contradict each other:", *problems[:NAMED], *more]),
            hint="omit one of these directories",
        )
    return parts


def conflicts(parts: SessionParts) -> Iterator[str]:
    """Yield results that are in two directories, and shards that do not match."""
    yield from unlike(parts)
    yield from _shards(parts)


def unlike(parts: SessionParts) -> Iterator[str]:
    """Yield results that are in two directories, and labels that stand for several kernels."""
    seen: dict[tuple[str, str], Path] = {}
    releases: dict[str, tuple[str, Path]] = {}
    for place, part in parts.items():
        for label in part.labels():
            release = part.release(label)
            was, first = releases.setdefault(label, (release, place)) if release else ("", place)
            if was and was != release:
                yield f"  kernel {label} is {was} in {first}, {release} in {place}"
        for result in part.results:
            first = seen.setdefault((result.kernel, result.scenario), place)
            if first != place:
                yield f"  {result.scenario} on {result.kernel}: in {first} and in {place}"


def _shards(parts: SessionParts) -> Iterator[str]:
    """Yield the shards that split the work differently from the first one."""
    first: dict[tuple[tuple[str, ...], int], tuple[Mapping[str, object], Path]] = {}
    for place, part in parts.items():
        if part.shard is None:
            continue
        key = (tuple(part.labels()), int(part.shard["count"]))
        shard, other = first.setdefault(key, (part.shard, place))
        if shard["digest"] != part.shard["digest"]:
            yield (
                f"  shard {part.shard['index']}/{part.shard['count']} in {place} cut other work "
                f"or by other times than {other} did: some of it may be in neither"
            )


def missing(found: Conformance, parts: Sequence[Conformance]) -> Iterator[str]:
    """Yield what the merged results lack: shards, and scenarios without a result."""
    cuts: dict[str, tuple[int, set[int]]] = {}
    for part in parts:
        if part.shard is not None:
            key = str(part.shard["digest"])
            have = cuts.setdefault(key, (int(part.shard["count"]), set()))[1]
            have.add(int(part.shard["index"]))
    for count, have in cuts.values():
        gone = [f"{number}/{count}" for number in range(1, count + 1) if number not in have]
        if gone:
            yield f"missing shards: {', '.join(gone)}"
    short = found.planned - len(found.results)
    if short > 0:
        yield f"scenarios without a result, as their session was cut short: {short}"


def joined(parts: Mapping[str, Conformance]) -> Conformance:
    """Return one conformance of several, by the subdirectory of each one's recordings."""
    results = [_moved(result, folder) for folder, part in parts.items() for result in part.results]
    return Conformance(
        results=tuple(results),
        kernels=conformance.gathered(parts.values()),
        planned=sum(part.planned for part in parts.values()),
        sessions=tuple(session for part in parts.values() for session in part.sessions),
        claims={name: one for part in parts.values() for name, one in part.claims.items()},
    )


def _moved(result: Result, folder: str) -> Result:
    kept = (result.history, result.page, result.console)
    history, page, console = (path and f"{folder}/{path}" for path in kept)
    runs = tuple(
        {**run, "history": run["history"] and f"{folder}/{run['history']}"} for run in result.runs
    )
    return replace(result, history=history, page=page, console=console, runs=runs)


def _folders(parts: SessionParts) -> dict[Path, str]:
    """Return a name for each directory within the joined one, in order."""
    return {
        place: f"{number}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', '-'.join(part.labels()))[:60]}"
        for number, (place, part) in enumerate(parts.items(), start=1)
    }


def _check_empty(into: Path, parts: SessionParts) -> None:
    inside = any(into.resolve().is_relative_to(place) for place in parts)
    if inside or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        why = "is in a directory that is joined" if inside else "exists already"
        raise UsageError(f"{into} {why}", hint="give a new directory: --into DIR")


def _left_out(_: str, names: list[str]) -> set[str]:
    return {
        name for name in names if name in (conformance.NAME, "matrix.json", "index.html", "latest")
    }
