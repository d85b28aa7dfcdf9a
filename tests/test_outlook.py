"""What a run says it will take: by what is known of its tests, else by what is usual."""

from __future__ import annotations

import pytest

from harness.session import outlook


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "some seconds"), (9, "about 10 s"), (44, "about 40 s"), (58, "about 1 min")],
)
def test_durations_are_spoken_roughly(seconds: float, words: str) -> None:
    assert outlook.spoken(seconds) == words
