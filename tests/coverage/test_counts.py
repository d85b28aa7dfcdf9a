"""What is made of gcov's reports, and of a directory that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.errors import UsageError
from tests.coverage import counts
from tests.coverage.__main__ import main

MAIN = "/src/drivers/net/bonding/bond_main.c"


def line(number: int, count: int) -> dict[str, Any]:
    return {"line_number": number, "count": count}


def report(name: str, lines: list[dict[str, Any]], **functions: int) -> dict[str, Any]:
    named = [{"name": one, "execution_count": times} for one, times in functions.items()]
    return {"files": [{"file": name, "lines": lines, "functions": named}]}


def test_guests_are_added_and_a_line_of_several_functions_counts_once() -> None:
    first = counts.of_report(report(MAIN, [line(1, 0), line(2, 3), line(2, 0)], f=3, g=0))
    second = counts.of_report(report(MAIN, [line(1, 0), line(2, 1), line(4, 2)], f=1, g=0, h=2))
    total = counts.merged([first, second])["bond_main.c"]
    assert total.lines == {1: 0, 2: 4, 4: 2}
    assert total.reached() == (2, 3)
    assert total.unreached() == ["g"]


def test_headers_are_left_out() -> None:
    assert counts.of_report(report("/src/include/net/bonding.h", [line(1, 1)], f=1)) == {}


def test_a_directory_without_counts_is_an_error_that_says_how_to_count(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no counts of a guest") as caught:
        counts.of_directory(tmp_path, tmp_path)
    assert "HARNESS_COUNTS" in caught.value.hint


def test_a_kernel_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [f"suite={tmp_path}", "--kernel", "coverage@1.0"])
    assert done.exit_code == 4
    assert "hint: harness kernels build coverage@7.2" in done.output
