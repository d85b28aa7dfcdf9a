"""`harness compare`, `harness merge` and `harness kernels matrix`: results of several kernels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from harness.commands import ci_jobs
from harness.commands.exit_status import Command
from harness.errors import UsageError
from harness.kernels import aliases
from harness.plural import counted
from harness.results import changes_text, conformance, grid
from harness.results.merge import merge as join
from harness.results.merge import missing
from harness.results.pick import comparisons, warnings

PLACE = click.Path(path_type=Path)
MOST = 256  # jobs that GitHub makes of one matrix


@click.command(cls=Command)
@click.argument("old")
@click.argument("new")
@click.option(
    "--results",
    type=PLACE,
    default=Path("results/latest"),
    show_default=True,
    help="The directory of results in which OLD and NEW are kernels.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a pair.")
@click.pass_context
def compare(
    context: click.Context, /, old: str, new: str, results: Path, *, as_json: bool
) -> None:
    """Show what changed from OLD to NEW: verdicts, figures, options, scenarios.

    Both are directories of results, or both are kernels of one run: `harness compare 6.1 6.12`. A
    figure has changed when the difference exceeds both tolerances plus the phase of the bond's
    monitor; in virtual time the phase is fixed. Of a scenario that was repeated, the run that says
    most is compared, and the rate of failures over all runs. Bonds with other options are listed
    in any case, and what only one of the two has.

    Exit status: 0 nothing got worse, 1 something did, 2 the command line is wrong, 4 there is
    nothing to compare.
    """
    found = comparisons(old, new, results)
    for line in warnings(old, new, results):
        click.echo(f"warning: {line}", err=True)
    if as_json:
        click.echo(json.dumps([changes_text.as_json(one) for one in found], indent=1))
    else:
        click.echo("\n\n".join("\n".join(changes_text.text(one)) for one in found))
    context.exit(1 if any(one.worse for one in found) else 0)


@click.command(cls=Command)
@click.argument("directories", nargs=-1, required=True, type=PLACE)
@click.option("--into", required=True, type=PLACE, help="The directory to create.")
def merge(directories: tuple[Path, ...], into: Path) -> None:
    """Join DIRECTORIES of results into one, such as those of all shards.

    Recordings are copied, conformance.json is joined, and the table of kernels is printed. A
    result that is in two directories is a conflict: it is reported, and nothing is written.

    Exit status: 0 joined, 2 the command line is wrong, 4 there are conflicts.
    """
    places = list({place.resolve(): place for place in directories}.values())
    parts = [conformance.load(place) for place in places]
    found = join(places, into)
    several = len(found.labels()) > 1
    if several:
        grid.save(found, into)
        for line in grid.text(found, shutil.get_terminal_size().columns):
            click.echo(line)
    for line in missing(found, parts):
        click.echo(f"warning: {line}", err=True)
    joined, of = counted(len(found.results), "result"), counted(len(parts), "directory")
    click.echo(f"joined {joined} of {of} into {into}")


@click.command(cls=Command)
@click.option("--kernel", "kernels", multiple=True, metavar="KERNEL", help="As pytest's option.")
@click.option(
    "--shards", type=click.IntRange(min=1), default=1, metavar="N", help="Jobs for each kernel."
)
@click.option("--json", "as_json", is_flag=True, help="Print GitHub's strategy.matrix.")
@click.option("--gitlab", is_flag=True, help="Print a job for a GitLab child pipeline.")
def matrix(kernels: tuple[str, ...], shards: int, *, as_json: bool, gitlab: bool) -> None:
    """List the jobs of a run on several machines: one for each kernel and shard.

    Kernels are those of labs/kernels.toml unless given. GitHub: a job outputs
    `matrix=$(harness kernels matrix --json ...)`; another one has
    `strategy: {matrix: ${{ fromJSON(needs.JOB.outputs.matrix) }}}`, runs
    `pytest scenarios/ ${{ matrix.arguments }}` and keeps results/; `harness merge` joins those.
    GitLab: write the JSON into a file, and let `trigger: include:` name it and a file with the job
    `.scenarios`, which runs `pytest scenarios/ $ARGUMENTS`.
    """
    chosen = kernels or tuple(aliases.load())
    if not chosen:
        raise UsageError(
            "no kernel is given", hint="give --kernel, or define some in labs/kernels.toml"
        )
    found = ci_jobs.jobs(chosen, shards)
    if as_json and len(found) > MOST:
        raise UsageError(
            f"{len(found)} jobs are more than the {MOST} that GitHub allows in one matrix",
            hint="give fewer --shards",
        )
    if gitlab:
        click.echo(ci_jobs.as_gitlab(found))
    else:
        click.echo(ci_jobs.as_github(found) if as_json else ci_jobs.as_text(found))


def register(main: click.Group) -> None:
    """Add the commands to `harness`, and `matrix` to its group `kernels`."""
    main.add_command(compare)
    main.add_command(merge)
    group = main.commands.get("kernels")
    if not isinstance(group, click.Group):
        group = click.Group("kernels", help="The kernels that scenarios run in.")
        main.add_command(group)
    group.add_command(matrix)
