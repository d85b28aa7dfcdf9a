"""conformance.json: the result of each scenario on each kernel, in a directory of results.

    {"format": 1, "planned": 12, "shard": null or {...},
     "kernels": {LABEL: {"kernel": "6.1.176", "lab": ..., "hz": ..., "clock": ..., ...}},
     "sessions": [{"command": ..., "date": ..., "commit": ..., "dirty": ..., "host": ...,
                   "harness": ..., ...}],
     "results": [{"scenario": id without the kernel, "kernel": LABEL, "lab": ..., "claims": [...],
                  "verdict": ..., "reason": ..., "seconds": ..., "attempts": ...,
                  "figures": {NAME: {"ms": ..., "tolerance_ms": ..., "leeway_ms": ...,
                                     "bounds": [...]}},
                  "options": [...], "settings": {BOND: {OPTION: VALUE}},
                  "history": path in the directory, or null}]}

`planned` is the number of results of a complete session. `sessions` describe when, where and how
the results were made: one session, or several that were merged; `dirty` tells whether files differ
from the `commit`; both are null outside of git. `options` are those that the kernel reported;
`settings` are those that differ from their defaults. `leeway_ms` is how much a figure may vary
between runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.judge import counts
from harness.plural import counted

FORMAT = 1
NAME = "conformance.json"
EVIDENCE = "evidence"  # the attribute of a report with the output of harness.results.evidence


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one scenario on one kernel; times in `figures` are in ms."""

    scenario: str
    kernel: str
    verdict: str
    lab: str = ""
    claims: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    attempts: int = 1
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    history: str | None = None


@dataclass(frozen=True, slots=True)
class Conformance:
    """All results of a session, and its kernels."""

    results: tuple[Result, ...]
    kernels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    planned: int = 0
    shard: Mapping[str, Any] | None = None
    sessions: tuple[Mapping[str, Any], ...] = ()

    def of(self, kernel: str) -> dict[str, Result]:
        """Return the results of one kernel by scenario."""
        return {one.scenario: one for one in self.results if one.kernel == kernel}

    def labels(self) -> list[str]:
        """Return the kernels in order."""
        return list(dict.fromkeys([*self.kernels, *(one.kernel for one in self.results)]))

    def release(self, label: str) -> str:
        """Return the release of a kernel, "" if it never booted."""
        return str(self.kernels.get(label, {}).get("kernel", ""))

    def short(self) -> str:
        """Return a text if the session was cut short, "" if it is complete."""
        if len(self.results) >= self.planned:
            return ""
        planned = counted(self.planned, "scenario")
        return f"was cut short: {len(self.results)} of {planned} have a result"

    def title(self, label: str) -> str:
        """Return a kernel's label, with its release unless the label contains it."""
        release = self.release(label)
        return f"{label} ({release})" if release and release not in label else label


def save(found: Conformance, directory: Path) -> None:
    """Write conformance.json into a directory, atomically."""
    data = {"format": FORMAT, **asdict(found)}
    data["results"] = data.pop("results")  # the long part comes last
    path = directory / NAME
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def load(directory: Path) -> Conformance:
    """Read a directory's conformance.json; raises UsageError."""
    path = directory / NAME if directory.is_dir() else directory
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
            hint="give a directory that `pytest scenarios/` made, such as results/latest",
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{path} is not JSON: {error}", hint="it may be truncated: run the scenarios again"
        ) from error
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is not a conformance.json of format {FORMAT}: {error!r}",
            hint="give a directory that this version of the harness wrote",
        ) from error


def _read(data: Mapping[str, Any]) -> Conformance:
    if data["format"] != FORMAT:
        raise ValueError(data["format"])
    results = tuple(_result(row) for row in data["results"])
    return Conformance(
        results,
        dict(data["kernels"]),
        int(data["planned"]),
        data.get("shard"),
        tuple(dict(one) for one in data.get("sessions", ())),
    )


def _result(row: Mapping[str, Any]) -> Result:
    lists = {name: tuple(row.get(name, ())) for name in ("claims", "options")}
    found = Result(**{**row, **lists})
    if found.verdict not in counts.WORDS:
        raise ValueError(found.verdict)
    for figure in found.figures.values():
        _ = figure["ms"], figure["tolerance_ms"]
    return found


def gathered(kernels: Iterable[Conformance]) -> dict[str, Mapping[str, Any]]:
    """Return the kernels of several sessions; of equal labels, the first one."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in kernels:
        for label in one.labels():
            if not found.get(label):
                found[label] = one.kernels.get(label, {})
    return found
