"""Work cut for machines, and for guests of several kernels."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands import ci_jobs
from harness.errors import UsageError
from harness.session.shards import Shard, cut
from harness.session.share_out import dealt, shares
from harness.session.work_lists import Turns

IDS = [f"t{number}" for number in range(10)]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""])
def test_what_is_no_shard_is_explained(text: str) -> None:
    with pytest.raises(UsageError, match="is no shard\nhint: the second of five is 2/5"):
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


def test_one_kernel_is_shared_out_as_ever() -> None:
    assert shares({"6.1": ["a", "b", "c"]}, 2, {}) == [["a", "c"], ["b"]]


def test_two_kernels_on_two_cores_are_two_guests() -> None:
    assert shares({"5.10": ["a", "b"], "6.1": ["c", "d"]}, 2, {}) == [["a", "b"], ["c", "d"]]


def test_one_of_three_kernels_on_two_cores_is_cut_in_half() -> None:
    work = {name: [f"{name}{n}" for n in range(10)] for name in "xyz"}
    found = shares(work, 2, {})
    assert [len(pile) for pile in found] == [10, 10, 5, 5]
    assert [{name[0] for name in pile} for pile in found] == [{"x"}, {"z"}, {"y"}, {"y"}]


def test_the_longest_work_begins_first() -> None:
    found = shares({"a": ["a1"], "b": ["b1"], "c": ["c1"]}, 2, {"a1": 1, "b1": 2, "c1": 9})
    assert found[0] == ["c1"]


@given(
    st.dictionaries(st.text("k", min_size=1, max_size=4), st.integers(1, 9), min_size=1),
    st.integers(1, 8),
    st.floats(0, 9),
)
def test_each_guest_has_work_of_one_kernel_and_nothing_is_lost(
    counts: dict[str, int], cores: int, first: float
) -> None:
    work = {label: [f"{label}:{n}" for n in range(count)] for label, count in counts.items()}
    seconds = {ids[0]: first for ids in work.values()}
    found = shares(work, cores, seconds)
    assert all(pile for pile in found)
    assert all(len({name.partition(":")[0] for name in pile}) == 1 for pile in found)
    assert Counter(name for pile in found for name in pile) == Counter(
        name for ids in work.values() for name in ids
    )


def test_piles_are_as_large_as_their_parts() -> None:
    found = dealt("abcdef", [2, 1], dict.fromkeys("abcdef", 1.0))
    assert [len(pile) for pile in found] == [4, 2]


def test_results_of_several_kernels_are_shown_by_whole_files() -> None:
    turns = Turns({"a1": "old a", "a2": "old a", "b1": "new a", "b2": "new a"}, strict=False)
    assert turns.arrive("b1") == ["b1"]
    assert turns.arrive("a1") == []
    assert turns.arrive("a2") == ["a1", "a2"]
    assert turns.arrive("b2") == ["b2"]


def test_a_file_that_began_gives_way_to_the_next_when_it_is_whole() -> None:
    turns = Turns({"a1": "a", "b1": "b", "b2": "b", "c1": "c", "c2": "c"}, strict=False)
    assert turns.arrive("c1") == ["c1"]
    assert turns.arrive("b1") == []
    assert turns.arrive("c2") == ["c2", "b1"]
    assert turns.arrive("a1") == ["a1"]
    assert turns.arrive("b2") == ["b2"]


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
