"""`harness stats`: what many runs show together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from harness.commands.exit_status import Command
from harness.results import changes_text
from harness.results import stats as statistics


@click.command(cls=Command)
@click.argument("directories", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def stats(directories: tuple[Path, ...], *, as_json: bool) -> None:
    """Show what the runs of DIRECTORIES have in common: results/ unless given.

    Each is a run, or holds runs. Listed are scenarios whose verdict changed from run to run, the
    most often first, figures whose last value differs from the first by more than both tolerances
    plus the phase of the bond's monitor, and what changed from each kernel to the next newer one,
    by the newest run of each. Runs are in the order of their dates.

    Exit status: 0 printed, 2 the command line is wrong, 4 there are no results, or a directory
    that was given cannot be read.
    """
    runs, left = statistics.load(directories or (Path("results"),))
    for line in left:
        click.echo(f"warning: left out: {line}", err=True)
    found = statistics.of(runs)
    kernels = found.kernels
    if as_json:
        data = {**statistics.as_json(found), "kernels": list(map(changes_text.as_json, kernels))}
        click.echo(json.dumps(data, indent=1))
        return
    click.echo("\n".join(statistics.text(found)))
    for kernel in kernels:  # runs of parts of the scenarios are usual: what one lacks is no news
        short = replace(kernel, only_old=(), only_new=())
        click.echo("\n" + "\n".join(changes_text.text(short)))
