"""Names of the files of a recording."""

from __future__ import annotations

import pytest

from harness.history.files import CAPTURE, HISTORY, capture_of, numbered


@pytest.mark.parametrize("number", [1, 2, 11])
def test_the_capture_of_a_history_has_its_number(number: int) -> None:
    assert capture_of(numbered(HISTORY, number)) == numbered(CAPTURE, number)


def test_the_first_file_has_no_number() -> None:
    assert [numbered(HISTORY, number) for number in (1, 2)] == ["history.jsonl", "history-2.jsonl"]
