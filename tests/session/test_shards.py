"""Work cut for several machines."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands import ci_jobs
from harness.errors import UsageError
from harness.session.shards import Shard, cut

IDS = [f"t{number}" for number in range(10)]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""])
def test_what_is_no_shard_is_explained(text: str) -> None:
    with pytest.raises(UsageError, match="is not a shard\nhint: the second of five is 2/5"):
        Shard.parse(text)


def test_shards_are_even_by_number_where_no_times_are_known() -> None:
    parts = [cut(IDS, Shard(n, 3), {}).mine for n in (1, 2, 3)]
    assert sorted(map(len, parts)) == [3, 3, 4]
    assert sorted(name for part in parts for name in part) == sorted(IDS)


def test_shards_are_even_by_time_where_times_are_known() -> None:
    parts = [cut("abcd", Shard(n, 2), {"a": 9, "b": 3, "c": 3, "d": 3}).mine for n in (1, 2)]
    assert parts == [("a",), ("b", "c", "d")]


@given(
    st.lists(st.text("abc", min_size=1), unique=True),
    st.integers(1, 6),
    st.dictionaries(st.text("abc", min_size=1), st.floats(0, 100)),
)
def test_every_scenario_is_in_one_shard_and_a_cut_can_be_made_again(
    ids: list[str], count: int, seconds: dict[str, float]
) -> None:
    cuts = [cut(ids, Shard(n, count), seconds) for n in range(1, count + 1)]
    assert Counter(name for one in cuts for name in one.mine) == Counter(ids)
    assert {one.digest for one in cuts} == {cut(list(ids), Shard(1, count), dict(seconds)).digest}


def test_cuts_by_other_times_can_be_told_by_their_digest() -> None:
    assert (
        cut("abc", Shard(1, 2), {}).digest
        != cut("abc", Shard(1, 2), {"a": 1, "b": 1, "c": 9}).digest
    )


def test_jobs_are_one_for_each_kernel_and_shard() -> None:
    found = ci_jobs.jobs(["uml@6.1", "uml@6.12", "uml@6.1"], 2)
    assert json.loads(ci_jobs.as_github(found)) == {
        "include": [
            {"name": name, "kernel": kernel, "shard": shard, "arguments": arguments}
            for name, kernel, shard, arguments in [
                ("uml-6.1-1of2", "uml@6.1", "1/2", "--kernel=uml@6.1 --shard=1/2"),
                ("uml-6.1-2of2", "uml@6.1", "2/2", "--kernel=uml@6.1 --shard=2/2"),
                ("uml-6.12-1of2", "uml@6.12", "1/2", "--kernel=uml@6.12 --shard=1/2"),
                ("uml-6.12-2of2", "uml@6.12", "2/2", "--kernel=uml@6.12 --shard=2/2"),
            ]
        ]
    }
    assert "\n" not in ci_jobs.as_github(found)


def test_a_job_without_shards_has_none() -> None:
    (found,) = ci_jobs.jobs(["host"], 1)
    assert ci_jobs.as_text([found]) == "pytest scenarios/ --kernel=host"
    (row,) = json.loads(ci_jobs.as_gitlab([found]))["scenarios"]["parallel"]["matrix"]
    assert row == {"KERNEL": "host", "SHARD": "1/1", "ARGUMENTS": "--kernel=host"}
