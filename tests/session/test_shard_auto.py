"""`--shard auto` in the environments of job schedulers."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.session.shard_auto import shard_of
from harness.session.shards import Shard

SLURM = {
    "SLURM_ARRAY_TASK_COUNT": "3",
    "SLURM_ARRAY_TASK_MIN": "10",
    "SLURM_ARRAY_TASK_MAX": "14",
    "SLURM_ARRAY_TASK_STEP": "2",
}


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({"GITLAB_CI": "true", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, Shard(1, 4)),
        ({"GITLAB_CI": "true", "CI_NODE_INDEX": "4", "CI_NODE_TOTAL": "4"}, Shard(4, 4)),
        ({"GITLAB_CI": "true", "CI_NODE_TOTAL": "1"}, Shard(1, 1)),
        ({"BUILDKITE_PARALLEL_JOB": "0", "BUILDKITE_PARALLEL_JOB_COUNT": "2"}, Shard(1, 2)),
        ({"CIRCLE_NODE_INDEX": "1", "CIRCLE_NODE_TOTAL": "2"}, Shard(2, 2)),
        ({**SLURM, "SLURM_ARRAY_TASK_ID": "10"}, Shard(1, 3)),
        ({**SLURM, "SLURM_ARRAY_TASK_ID": "14"}, Shard(3, 3)),
        ({"JOB_COMPLETION_INDEX": "2", "SHARD_COUNT": "5"}, Shard(3, 5)),
        ({"GITHUB_ACTIONS": "true", "SHARD_INDEX": "0", "SHARD_COUNT": "2"}, Shard(1, 2)),
        # A GitLab job within a pod of an indexed job: what the user set decides.
        (
            {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2", "SHARD_INDEX": "2", "SHARD_COUNT": "3"},
            Shard(3, 3),
        ),
        ({"SLURM_ARRAY_TASK_ID": "x", "SHARD_INDEX": "2", "SHARD_COUNT": "3"}, Shard(3, 3)),
    ],
)
def test_the_job_number_of_a_scheduler_is_the_shard(
    environment: dict[str, str], shard: Shard
) -> None:
    assert shard_of(environment) == shard


@pytest.mark.parametrize(
    ("environment", "message", "hint"),
    [
        ({}, "no variable has the number of this job", "--shard 2/5"),
        ({"GITHUB_ACTIONS": "true"}, "no variable has", "strategy.job-index"),
        ({"JOB_COMPLETION_INDEX": "1"}, "SHARD_COUNT is not set", "set SHARD_COUNT"),
        ({"SHARD_INDEX": "two", "SHARD_COUNT": "3"}, 'SHARD_INDEX is "two"', "set SHARD_INDEX"),
        ({"SHARD_INDEX": "3", "SHARD_COUNT": "3"}, "not one of 3 jobs counted from 0", "gaps"),
        ({"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "2"}, "not one of 2 jobs counted from 1", "gaps"),
        ({**SLURM, "SLURM_ARRAY_TASK_ID": "11"}, "counted from 10 in steps of 2", "gaps"),
        (
            {
                "CI_NODE_INDEX": "1",
                "CI_NODE_TOTAL": "2",
                "BUILDKITE_PARALLEL_JOB": "1",
                "BUILDKITE_PARALLEL_JOB_COUNT": "2",
            },
            "1/2 by GitLab, 2/2 by Buildkite",
            "set SHARD_INDEX",
        ),
    ],
)
def test_numbers_that_tell_no_shard_are_explained(
    environment: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        shard_of(environment)
    assert message in error.value.message
    assert hint in (error.value.hint or "")
