"""`python -m tests.mutation`: which scenario finds which fault of the driver."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
from rich.console import Console

from harness.errors import HarnessError, UsageError
from harness.kernels import source_tree
from tests.mutation import batches, fault, judge, score, switched
from tests.mutation.fault import Fault
from tests.mutation.judge import FOUND, ROOT, Outcome
from tests.mutation.score import Outcomes

MANY = 20  # so many faults are built faster in one kernel


@click.command()
@click.option("--area", "areas", multiple=True, help="Only this area; may be given again.")
@click.option("--only", multiple=True, metavar="ID", help="Only this fault; may be given again.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--resume",
    is_flag=True,
    help="Skip what was found, what cannot have changed, and what has a reason.",
)
@click.option("--near", is_flag=True, help="Run only the scenarios near each fault.")
@click.option("--list", "listed", is_flag=True, help="List the faults and what became of them.")
@click.option(
    "--results",
    default=ROOT / "results" / "mutation",
    type=click.Path(path_type=Path),
    help="The directory for patches and recordings.  [default: results/mutation]",
)
@click.argument("scenarios", nargs=-1)
def main(
    areas: tuple[str, ...],
    only: tuple[str, ...],
    jobs: int,
    results: Path,
    scenarios: tuple[str, ...],
    *,
    resume: bool,
    near: bool,
    listed: bool,
) -> None:
    """Build the driver with each fault and run scenarios until one of them finds it.

    SCENARIOS are arguments of pytest, after `--`: files, ids, -k. Without any, all scenarios are
    run, those near the fault first. The outcome is kept in tests/mutation/outcomes.json, unless it
    is that the given scenarios find nothing.

    Exit status: 0 all were found or have a reason, 1 some were not, 4 the command line or a fault
    is wrong.
    """
    try:
        chosen = choose(fault.load(), areas, only)
        known = Outcomes.load(score.STORE)
        seen = dict(known.known)
        if not listed:
            given = list(scenarios)
            seen |= run(chosen, known, results, jobs, given, resume=resume, near=near)
    except HarnessError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)
    report(chosen, seen, listed=listed)


def choose(faults: list[Fault], areas: tuple[str, ...], only: tuple[str, ...]) -> list[Fault]:
    """Return the faults that the command line names; raises UsageError for unknown names."""
    names, known_areas = {one.name for one in faults}, {one.area for one in faults}
    wrong = [*(set(only) - names), *(set(areas) - known_areas)]
    if wrong:
        raise UsageError(
            f"there is no fault or area {', '.join(sorted(wrong))}",
            hint=f"areas are {', '.join(sorted(known_areas))}; --list shows the faults",
        )
    return [
        one
        for one in faults
        if (not only or one.name in only) and (not areas or one.area in areas)
    ]


def run(
    chosen: list[Fault],
    known: Outcomes,
    results: Path,
    jobs: int,
    scenarios: list[str],
    *,
    resume: bool,
    near: bool,
) -> dict[str, Outcome]:
    """Judge faults, several at a time, and return their outcomes by name.

    What given scenarios miss is not kept; what those near a fault miss is tried again by all.
    """
    judge.remove_left_behind(say)
    tree, suite = judge.source(say), batches.digest(ROOT)
    version = source_tree.unpacked(tree.parent)
    patches = {one.name: one.patch(tree) for one in chosen}
    open_ = [
        one
        for one in chosen
        if not (resume and (one.unfound or known.holds(one.name, patches[one.name], suite)))
    ]
    together = switched.shared(fault.load(), tree, say, build=len(open_) >= MANY)
    processors = sorted(os.sched_getaffinity(0))

    def work(number: int, one: Fault) -> Outcome:
        processor = processors[number % min(jobs, len(processors))]
        todo = [scenarios] if scenarios else batches.of(one, ROOT, near=near)
        patch, place = patches[one.name], results / one.name
        outcome = judge.judge(one, patch, place, todo, processor, say, together)
        outcome = score.with_origin(outcome, patch, "" if near else suite, version)
        if not scenarios or outcome.result == FOUND:
            known.note(one.name, outcome)
        click.echo(score.line(one, outcome))
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        running = {one.name: pool.submit(work, number, one) for number, one in enumerate(open_)}
        return {name: done.result() for name, done in running.items()}


def report(chosen: list[Fault], seen: Mapping[str, Outcome], *, listed: bool) -> None:
    """Print the score; exit with 1 if a fault was missed."""
    for one in chosen if listed else ():
        outcome = seen.get(one.name)
        click.echo(score.line(one, outcome) if outcome else f"{one.name:<28} not judged yet")
    Console(highlight=False).print(score.table(chosen, seen))
    missed = [
        one.name
        for one in chosen
        if not one.unfound and one.name in seen and seen[one.name].result != FOUND
    ]
    sys.exit(1 if missed else 0)


def say(line: str) -> None:
    """Print a line of progress to stderr."""
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
