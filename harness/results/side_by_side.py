"""Results of several directories for one report, those of the same scenario and kernel too."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.judge import report
from harness.results import conformance, merge
from harness.results.conformance import Conformance, Result


def load(places: Sequence[Path]) -> Conformance:
    """Read directories of results as one whose recordings are below `/`; raises UsageError.

    Where two have the same scenario on the same kernel, or a kernel of one label has several
    releases, the label of each kernel is followed by its directory.
    """
    parts = {place.resolve(): with_commands(conformance.load(place)) for place in places}
    if any(merge.unlike(parts)):
        names = _names(list(parts))
        parts = {place: _labelled(part, names[place]) for place, part in parts.items()}
    return merge.joined({str(place.relative_to("/")): part for place, part in parts.items()})


def with_commands(part: Conformance) -> Conformance:
    """Return results with the command that runs each again: older ones do not have it.

    It has the lab of the session that they are of; that of several is kept if they agree.
    """
    labs = {tuple(_lab(session)) for session in part.sessions}
    lab = labs.pop() if len(labs) == 1 else ()
    results = (
        result
        if result.reproduce
        else replace(
            result, reproduce=report.command(result.scenario, ["--kernel", result.kernel, *lab])
        )
        for result in part.results
    )
    return replace(part, results=tuple(results))


def _lab(session: Mapping[str, Any]) -> list[str]:
    """Return the option of a session that chose its lab, [] without one."""
    try:
        given = shlex.split(str(session.get("command", "")))
    except ValueError:
        return []
    for at, word in enumerate(given):
        if word == "--lab":
            return given[at : at + 2]
        if word.startswith("--lab="):
            return [word]
    return []


def _names(places: Sequence[Path]) -> dict[Path, str]:
    """Return a short name for each directory: without what all have before it, if they differ."""
    common = os.path.commonpath([place.parent for place in places])
    return {place: str(place.relative_to(common)) for place in places}


def _labelled(part: Conformance, name: str) -> Conformance:
    return replace(
        part,
        results=tuple(_renamed(result, name) for result in part.results),
        kernels={f"{label} in {name}": facts for label, facts in part.kernels.items()},
    )


def _renamed(one: Result, name: str) -> Result:
    return replace(one, kernel=f"{one.kernel} in {name}")
