"""Run scenarios in one kernel and sum up what they say about it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import shipped
from harness.errors import LabError
from harness.judge import counts
from harness.results import conformance
from harness.results.conformance import Result

GOOD, BAD, SKIP = "good", "bad", "skip"
PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class KernelVerdict:
    """`word` is `good`, `bad`, or `skip` if nothing could be judged; `why` says why.

    `results` is the directory of the session, None if there was none.
    """

    word: str
    why: str
    results: Path | None = None

    @property
    def page(self) -> str:
        """The path of the page with the recordings, "" for none."""
        return str(self.results / PAGE) if self.results else ""


def judge(kernel: str, scenarios: list[str], results: Path) -> KernelVerdict:
    """Return the verdict of scenarios, which are arguments of pytest, about a kernel.

    It is bad if any of them has a verdict that blames the kernel, good if all others could be
    judged. Raises LabError if pytest rejects the arguments.
    """
    given = [*scenarios, "--kernel", kernel, "--results", str(results), "-q"]
    argv = [sys.executable, "-P", "-m", "pytest", *shipped.arguments(given, Path.cwd())]
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    found = _session(results)
    if found is None:
        return _without_results(done.stdout)
    return sum_up(conformance.load(found).results, found)


def _session(results: Path) -> Path | None:
    paths = [path.parent for path in results.glob(f"*/{conformance.NAME}")]
    kept = sorted(path for path in paths if not path.is_symlink())
    return kept[-1] if kept else None


def _without_results(output: str) -> KernelVerdict:
    lines = [line for line in output.splitlines() if line.strip()]
    boots = next((line for line in lines if "does not boot" in line), "")
    if boots:
        return KernelVerdict(SKIP, boots.removeprefix("ERROR: ").removeprefix("error: "))
    wrong = next((line for line in lines if line.startswith("ERROR:")), lines[-1] if lines else "")
    raise LabError(
        f"no scenario was run: {wrong.removeprefix('ERROR: ') or 'pytest says nothing'}",
        hint="the scenarios after -- are arguments of pytest: files, ids, -k EXPRESSION",
    )


def sum_up(results: tuple[Result, ...], place: Path | None = None) -> KernelVerdict:
    """Return the verdict that follows from the results of all scenarios."""
    blamed = next((result for result in results if result.verdict in counts.BLAMES), None)
    if blamed is not None:
        return KernelVerdict(BAD, f"{blamed.scenario}: {blamed.verdict}", place)
    unclear = (counts.INCONCLUSIVE, counts.NOT_JUDGED)
    judged = [
        result for result in results if result.verdict in ("conforms", "contradicts as known")
    ]
    unjudged = next((result for result in results if result.verdict in unclear), None)
    if unjudged is not None or not judged:
        one = unjudged or next(iter(results), None)
        why = f"{one.scenario}: {one.verdict}" if one else "no scenario has a result"
        return KernelVerdict(SKIP, why, place)
    return KernelVerdict(GOOD, f"{len(judged)} of {len(results)} scenarios conform", place)
