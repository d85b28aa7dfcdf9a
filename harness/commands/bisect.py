"""`harness bisect`: the first commit of a kernel tree that scenarios blame."""

from __future__ import annotations

from pathlib import Path

import click

from harness.commands import kernel_verdict
from harness.commands.exit_status import Command
from harness.commands.kernel_verdict import BAD, GOOD, SKIP, KernelVerdict
from harness.commands.progress import say
from harness.errors import KernelUnavailable, UsageError
from harness.kernels import cache, cached_kernel, own_build
from harness.kernels.bisection import SHORT, Bisection, Commit, Step

PLACE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("good")
@click.argument("bad")
@click.argument("scenarios", nargs=-1, required=True)
@click.option("--tree", type=PLACE, default=Path(), help="The kernel tree.  [default: .]")
@click.option(
    "--results",
    type=PLACE,
    default=Path("results/bisect"),
    show_default=True,
    help="The directory for the recordings of each commit.",
)
@click.pass_context
def bisect(
    context: click.Context,
    /,
    good: str,
    bad: str,
    scenarios: tuple[str, ...],
    tree: Path,
    results: Path,
) -> None:
    """Find the first commit between GOOD and BAD at which SCENARIOS blame the kernel.

    `harness bisect v7.1 v7.2 --tree ~/linux -- scenarios/test_miimon.py -k carrier`: SCENARIOS are
    arguments of pytest. Both ends are judged first. Each commit is built with virtual time, in a
    clone in the cache: nothing is written to the tree. A commit that does not build or boot, or
    whose scenarios cannot be judged, is skipped.

    Exit status: 0 the commit was found, 1 only skipped commits are left or it could not be done,
    4 the command line is wrong.
    """
    search = CommitSearch(Bisection(tree, good, bad), list(scenarios), results)
    with cache.exclusive(search.bisection.clone.parent, "another bisection of this tree", say):
        step = search.run()
    for line in search.told(step):
        click.echo(line)
    context.exit(0 if step.found else 1)


class CommitSearch:
    """A bisection whose commits are judged by scenarios; `verdicts` are kept by commit."""

    def __init__(self, bisection: Bisection, scenarios: list[str], results: Path) -> None:
        self.bisection = bisection
        self.scenarios = scenarios
        self.results = results
        self.verdicts: dict[str, KernelVerdict] = {}
        self.last: dict[str, Commit] = {}

    def run(self) -> Step:
        """Return the last step; raises UsageError if one of the ends is not what it should be."""
        self.bisection.prepare()
        for end, word in ((self.bisection.good, GOOD), (self.bisection.bad, BAD)):
            self.bisection.check_out(end)
            verdict = self._judged(end)
            if verdict.word != word:
                raise UsageError(
                    f"{end} is not {word}: {verdict.why}",
                    hint="choose other ends, or scenarios that tell them apart",
                )
        step = self.bisection.start()
        while not step.found and not step.suspects:
            step = self.bisection.mark(self._judged(step.commit, step.left).word)
        self._remove_kernels()
        return step

    def _judged(self, commit: Commit, left: int = 0) -> KernelVerdict:
        count = f"{left} left: " if left else ""
        say(f"{count}{commit}")
        try:
            kernel = own_build.build_own(
                str(self.bisection.clone), [], name_of(commit.hash), lambda _: None
            )
            verdict = kernel_verdict.judge(
                kernel.name, self.scenarios, self.results / commit.short
            )
        except KernelUnavailable as error:
            verdict = KernelVerdict(SKIP, "\n".join(error.message.splitlines()[:2]))
        say(f"  {verdict.word}: {verdict.why}")
        self.verdicts[commit.hash] = verdict
        self.last[verdict.word] = commit
        return verdict

    def _remove_kernels(self) -> None:
        """Remove all kernels but the last good and the last bad one."""
        kept = {self.last[GOOD].hash, self.last[BAD].hash}
        others = [name_of(verdict) for verdict in self.verdicts if verdict not in kept]
        with cache.locked(say):
            for entry in cached_kernel.entries():
                if entry.name in others and not cached_kernel.in_use(entry):
                    cached_kernel.remove(entry)

    def told(self, step: Step) -> list[str]:
        """Return the lines that describe the result, with the evidence before and after."""
        answer = [f"first bad commit: {step.commit}"]
        if step.suspects:
            answer = [
                "the first bad commit is one of:",
                *(f"  {suspect}" for suspect in step.suspects),
            ]
        return [*answer, self._evidence("before", GOOD), self._evidence("after", BAD)]

    def _evidence(self, when: str, word: str) -> str:
        commit = self.last[word]
        verdict = self.verdicts[commit.hash]
        kernel = f"--kernel {name_of(commit.hash)}"
        return f"{when}: {commit.short} {verdict.why} ({verdict.page}; {kernel})"


def name_of(commit: str) -> str:
    """Return the name of the kernel of a commit, given its hash."""
    return f"bisect-{commit[:SHORT]}"
