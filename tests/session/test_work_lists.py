"""Work is divided so that guests end together, and results come back in pytest's order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.session.results_directory import new_directory, point_latest
from harness.session.work_lists import Turns, in_proportion, split, split_by_kernel


def test_work_is_dealt_in_turns_when_nothing_is_known() -> None:
    assert split("abcde", 2, {}) == [["a", "c", "e"], ["b", "d"]]


def test_work_is_balanced_by_earlier_runs() -> None:
    assert split("abcd", 2, {"a": 9, "b": 3, "c": 3, "d": 3}) == [["a"], ["b", "c", "d"]]


def test_no_guest_is_without_work() -> None:
    assert split("ab", 8, {}) == [["a"], ["b"]]


def test_results_wait_for_the_files_before_theirs() -> None:
    turns = Turns({"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"})
    assert turns.arrive("b1") == []
    assert turns.arrive("a2") == ["a2"]
    assert turns.arrive("c1") == []
    assert turns.arrive("a1") == ["a1", "b1"]
    assert turns.arrive("b2") == ["b2", "c1"]


def test_an_urgent_result_does_not_wait() -> None:
    turns = Turns({"a1": "a", "b1": "b", "b2": "b"})
    assert turns.arrive("b1") == []
    assert turns.arrive("b2", urgent=True) == ["b1", "b2"]
    assert turns.arrive("a1") == ["a1"]


def test_directories_of_results_made_at_once_differ(tmp_path: Path) -> None:
    made = [new_directory(tmp_path) for _ in range(3)]
    assert len(set(made)) == 3
    assert not (tmp_path / "latest").exists()
    for one in made:
        point_latest(one)
        assert (tmp_path / "latest").resolve() == one


def test_one_kernel_is_divided_as_by_split() -> None:
    assert split_by_kernel({"6.1": ["a", "b", "c"]}, 2, {}) == [["a", "c"], ["b"]]


def test_two_kernels_on_two_cores_are_two_guests() -> None:
    assert split_by_kernel({"5.10": ["a", "b"], "6.1": ["c", "d"]}, 2, {}) == [
        ["a", "b"],
        ["c", "d"],
    ]


def test_one_of_three_kernels_on_two_cores_is_cut_in_half() -> None:
    work = {name: [f"{name}{n}" for n in range(10)] for name in "xyz"}
    found = split_by_kernel(work, 2, {})
    assert [len(pile) for pile in found] == [10, 10, 5, 5]
    assert [{name[0] for name in pile} for pile in found] == [{"x"}, {"z"}, {"y"}, {"y"}]


def test_the_longest_work_begins_first() -> None:
    found = split_by_kernel(
        {"a": ["a1"], "b": ["b1"], "c": ["c1"]}, 2, {"a1": 1, "b1": 2, "c1": 9}
    )
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
    found = split_by_kernel(work, cores, seconds)
    assert all(pile for pile in found)
    assert all(len({name.partition(":")[0] for name in pile}) == 1 for pile in found)
    assert Counter(name for pile in found for name in pile) == Counter(
        name for ids in work.values() for name in ids
    )


def test_piles_are_as_large_as_their_parts() -> None:
    found = in_proportion("abcdef", [2, 1], dict.fromkeys("abcdef", 1.0))
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
