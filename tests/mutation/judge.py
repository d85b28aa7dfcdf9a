"""Judge a fault: build its kernel, and run scenarios in it until one finds something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, KernelUnavailable, LabError
from harness.judge import counts
from harness.kernels import Say, build, cache, cached_kernel, own_build, source_tree
from harness.results import conformance
from harness.results.conformance import Result
from tests.mutation.fault import SPEC, Fault
from tests.mutation.switched import Shared

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "fault-"  # of the names of kernels
FOUND, NOTICED, MISSED, UNBUILT = "found", "noticed", "missed", "not built"
LIMIT = 1200.0  # seconds for all scenarios; a guest that hangs is ended long before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault.

    `by` is the first scenario that found something, `verdict` its verdict. A fault is `noticed`
    if scenarios failed, but none with a verdict about the kernel. `text` is the reason, or the
    errors of the compiler. Times are in seconds; `digest` is that of the patch and `suite` that
    of the scenarios; `kernel` is the version of the driver's source, `day` when it was judged.
    """

    result: str
    by: str = ""
    verdict: str = ""
    text: str = ""
    build_seconds: float = 0.0
    judge_seconds: float = 0.0
    digest: str = ""
    suite: str = ""
    kernel: str = ""
    day: str = ""


def source(say: Say) -> Path:
    """Return the tree that faults are put into, fetched if necessary; raises KernelUnavailable."""
    _, version = build.parse(SPEC)
    place = build.builds() / f"linux-{version}"
    place.mkdir(parents=True, exist_ok=True)
    with cache.exclusive(build.builds(), "another build", say):
        source_tree.fetch(place, version, say)
    return place / "source"


def judge(
    fault: Fault,
    patch: str,
    place: Path,
    batches: list[list[str]],
    processor: int,
    say: Say,
    shared: Shared | None = None,
) -> Outcome:
    """Return the outcome of a fault; `place` is the directory for its patch and results.

    `batches` are arguments of pytest sessions, run until one finds something, on one processor.
    A fault that is in the `shared` kernel is only switched on there.
    """
    if not batches:
        return Outcome(MISSED, text="no scenario is near it")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    file = place / "fault.patch"
    file.write_text(patch, encoding="utf-8")
    begun = time.monotonic()
    try:
        with built(fault, file, say, shared) as kernel:
            compiled = time.monotonic()
            outcome = _run(kernel, place, batches, processor)
    except KernelUnavailable as error:
        return Outcome(UNBUILT, text=error.message)
    return Outcome(
        *(outcome.result, outcome.by, outcome.verdict, outcome.text),
        build_seconds=round(compiled - begun, 1),
        judge_seconds=round(time.monotonic() - compiled, 1),
    )


@contextmanager
def built(fault: Fault, patch: Path, say: Say, shared: Shared | None = None) -> Iterator[str]:
    """Yield the name of the kernel with a fault; it is removed afterwards."""
    name = f"{PREFIX}{fault.name}-{os.getpid()}"
    if shared and fault.name in shared.numbers:
        entry = shared.entry(fault, name, say)
    else:
        entry = own_build.build_own(SPEC, [patch], name, lambda _: None)
    try:
        yield name
    finally:
        with cache.locked(say):
            cached_kernel.remove(entry)


def remove_left_behind(say: Say) -> None:
    """Remove the kernels of runs that were killed."""
    with cache.locked(say):
        for entry in cached_kernel.entries():
            process = entry.name.rpartition("-")[2]
            if entry.name.startswith(PREFIX) and not Path("/proc", process).exists():
                cached_kernel.remove(entry)


def _run(kernel: str, place: Path, batches: list[list[str]], processor: int) -> Outcome:
    failed: list[Result] = []
    for number, arguments in enumerate(batches):
        results = place / str(number)
        end = _pytest(kernel, results, arguments, processor)
        for result in _results(results):
            if result.verdict in counts.BLAMES:
                return Outcome(FOUND, result.scenario, result.verdict, _first(result.reason))
            if result.verdict in (counts.INCONCLUSIVE, counts.NOT_JUDGED):
                failed.append(result)
        if end:
            return Outcome(FOUND, verdict="no result", text=end)
    if not failed:
        return Outcome(MISSED)
    return Outcome(NOTICED, failed[0].scenario, failed[0].verdict, _first(failed[0].reason))


def _pytest(kernel: str, results: Path, arguments: list[str], processor: int) -> str:
    """Run scenarios; return why there are no results, "" if there are."""
    # A guest's processes wake each other: on one processor it takes half the time.
    argv = ["taskset", "--cpu-list", str(processor)]
    argv += [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.stop"]
    argv += ["-p", "no:cacheprovider", "--guests", "1", "--kernel", kernel]
    argv += ["--results", str(results), *arguments]
    try:
        done = subprocess.run(
            argv,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the session did not end within {LIMIT:g} s"
    results.mkdir(parents=True, exist_ok=True)
    (results / "output.txt").write_text(done.stdout, encoding="utf-8")
    if done.returncode in (0, 1):
        return ""
    last = done.stdout.strip().rpartition("\n")[2]
    if "does not boot" in done.stdout:
        return "the kernel does not boot"
    raise LabError(f"the scenarios of {kernel} were not run: {last}", hint=f"see {results}")


def _results(place: Path) -> Iterator[Result]:
    for path in sorted(place.glob(f"*/{conformance.NAME}")):
        if not path.parent.is_symlink():
            try:
                yield from conformance.load(path.parent).results
            except HarnessError:
                continue


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]
