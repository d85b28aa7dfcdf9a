"""`harness results`: list and remove the results of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from harness.commands.exit_status import CommandGroup
from harness.errors import UsageError
from harness.plural import counted
from harness.results import conformance, ktap, metrics
from harness.results.kept import KEEP, Kept, kept, prune

MEGABYTE = 1_000_000
PLACE = click.argument("place", type=click.Path(path_type=Path), default=Path("results"))


@click.group(cls=CommandGroup)
def results() -> None:
    """Show and remove the results of earlier runs; PLACE is results/ unless given.

    Exit status: 0 done, 2 the command line is wrong, 4 there are no results.
    """


@results.command("list")
@PLACE
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(place: Path, *, as_json: bool) -> None:
    """List the runs, oldest first: size, kernels, verdicts, and the command line."""
    found = kept(place)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found], indent=1))
        return
    for one in found:
        click.echo("\n".join(_told(one)))
    total = sum(one.size for one in found) / MEGABYTE
    click.echo(f"{counted(len(found), 'run')}, {total:.1f} MB")


@results.command("prune")
@PLACE
@click.option(
    "--keep", type=click.IntRange(min=1), default=KEEP, show_default=True, help="Runs to keep."
)
def prune_(place: Path, keep: int) -> None:
    """Remove all but the newest runs.

    A run in progress is kept, and so is the target of `latest` or of another link in PLACE.
    Directories that no run created are never removed.
    """
    sizes = {one.path: one.size for one in kept(place)}
    gone = prune(place, keep)
    freed = sum(sizes.get(path, 0) for path in gone) / MEGABYTE
    click.echo(f"removed {len(gone)} of {counted(len(sizes), 'run')}: {freed:.1f} MB freed")


@results.command("schema")
def schema_() -> None:
    """Print the JSON schema of conformance.json, to validate results with other tools."""
    click.echo(conformance.SCHEMA.read_text(encoding="utf-8"), nl=False)


LATEST = click.argument(
    "directory", type=click.Path(path_type=Path), default=Path("results/latest")
)


@results.command("ktap")
@LATEST
def ktap_(directory: Path) -> None:
    """Print the results of DIRECTORY (default: results/latest) as KTAP, for the kernel's CI."""
    click.echo("\n".join(ktap.text(conformance.load(directory))))


@results.command("metrics")
@LATEST
def metrics_(directory: Path) -> None:
    """Print figures and verdicts of DIRECTORY (default: results/latest) as OpenMetrics text."""
    click.echo("\n".join(metrics.text(conformance.load(directory))))


def _plain(one: Kept) -> dict[str, Any]:
    data: dict[str, Any] = {"path": str(one.path), "size": one.size, "active": one.active}
    try:
        found = conformance.load(one.path)
    except UsageError:  # it ended before its first scenario
        return data | {"kernels": [], "verdicts": {}, "sessions": []}
    verdicts: dict[str, int] = {}
    for result in found.results:
        verdicts[result.verdict] = verdicts.get(result.verdict, 0) + 1
    kernels = [found.title(label) for label in found.labels()]
    return data | {"kernels": kernels, "verdicts": verdicts, "sessions": list(found.sessions)}


def _told(one: Kept) -> Iterator[str]:
    data = _plain(one)
    verdicts = ", ".join(f"{count} {word}" for word, count in data["verdicts"].items())
    state = "in progress: " if one.active else ""
    kernels = ", ".join(data["kernels"])
    yield f"{one.path}  {one.size / MEGABYTE:.1f} MB  {kernels}  {state}{verdicts or 'no verdict'}"
    for session in data["sessions"]:
        yield f"    {session.get('command', '')}"
