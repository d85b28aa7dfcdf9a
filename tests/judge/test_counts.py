"""The lines that end a run."""

from __future__ import annotations

import pytest

from harness.judge import counts


def report(word: str, number: int) -> pytest.TestReport:
    said = [("claim", f"{word}-{number}"), ("verdict", word)]
    where = f"test_it.py::{word}"
    return pytest.TestReport(where, ("", 0, ""), {}, "passed", None, "call", user_properties=said)


def test_the_lines_fit_80_columns_and_break_between_the_counts() -> None:
    told = list(counts.lines(report(word, n) for word in counts.WORDS for n in range(100)))
    assert max(map(len, told)) <= 80
    assert told[0].startswith("claims: ")
    assert all(line.startswith("        100 ") for line in told[1:])
    assert sum(line.count("100 ") for line in told) == len(counts.WORDS)
