"""`python -m tests.mutation.explored`: which faults the search finds alone, and how soon.

`harness explore` searches a kernel with each fault until it finds something. What became of a
fault is kept in tests/mutation/explored.json: `by` is the rule that found it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from harness.errors import HarnessError, LabError
from harness.explore.finding import DIED
from harness.kernels import source_tree
from tests.mutation import batches, fault, judge, score, switched
from tests.mutation.__main__ import MANY, choose, say
from tests.mutation.fault import Fault
from tests.mutation.judge import FOUND, MISSED, ROOT, Outcome
from tests.mutation.score import Outcomes
from tests.mutation.switched import Shared

STORE = Path(__file__).with_name("explored.json")
SEARCH = (Path("harness/explore"), Path("harness/model"))  # what finds
UNUSABLE = "a guest ended before its first schedule"  # as the search says it


@click.command()
@click.option("--area", "areas", multiple=True, help="Only this area; may be given again.")
@click.option("--only", multiple=True, metavar="ID", help="Only this fault; may be given again.")
@click.option("--minutes", default=5.0, show_default=True, help="How long to search each.")
@click.option("--guests", default=1, show_default=True, help="How many guests search at a time.")
@click.option("--seed", default=0, show_default=True)
@click.option("--modes", default="all", show_default=True, help="As for harness explore.")
@click.option(
    "--resume",
    is_flag=True,
    help="Skip what was found, and what was missed by the same model and search.",
)
@click.option("--list", "listed", is_flag=True, help="Print the table of what was kept.")
def main(
    areas: tuple[str, ...], only: tuple[str, ...], *, resume: bool, listed: bool, **search: Any
) -> None:
    """Print a line for each fault: the rule that found it and after how many seconds, or missed.

    Exit status: 0 all were found, 1 some were not, 4 the command line or a fault is wrong.
    """
    try:
        chosen = [one for one in choose(fault.load(), areas, only) if not one.unfound]
        known = Outcomes.load(STORE)
        if not listed:
            _search(chosen, known, search, resume=resume)
    except HarnessError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)
    for row in table(chosen, known.known):
        click.echo(row)
    judged = [known.known[one.name] for one in chosen if one.name in known.known]
    sys.exit(0 if all(one.result == FOUND for one in judged) else 1)


def _search(
    chosen: list[Fault], known: Outcomes, search: Mapping[str, Any], *, resume: bool
) -> None:
    """Search kernels with each fault, and keep what becomes of them."""
    judge.remove_left_behind(say)
    tree, finder = judge.source(say), batches.digest(ROOT, *SEARCH)
    version = source_tree.unpacked(tree.parent)
    patches = {one.name: one.patch(tree) for one in chosen}
    open_ = [
        one for one in chosen if not (resume and known.holds(one.name, patches[one.name], finder))
    ]
    together = switched.shared(fault.load(), tree, say, build=len(open_) >= MANY)
    for one in open_:
        outcome = _explored(one, patches[one.name], search, together)
        known.note(one.name, score.with_origin(outcome, patches[one.name], finder, version))
        click.echo(f"{one.name:<30} {outcome.by or MISSED:<28} {outcome.judge_seconds:6.1f} s")


def _explored(
    one: Fault, patch: str, search: Mapping[str, Any], together: Shared | None
) -> Outcome:
    """Return which rule found a fault, if one did, and how long the search took."""
    with tempfile.TemporaryDirectory() as place:
        file, corpus = Path(place, "fault.patch"), Path(place, "corpus")
        file.write_text(patch, encoding="utf-8")
        with judge.built(one, file, say, together) as kernel:
            argv = [sys.executable, "-m", "harness", "explore", "--until-found"]
            argv += ["--kernel", kernel, "--corpus", str(corpus)]
            argv += [word for name, value in search.items() for word in (f"--{name}", str(value))]
            begun = time.monotonic()
            done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
            took = round(time.monotonic() - begun, 1)
        folders = sorted(path.name for path in corpus.glob("findings/*"))
    if folders:
        return Outcome(FOUND, folders[0].rpartition("-")[0], judge_seconds=took)
    if UNUSABLE in done.stderr:
        return Outcome(FOUND, DIED, judge_seconds=took)
    if done.returncode:
        raise LabError(
            f"the search of {one.name} failed: {done.stderr.strip()}",
            hint="--resume continues with this fault",
        )
    return Outcome(MISSED, text=done.stdout.partition("\n")[0], judge_seconds=took)


def table(faults: list[Fault], known: Mapping[str, Outcome]) -> Iterator[str]:
    """Yield the rows of the table in docs/pages/explore.md."""
    yield "| area | found | median | by rules | not found |\n|---|---:|---:|---|---|"
    judged = [one for one in faults if one.name in known]
    for area in dict.fromkeys(one.area for one in judged):
        there = {one.name: known[one.name] for one in judged if one.area == area}
        rules = sorted({f"`{one.by}`" for one in there.values() if one.result == FOUND and one.by})
        missed = (f"`{name}`" for name, one in there.items() if one.result != FOUND)
        yield _row(area, list(there.values()), ", ".join(rules), ", ".join(missed))
    yield _row("all", [known[one.name] for one in judged])


def _row(area: str, outcomes: list[Outcome], rules: str = "", missed: str = "") -> str:
    seconds = [one.judge_seconds for one in outcomes if one.result == FOUND]
    median = f"{statistics.median(seconds):.0f} s" if seconds else ""
    cells = (area, f"{len(seconds)} of {len(outcomes)}", median, rules, missed)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
