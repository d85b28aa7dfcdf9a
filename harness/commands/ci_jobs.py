"""Jobs of a run on several machines, one for each kernel and shard, in formats of CI systems."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from harness.results.kernel_labels import labels, slugs


@dataclass(frozen=True, slots=True)
class CiJob:
    """The job of one machine; `arguments` follow `pytest scenarios/`."""

    name: str
    kernel: str
    shard: str
    arguments: str


def jobs(kernels: Iterable[str], shards: int) -> list[CiJob]:
    """Return a job for each kernel and shard."""
    chosen = list(dict.fromkeys(kernels))
    short = labels(chosen)
    slug = slugs(list(short.values()))
    return [_job(slug[short[one]], one, n, shards) for one in chosen for n in range(1, shards + 1)]


def _job(name: str, kernel: str, index: int, count: int) -> CiJob:
    arguments = shlex.quote(f"--kernel={kernel}")
    if count > 1:
        name, arguments = f"{name}-{index}of{count}", f"{arguments} --shard={index}/{count}"
    return CiJob(name, kernel, f"{index}/{count}", arguments)


def as_github(found: Sequence[CiJob]) -> str:
    """Return the value of GitHub's `strategy.matrix`, in one line, as a job output requires."""
    return json.dumps({"include": [asdict(job) for job in found]})


def as_gitlab(found: Sequence[CiJob]) -> str:
    """Return a job for a GitLab child pipeline (JSON is YAML) that extends a job `.scenarios`.

    Each instance has the variables KERNEL, SHARD and ARGUMENTS.
    """
    rows = [
        {"KERNEL": job.kernel, "SHARD": job.shard, "ARGUMENTS": job.arguments} for job in found
    ]
    return json.dumps({"scenarios": {"extends": ".scenarios", "parallel": {"matrix": rows}}})


def as_text(found: Sequence[CiJob]) -> str:
    """Return a command line for each job."""
    return "\n".join(f"pytest scenarios/ {job.arguments}" for job in found)
