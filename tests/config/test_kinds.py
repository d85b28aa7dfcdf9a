"""Valid files that are easily read wrongly, and every form that makes a bond, in tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.told import cases, errors, told, written

TABLES = ("config_kinds.txt", "config_new.txt", "config_trees.txt")
CASES = {case: found for table in TABLES for case, found in cases(table).items()}


@pytest.mark.parametrize("case", CASES)
def test_a_valid_file_is_read_as_its_tool_reads_it(tmp_path: Path, case: str) -> None:
    files, expected = CASES[case]
    found = written(tmp_path, files)
    assert told(found) == expected
    assert [one for one in errors(found) if "no-monitor" not in one] == []


def test_a_table_that_says_nothing_would_be_seen() -> None:
    assert len(CASES) > 50
    assert all(files and expected for files, expected in CASES.values())
