"""Valid files that are easily read wrongly, and every form that makes a bond, in tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config_lines import cases, errors, told, written

TABLES = ("config_kinds.txt", "config_new.txt", "config_trees.txt")
CASES = {case: found for table in TABLES for case, found in cases(table).items()}


@pytest.mark.parametrize("case", CASES)
def test_a_valid_file_is_read_as_its_tool_reads_it(tmp_path: Path, case: str) -> None:
    files, expected = CASES[case]
    found = written(tmp_path, files)
    assert told(found) == expected
    assert [one for one in errors(found) if "no-monitor" not in one] == []


def test_networkmanager_monitors_no_bond_that_it_leaves_alone(tmp_path: Path) -> None:
    text = 'DEVICE=b1\nBONDING_OPTS="mode=1"\n'
    (said,) = errors(written(tmp_path, {"ifcfg-b1": f"{text}NM_CONTROLLED=no\n"}))
    assert "b1 monitors no link" in said
    assert not errors(written(tmp_path, {"ifcfg-b1": text}))


def test_a_table_that_says_nothing_would_be_seen() -> None:
    assert len(CASES) > 50
    assert all(files and expected for files, expected in CASES.values())
