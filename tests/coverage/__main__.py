"""`python -m tests.coverage`: the lines of the driver that scenarios and searches reach."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from harness.errors import HarnessError, UsageError
from harness.kernels import specs
from tests.coverage import counts
from tests.coverage.counts import Counts


@click.command()
@click.argument("groups", nargs=-1, required=True, metavar="NAME=DIRECTORY...")
@click.option("--kernel", default="coverage@7.2", show_default=True, help="Which counted.")
@click.option("--functions", is_flag=True, help="Name the functions that nothing reached.")
def main(groups: tuple[str, ...], kernel: str, *, functions: bool) -> None:
    """Print how many lines of each file of the driver the guests of each group have reached.

    A group is a directory that the environment variable HARNESS_COUNTS named in a session of
    pytest or a search, such as suite=counts/suite search=counts/search. Guests that were killed,
    as at the end of `harness explore --minutes`, leave no counts: search with --schedules.

    Exit status: 0 printed, 4 a directory has no counts or the kernel is not there.
    """
    try:
        found = _read(groups, kernel)
    except HarnessError as error:
        raise SystemExit(_refused(error)) from error
    total = counts.merged(found.values())
    Console(highlight=False).print(_table(found, total))
    if functions:
        for name, one in sorted(total.items()):
            click.echo(f"{name}: {', '.join(one.unreached()) or 'all functions were reached'}")


def _refused(error: HarnessError) -> int:
    click.echo(f"error: {error.message}\nhint: {error.hint}", err=True)
    return 4


def _read(groups: tuple[str, ...], kernel: str) -> dict[str, Counts]:
    """Return the counts of each group by its name; raises HarnessError."""
    flavour, _, version = kernel.partition("@")
    entry = specs.cached(flavour, version, lambda line: click.echo(line, err=True))
    if entry is None or not list(entry.place.glob("*.gcno")):
        raise UsageError(f"{kernel} does not count", hint="harness kernels build coverage@7.2")
    found = {}
    for group in groups:
        name, equals, directory = group.partition("=")
        if not equals or not Path(directory).is_dir():
            raise UsageError(f"{group} is no NAME=DIRECTORY", hint="write suite=DIRECTORY")
        found[name] = counts.of_directory(Path(directory), entry.place)
    return found


def _table(found: dict[str, Counts], total: Counts) -> Table:
    table = Table("file", *found, *(["all"] if len(found) > 1 else []), "not reached")
    columns = [*found.values(), *([total] if len(found) > 1 else [])]
    for name, one in sorted(total.items()):
        cells = [_share(column.get(name, counts.FileCounts())) for column in columns]
        table.add_row(name, *cells, f"{len(one.unreached())} of {len(one.functions)} functions")
    return table


def _share(one: counts.FileCounts) -> str:
    reached, lines = one.reached()
    return f"{reached} of {lines} ({100 * reached / lines:.0f} %)" if lines else "-"


if __name__ == "__main__":
    main()
