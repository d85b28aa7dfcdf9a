"""Results for other tools, written when a session ends: KTAP, OpenMetrics, GitHub Actions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import LabError, UsageError
from harness.results.conformance import Conformance
from harness.session import axis
from harness.whole_file import replacing

if TYPE_CHECKING:
    from harness.results.github import SourceLine

FORMATS = ("ktap", "metrics")
SUMMARY = "GITHUB_STEP_SUMMARY"


def add_options(group: pytest.OptionGroup) -> None:
    """Add an option for each file."""
    group.addoption(
        "--ktap",
        metavar="FILE",
        help="write the verdicts as KTAP, as the kernel's selftests report; "
        "`harness results ktap DIR` writes them later",
    )
    group.addoption(
        "--metrics",
        metavar="FILE",
        help="write the figures and verdicts as OpenMetrics text; "
        "`harness results metrics DIR` writes them later",
    )


def check(config: pytest.Config, planned: int) -> None:
    """Write the files without results: no earlier ones remain. Raises UsageError."""
    try:
        write(config, Conformance((), planned=planned))
    except LabError as error:
        raise UsageError(error.message, hint=error.hint) from error


def write(config: pytest.Config, found: Conformance) -> None:
    """Write the files that the command line names; raises LabError."""
    wanted = {name: given for name in FORMATS if (given := config.getoption(name, default=None))}
    if not wanted:
        return
    from harness.results import ktap, metrics  # noqa: PLC0415  (most sessions do without)

    texts = {"ktap": ktap.text, "metrics": metrics.text}
    for name, given in wanted.items():
        path = config.invocation_params.dir / Path(given).expanduser()
        _save(path, texts[name](found), f"give a file that you can write: --{name} FILE")


def _save(path: Path, lines: Iterable[str], hint: str) -> None:
    if path.exists() and not path.is_file():  # as /dev/stdout, or a pipe
        try:
            with path.open("w", encoding="utf-8", errors="replace") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise LabError(
                f"{path} cannot be written: {error.strerror or error}", hint=hint
            ) from error
        return
    part = path.with_name(f".{path.name}.part")
    with replacing(path, part, hint=hint) as file:
        file.writelines(f"{line}\n" for line in lines)


def on_github(found: Conformance, items: Iterable[pytest.Item]) -> Iterator[str]:
    """Append to the summary of a GitHub step, if there is one; yield annotations to print."""
    place, on = os.environ.get(SUMMARY), os.environ.get("GITHUB_ACTIONS") == "true"
    if not (place or on):
        return
    from harness.results import github  # noqa: PLC0415  (most sessions do without)

    if place:
        try:
            with Path(place).open("a", encoding="utf-8", errors="replace") as file:
                file.writelines(f"{line}\n" for line in github.summary(found))
        except OSError as error:
            yield f"warning: {SUMMARY}={place} cannot be written: {error.strerror or error}"
    if on:
        yield from github.commands(found, _lines(items))


def _lines(items: Iterable[pytest.Item]) -> dict[str, SourceLine]:
    """Return file and line of each scenario function, the file relative to the repository."""
    from harness.results.github import SourceLine  # noqa: PLC0415

    found: dict[str, SourceLine] = {}
    for item in items:
        root = Path(os.environ.get("GITHUB_WORKSPACE") or item.config.rootpath).resolve()
        path, line, _ = item.reportinfo()
        file = Path(path).resolve()
        if file.is_relative_to(root):
            scenario = axis.scenario_of(item).partition("[")[0]
            found.setdefault(
                scenario, SourceLine(file.relative_to(root).as_posix(), (line or 0) + 1)
            )
    return found
