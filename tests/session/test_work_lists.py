"""Work is shared out so that guests end together, and results come back in pytest's order."""

from __future__ import annotations

from pathlib import Path

from harness.session.results_directory import new_directory, point_latest
from harness.session.work_lists import Turns, split


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
