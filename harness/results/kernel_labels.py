"""Labels of a session's kernels: in tables, in results, and in the ids of scenarios."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path


def labels(choices: Sequence[str]) -> dict[str, str]:
    """Return the label of each `--kernel`: the spec itself, or the file name of a path.

    Equal file names are prefixed by the innermost directory that distinguishes them.
    """
    paths = [Path(choice) for choice in choices if "/" in choice]
    found = {}
    for choice in choices:
        path = Path(choice)
        alike = [other for other in paths if other.name == path.name]
        found[choice] = _apart(path, alike) if "/" in choice else choice
    return _unique(found, lambda label, number: f"{label}#{number}")


def slugs(names: Sequence[str]) -> dict[str, str]:
    """Return the short form of each label for ids: letters that `-k` accepts."""
    plain = {name: re.sub(r"[^\w.+]+", "-", name).strip("-") or "kernel" for name in names}
    return _unique(plain, lambda slug, number: f"{slug}-{number}")


def without(nodeid: str, slug: str) -> str:
    """Return a scenario's id without the kernel."""
    if slug and nodeid.endswith(f"-{slug}]"):
        return nodeid.removesuffix(f"-{slug}]") + "]"
    return nodeid.removesuffix(f"[{slug}]")


def function(scenario: str) -> str:
    """Return the function of a scenario: its id without parameters."""
    return scenario.partition("[")[0]


def _apart(path: Path, alike: Sequence[Path]) -> str:
    for level in range(1, len(path.parts) - 1):
        marks = {_part(other, level) for other in alike}
        if len(alike) > 1 and len(marks) == len(alike):
            return f"{_part(path, level)}/{path.name}"
    return path.name


def _part(path: Path, level: int) -> str:
    return path.parts[-1 - level] if level < len(path.parts) else ""


def _unique(found: dict[str, str], again: Callable[[str, int], str]) -> dict[str, str]:
    taken: set[str] = set()
    for key, name in found.items():
        fresh, number = name, 1
        while fresh in taken:
            number += 1
            fresh = again(name, number)
        taken.add(fresh)
        found[key] = fresh
    return found
