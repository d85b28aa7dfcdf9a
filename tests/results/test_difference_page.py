"""The page of a known difference, from results of one of its scenarios."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.claims import Difference
from harness.errors import UsageError
from harness.results.conformance import Conformance, Result
from harness.results.difference_page import page, source

SCENARIO = "scenarios/test_x.py::test_it"
TEXT = '''
@claim("MIIMON-4")
@pytest.mark.parametrize("miimon", [50, 100])
def test_it(one_switch: OneSwitch, miimon: int) -> None:
    """A sentence."""
    assert miimon


def test_other() -> None:
    """Another one."""
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_x.py").write_text(TEXT)
    return tmp_path


def difference(scenario: str = SCENARIO) -> Difference:
    texts = ("what is promised", "what is done", ("MIIMON-4",), "seen")
    return Difference(99, *texts, scenario, "`bond_f` is wrong.", "Subject: it\n\nText.")


def results(*verdicts: tuple[str, str, str]) -> Conformance:
    return Conformance(tuple(Result(*one) for one in verdicts))


def test_the_page_has_the_scenario_and_its_verdict_on_each_kernel(folder: Path) -> None:
    older = results((f"{SCENARIO}[50]", "virtual@6.12", "conforms"))
    newer = results(
        (f"{SCENARIO}[50]", "virtual@7.2", "contradicts as known"),
        (f"{SCENARIO}[100]", "virtual@7.2", "contradicts as known"),
        ("scenarios/test_x.py::test_other", "virtual@7.2", "inconclusive"),
    )
    text = page(difference(), folder, {Path("new"): newer, Path("old"): older})
    table = [line for line in text.splitlines() if line.startswith("| virtual")]
    assert table == ["| virtual@6.12 | conforms |", "| virtual@7.2 | contradicts as known |"]
    assert "```python\n@claim" in text
    assert "test_other" not in text
    assert text.endswith("```text\nSubject: it\n\nText.\n```")


def test_without_a_result_of_the_scenario_there_is_no_page(folder: Path) -> None:
    with pytest.raises(UsageError, match=f"no result of {re.escape(SCENARIO)}"):
        page(difference(), folder, {folder: results()})
    with pytest.raises(UsageError, match="no result of difference 99"):
        page(difference(""), folder, {folder: results()})


def test_a_scenario_that_is_not_there_is_an_error_with_its_place(folder: Path) -> None:
    with pytest.raises(UsageError, match="has no test_gone"):
        source("scenarios/test_x.py::test_gone", folder)
    with pytest.raises(UsageError, match=r"test_gone\.py cannot be read"):
        source("scenarios/test_gone.py::test_it", folder)
