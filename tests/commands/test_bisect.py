"""`harness bisect`: verdicts from results."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.commands.kernel_verdict import sum_up
from harness.results.conformance import Result


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        (["conforms", "conforms"], "good"),
        (["conforms", "contradicts as known", "not promised"], "good"),
        (["conforms", "contradicts", "inconclusive"], "bad"),
        (["kernel crash"], "bad"),
        (["conforms against expectation"], "bad"),
        (["conforms", "inconclusive"], "skip"),
        (["not judged"], "skip"),
        (["not promised"], "skip"),
        ([], "skip"),
    ],
)
def test_a_kernel_is_bad_if_any_scenario_blames_it(verdicts: list[str], word: str) -> None:
    assert sum_up(tuple(Result("s", "k", verdict) for verdict in verdicts)).word == word


@pytest.mark.process
def test_a_tree_that_is_no_repository_is_rejected(tmp_path: Path) -> None:
    command = ["bisect", "a", "b", "--tree", str(tmp_path), "--", "scenarios/test_miimon.py"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 4
    assert "is not a git repository" in done.output
