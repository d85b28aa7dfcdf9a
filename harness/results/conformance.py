"""conformance.json: the result of each scenario on each kernel, in a directory of results.

data/conformance.schema.json describes what is written; older files may lack `wall_seconds`, and
call `guest_seconds` just `seconds`. Keys that are not known are ignored: later versions add some.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

from harness.errors import UsageError
from harness.judge import counts
from harness.plural import counted
from harness.whole_file import replacing

FORMAT = 1
NAME = "conformance.json"
SCHEMA = Path(__file__).parents[1] / "data" / "conformance.schema.json"
RUNNING = ".run"  # the file in its directory that a run keeps locked while it goes on
GIVE = "give the directory of one run, as `harness results list` shows them"
FIELD_TYPES = {
    ("scenario", "kernel", "lab", "reason", "docstring", "reproduce"): (str,),
    ("history", "page", "console"): (str, NoneType),
    ("guest_seconds",): (int, float),
    ("wall_seconds",): (int, float, NoneType),
    ("attempts",): (int,),
    ("figures", "settings", "statistics"): (dict,),
}
EVIDENCE = "evidence"  # the attribute of a report with the output of harness.results.evidence


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one scenario on one kernel; times in `figures` are in ms.

    `reads` is what the scenario read of its recording (`harness.judge.reads`), None in results of
    a version that did not store it. `history` (its recording), `page` (what was shown of its
    failure) and `console` (of the guest that it ran in) are paths within the directory of results.
    With `--repeat` the fields are those of the run that says most, `runs` has all of them, and
    `statistics` is what `harness.results.repetition` makes of them.
    """

    scenario: str
    kernel: str
    verdict: str
    lab: str = ""
    claims: tuple[str, ...] = ()
    reason: str = ""
    guest_seconds: float = 0.0
    wall_seconds: float | None = None
    attempts: int = 1
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reads: tuple[Mapping[str, Any], ...] | None = None
    history: str | None = None
    page: str | None = None
    console: str | None = None
    runs: tuple[Mapping[str, Any], ...] = ()
    statistics: Mapping[str, Any] = field(default_factory=dict)
    docstring: str = ""
    reproduce: str = ""


@dataclass(frozen=True, slots=True)
class Conformance:
    """All results of a session, and its kernels."""

    results: tuple[Result, ...]
    kernels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    planned: int = 0
    shard: Mapping[str, Any] | None = None
    sessions: tuple[Mapping[str, Any], ...] = ()
    claims: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, kernel: str) -> dict[str, Result]:
        """Return the results of one kernel by scenario."""
        return {result.scenario: result for result in self.results if result.kernel == kernel}

    def labels(self) -> list[str]:
        """Return the kernels in order."""
        return list(dict.fromkeys([*self.kernels, *(result.kernel for result in self.results)]))

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
    """Write conformance.json into a directory, atomically; raises LabError, as on a full disk."""
    data = {"format": FORMAT, **asdict(found)}
    data["results"] = data.pop("results")  # the long part comes last
    write(directory / NAME, data)


def write(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file of results as JSON, atomically; raises LabError."""
    hint = "free space, or keep results elsewhere: --results DIR"
    with replacing(path, path.with_suffix(".part"), hint=hint) as file:
        file.write(json.dumps(data, indent=1) + "\n")


def load(directory: Path) -> Conformance:
    """Read a directory's conformance.json; raises UsageError with what is there instead."""
    path = directory / NAME if directory.is_dir() else directory
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _nothing_there(directory) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=GIVE) from error
    except ValueError as error:  # no UTF-8, or no JSON
        raise UsageError(
            f"{path} is not JSON: {error}",
            hint="if it was copied, copy it again; else give another run (harness results list)",
        ) from error
    try:
        _demand_format(path, data)
        return _read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is not a conformance.json of format {FORMAT}: {error!r}", hint=GIVE
        ) from error


def _nothing_there(path: Path) -> UsageError:
    """Return what a directory is that has no results of its own."""
    if not path.is_dir():
        return UsageError(f"there is no {path}", hint=GIVE)
    runs = sorted(one.parent.name for one in path.glob(f"*/{NAME}") if not one.parent.is_symlink())
    if runs:
        return UsageError(
            f"{path} holds {counted(len(runs), 'directory')} of results, it is not one itself",
            hint=f"give one of them, such as {path / runs[-1]}",
        )
    if (path / RUNNING).exists():
        return UsageError(f"the run of {path} has no result yet, or ended before one", hint=GIVE)
    return UsageError(f"{path} holds no results: it has no {NAME}", hint=GIVE)


def _demand_format(path: Path, data: Mapping[str, Any]) -> None:
    """Raise UsageError for a file of another version, with the version that wrote it."""
    version = data["format"]
    if version == FORMAT:
        return
    wrote = {str(one["harness"]) for one in data.get("sessions", ()) if "harness" in one}
    by = f", written by harness {', '.join(sorted(wrote))}" if wrote else ""
    raise UsageError(
        f"{path} has format {version!r}{by}; this harness reads format {FORMAT}",
        hint="use the version of the harness that wrote it, or a later one",
    )


def _read(data: Mapping[str, Any]) -> Conformance:
    results = tuple(_result(row) for row in data["results"])
    for label, kernel in data["kernels"].items():
        _demand(f"kernel {label}", kernel, (dict,))
    return Conformance(
        results,
        dict(data["kernels"]),
        int(data["planned"]),
        data.get("shard"),
        tuple(dict(one) for one in data.get("sessions", ())),
        dict(data.get("claims", {})),
    )


def _result(row: Mapping[str, Any]) -> Result:
    lists = {name: tuple(row.get(name, ())) for name in ("claims", "options", "runs")}
    row = dict(row)
    if row.get("reads") is not None:
        lists["reads"] = tuple(row["reads"])
    if "seconds" in row:  # as it was called before the two clocks were told apart
        row["guest_seconds"] = row.pop("seconds")
    known = {field.name for field in fields(Result)}
    found = Result(**{name: value for name, value in {**row, **lists}.items() if name in known})
    if found.verdict not in counts.WORDS:
        raise ValueError(found.verdict)
    _demand_types(found)
    return found


def _demand_types(found: Result) -> None:
    """Raise ValueError where a value of a result is not of a type that can be computed with."""
    for names, types in FIELD_TYPES.items():
        for name in names:
            _demand(name, getattr(found, name), types)
    for name, figure in found.figures.items():
        _demand(f"{name}: ms", figure["ms"], (int, float, NoneType))
        _demand(f"{name}: tolerance_ms", figure["tolerance_ms"], (int, float))
        for bound in figure.get("bounds", ()):
            _demand(f"{name}: op", bound["op"], (str,))
            _demand(f"{name}: limit", bound["ms"], (int, float))
    for values in (*found.settings.values(), *found.runs):
        _demand("settings and runs", values, (dict,))


def _demand(name: str, value: object, types: tuple[type, ...]) -> None:
    if type(value) not in types:
        allowed = " or ".join(type_.__name__ for type_ in types)
        raise ValueError(f"{name} is {value!r}, expected {allowed}")


def gathered(kernels: Iterable[Conformance]) -> dict[str, Mapping[str, Any]]:
    """Return the kernels of several sessions; of equal labels, the first one."""
    found: dict[str, Mapping[str, Any]] = {}
    for kernel in kernels:
        for label in kernel.labels():
            if not found.get(label):
                found[label] = kernel.kernels.get(label, {})
    return found
