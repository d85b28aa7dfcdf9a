"""`harness report` and `harness open`: results as one HTML page, judged again if asked."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from harness.commands.exit_status import Command
from harness.errors import LabError, UsageError
from harness.plural import counted
from harness.results import conformance, side_by_side
from harness.results import rejudge as rejudge_results
from harness.results.conformance import Conformance
from harness.results.rejudge import Rejudged
from harness.version import version

PLACE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("directories", nargs=-1, type=PLACE)
@click.option("--output", type=PLACE, help="The file; default: index.html in the directory.")
@click.option(
    "--timelines",
    type=click.IntRange(min=0),
    help="Recordings whose timeline is drawn into the page; default: 24, contradictions first.",
)
@click.option(
    "--rejudge",
    is_flag=True,
    help="Judge the recordings again with this version, and tell which verdicts changed.",
)
@click.pass_context
def report(
    context: click.Context,
    /,
    directories: tuple[Path, ...],
    output: Path | None,
    timelines: int | None,
    *,
    rejudge: bool,
) -> None:
    """Write results of DIRECTORIES as one HTML page; results/latest unless given.

    The page needs no other file. It links to the recordings where they are; several directories
    need --output. If they have the same scenario on the same kernel, the page tells which
    directory each result is from.

    --rejudge decides anew whether each recording can be judged, holds its figures, computed again,
    against the bounds that its scenario used, and compares the states and counts that the scenario
    read with what the recording says today: where one differs, the verdict is open until the
    scenario runs again. The results themselves are not changed.

    Exit status: 0 written, 1 it cannot be written, or with --rejudge a verdict changed or a
    recording cannot be read, 2 the command line is wrong, 4 there are no results.
    """
    places = list(
        {
            directory.resolve(): directory
            for directory in directories or (Path("results/latest"),)
        }.values()
    )
    found, root = _found(places)
    if output is None and len(places) > 1:
        raise UsageError(
            f"{len(places)} directories have no place in common for the page",
            hint="give a file: --output FILE",
        )
    again = _rejudged(found, root) if rejudge else None
    click.echo(f"report: {_write(found, root, output, timelines, again)}")
    context.exit(1 if again and (again.changes or again.unread) else 0)


@click.command("open", cls=Command)
@click.argument("directory", type=PLACE, default=Path("results/latest"))
def open_report(directory: Path) -> None:
    """Write the page of DIRECTORY (default: results/latest) and open it in the browser.

    Exit status: 0 opened, 1 there is no browser or the page cannot be written, 2 the command line
    is wrong, 4 there are no results.
    """
    path = _write(*_found([directory]), None).resolve()
    click.echo(f"report: {path}")
    try:
        opened = webbrowser.open(path.as_uri())
    except webbrowser.Error:
        opened = False
    if not opened:
        raise LabError(
            "no browser could be started here",
            hint="open the file above on a machine that has one: it needs no other file",
        )


def _rejudged(found: Conformance, root: Path) -> Rejudged:
    """Judge the recordings again, and print what changed."""
    again = rejudge_results.again(found, root)
    changed = counted(len(again.changes), "verdict") if again.changes else "no verdict"
    recordings = counted(again.judged, "recording")
    click.echo(f"judged again with harness {version()}: {recordings}, {changed} changed")
    for change in again.changes:
        click.echo(f"  {change}")
    if again.elsewhere:
        rest = "rests" if again.elsewhere == 1 else "rest"
        failures = counted(again.elsewhere, "failure")
        click.echo(f"  {failures} {rest} on values that these results do not store: run again")
    for one in again.unread:
        click.echo(f"error: not judged again: {one}", err=True)
    return again


def _write(
    found: Conformance,
    root: Path,
    output: Path | None,
    timelines: int | None = None,
    again: Rejudged | None = None,
) -> Path:
    """Write the page to `output`, or beside the results; return its path."""
    from harness.html import entries, page  # noqa: PLC0415  (jinja2 is slow to start)

    path = output or root / page.NAME
    drawn = entries.DRAWN if timelines is None else timelines
    page.write(again.found if again else found, root, path, drawn, again)
    return path


def _found(places: list[Path]) -> tuple[Conformance, Path]:
    """Return the results of all places, and the directory that their recordings lie below."""
    if len(places) == 1:
        return side_by_side.with_commands(conformance.load(places[0])), places[0]
    return side_by_side.load(places), Path("/")
