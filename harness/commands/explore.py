"""`harness explore`: schedules of faults that nobody wrote, held against the documentation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from harness.commands.exit_status import INTERRUPTED, Command
from harness.commands.progress import say
from harness.errors import UsageError
from harness.plural import counted

MINUTES = 5.0


@click.command(cls=Command)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help=f"How long to search, for all kernels together (default: {MINUTES:g}, or no limit with"
    " --schedules).",
)
@click.option(
    "--schedules",
    type=click.IntRange(1),
    metavar="N",
    help="Perform N schedules in each kernel, then end.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Which schedules are drawn: with the same seed, the same ones in the same order.",
)
@click.option(
    "--modes",
    default="all",
    show_default=True,
    metavar="MODE,...",
    help="The modes of the bonds, as the driver names them.",
)
@click.option(
    "--kernel",
    "kernels",
    multiple=True,
    metavar="SPEC",
    help="A kernel with virtual time (default: virtual). Given again, each is searched.",
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("corpus"),
    show_default=True,
    help="The directory for findings; those that it has are performed first.",
)
@click.option(
    "--guests",
    type=click.IntRange(1, 64),
    metavar="N",
    help="How many guests run at a time (default: one for each core).",
)
@click.option(
    "--allocations",
    is_flag=True,
    help="Let an allocation of the kernel fail in most steps that ask it for something; the bond"
    " must be sound once all is restored. Needs fault injection: --kernel debug@7.2.",
)
@click.option("--until-found", is_flag=True, help="End at the first finding.")
@click.pass_context
def explore(context: click.Context, /, **asked: Any) -> None:
    """Search for what a kernel does and the documentation does not allow.

    Draws options of a bond, a topology and a schedule of faults; performs it in a guest with
    virtual time; holds the recording against a model of the documentation, and /proc, sysfs,
    netlink and the kernel's log against each other. What is refused is performed again, made as
    small as possible, and written to --corpus: the schedule, its history, a scenario, and a draft
    of a report. Known differences are only counted. Ctrl-C ends the search and keeps what was
    found.

    A finding may be a fault of the model: look into the driver before you report it.

    Exit status: 0 nothing was found, 1 something was, or the search failed, 2 the command line is
    wrong, 4 the kernel, a mode or the corpus cannot be used, 130 interrupted.
    """
    from harness.explore.search import Tally  # noqa: PLC0415  (imports what only this needs)

    tally = Tally()
    try:
        _search(tally, **asked)
    except KeyboardInterrupt:
        click.echo(f"interrupted; {tally.text()}")
        context.exit(INTERRUPTED)
    click.echo(tally.text())
    for rule, times in sorted(tally.again.items()):
        click.echo(f"  {rule}: refused again in {counted(times, 'schedule')}")
    for (spec, difference), seconds in sorted(tally.known.items()):
        click.echo(f"  {spec} shows known difference {difference}, after {seconds:.0f} s")
    context.exit(1 if tally.findings else 0)


def _search(
    tally: Any,
    *,
    minutes: float | None,
    schedules: int | None,
    seed: int,
    modes: str,
    kernels: tuple[str, ...],
    corpus: Path,
    guests: int | None,
    until_found: bool,
    allocations: bool,
) -> None:
    from harness.explore.corpus import Corpus  # noqa: PLC0415
    from harness.explore.search import ENDLESS, KernelSearch, SearchPlan  # noqa: PLC0415

    specs = kernels or ("virtual",)
    limit = (minutes or (float("inf") if schedules else MINUTES)) * 60 / len(specs)
    plan = SearchPlan(
        seed,
        _known(modes),
        limit,
        schedules or ENDLESS,
        guests or len(os.sched_getaffinity(0)),
        until_found,
        allocations,
    )
    kept = Corpus.open(corpus)
    for kernel in [_virtual(spec) for spec in specs]:
        say(f"searching {kernel.name}, seed {seed}, into {corpus}")
        KernelSearch(kernel, plan, kept, say, tally).run()


def _known(text: str) -> tuple[str, ...]:
    """Return the modes of a list; raises UsageError for a name that is none."""
    from harness.model.judge import MODES  # noqa: PLC0415

    if text.strip() == "all":
        return MODES
    asked = tuple(mode.strip() for mode in text.split(",") if mode.strip())
    if not asked or (unknown := [mode for mode in asked if mode not in MODES]):
        what = f'"{unknown[0]}" is no mode' if asked else "no mode is given"
        raise UsageError(what, hint=f"known: all, {', '.join(MODES)}")
    return asked


def _virtual(spec: str) -> Any:
    from harness.kernels import check, resolve  # noqa: PLC0415

    check(spec)
    kernel = resolve(spec, say)
    if kernel.clock != "virtual":
        raise UsageError(
            f"{kernel.name} has real time: a search would take weeks and depend on the machine",
            hint="choose a kernel with virtual time: --kernel virtual@7.2",
        )
    return kernel
