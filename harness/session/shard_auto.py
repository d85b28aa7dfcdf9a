"""`--shard auto`: the shard of this machine, from the variables that its job scheduler sets.

| scheduler | index | counted from | number of jobs |
|---|---|---|---|
| GitLab (`parallel: N`) | `CI_NODE_INDEX` | 1 | `CI_NODE_TOTAL` |
| Buildkite (`parallelism: N`) | `BUILDKITE_PARALLEL_JOB` | 0 | `BUILDKITE_PARALLEL_JOB_COUNT` |
| CircleCI (`parallelism: N`) | `CIRCLE_NODE_INDEX` | 0 | `CIRCLE_NODE_TOTAL` |
| Slurm (`--array=`) | `SLURM_ARRAY_TASK_ID` | `SLURM_ARRAY_TASK_MIN` | `SLURM_ARRAY_TASK_COUNT` |
| Kubernetes (indexed job) | `JOB_COMPLETION_INDEX` | 0 | `SHARD_COUNT`, set by the user |
| others, GitHub | `SHARD_INDEX`, set by the user | 0 | `SHARD_COUNT`, set by the user |

Kubernetes gives a pod its index only, and GitHub has both only as expressions,
`strategy.job-index` and `strategy.job-total`: there the job's definition sets the variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import UsageError
from harness.session.shards import Shard


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Names of the variables in which a scheduler numbers its jobs."""

    name: str
    index: str
    count: str
    first: int = 0
    """The index of the first job."""
    lowest: str = ""
    """The variable with the index of the first job, where that is not fixed."""
    step: str = ""
    """The variable with the distance between two indexes, where that is not 1."""


USER = Scheduler("the user", "SHARD_INDEX", "SHARD_COUNT")
SCHEDULERS = (
    Scheduler("GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", first=1),
    Scheduler("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"),
    Scheduler("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"),
    Scheduler(
        "Slurm",
        "SLURM_ARRAY_TASK_ID",
        "SLURM_ARRAY_TASK_COUNT",
        lowest="SLURM_ARRAY_TASK_MIN",
        step="SLURM_ARRAY_TASK_STEP",
    ),
    Scheduler("Kubernetes", "JOB_COMPLETION_INDEX", "SHARD_COUNT"),
)

GITHUB = (
    "GitHub passes it on by env: SHARD_INDEX: ${{ strategy.job-index }} and "
    "SHARD_COUNT: ${{ strategy.job-total }}"
)


def shard_of(environment: Mapping[str, str]) -> Shard:
    """Return this machine's shard; raises UsageError if the variables do not determine it.

    Variables set by the user count before those of a scheduler, since a job of one scheduler may
    run in a pod of another.
    """
    if USER.index in environment:
        return _shard(USER, environment)
    found = {scheduler.name: _shard(scheduler, environment) for scheduler in _present(environment)}
    if not found:
        seen = ", ".join(scheduler.index for scheduler in (USER, *SCHEDULERS))
        hint = GITHUB if "GITHUB_ACTIONS" in environment else "name the part: --shard 2/5"
        raise UsageError(f"no variable has the number of this job (looked for {seen})", hint=hint)
    if len(set(found.values())) > 1:
        seen = ", ".join(f"{shard} by {name}" for name, shard in found.items())
        raise UsageError(
            f"several schedulers number this job differently: {seen}",
            hint="set SHARD_INDEX (from 0) and SHARD_COUNT, or name the part: --shard 2/5",
        )
    return next(iter(found.values()))


def _present(environment: Mapping[str, str]) -> Iterator[Scheduler]:
    """Yield the schedulers whose index is set; GitLab sets none for a single job."""
    for scheduler in SCHEDULERS:
        alone = scheduler.name == "GitLab" and environment.get(scheduler.count) == "1"
        if scheduler.index in environment or alone:
            yield scheduler


def _shard(scheduler: Scheduler, environment: Mapping[str, str]) -> Shard:
    first = _number(environment, scheduler.lowest) if scheduler.lowest else scheduler.first
    step = _number(environment, scheduler.step, 1) if scheduler.step else 1
    count = _number(environment, scheduler.count)
    index = _number(environment, scheduler.index, first)
    place, rest = divmod(index - first, step or 1)
    if rest or not 0 <= place < count:
        raise UsageError(
            f"{scheduler.index}={index} is not one of {count} jobs counted from {first}"
            + (f" in steps of {step}" if step != 1 else ""),
            hint="number the jobs without gaps, or name the part: --shard 2/5",
        )
    return Shard(place + 1, count)


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit()):
        seen = "not set" if text is None else f'"{text}"'
        raise UsageError(
            f"{name} is {seen}, a number was expected",
            hint=f"set {name}, or name the part: --shard 2/5",
        )
    return int(text)
