"""The pages of docs/findings/ agree with the catalogue and with the scenarios that they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.claims import Difference, catalogue
from harness.results.difference_page import source

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "findings"
REPORTED = [one for one in catalogue().differences if one.report]


def test_each_difference_with_a_report_has_a_page_and_no_other_has() -> None:
    pages = {path.name for path in PAGES.glob("*.md")}
    assert pages == {f"{one.number}.md" for one in REPORTED}


@pytest.mark.parametrize("one", REPORTED, ids=lambda one: str(one.number))
def test_a_page_shows_the_scenario_and_the_texts_as_they_are(one: Difference) -> None:
    page = (PAGES / f"{one.number}.md").read_text(encoding="utf-8")
    hint = f"harness claims difference {one.number} RESULTS... > docs/findings/{one.number}.md"
    texts = (one.documentation, one.kernel, one.cause, one.report.strip())
    for text in (*texts, source(one.scenario, ROOT)):
        assert text, f"difference {one.number} lacks a text"
        assert text in page, hint
    assert all(name in page for name in one.ids), hint


@pytest.mark.parametrize("one", REPORTED, ids=lambda one: str(one.number))
def test_a_report_can_be_sent_as_it_is(one: Difference) -> None:
    lines = one.report.strip().splitlines()
    assert lines[0].startswith("Subject: ")
    assert max(map(len, lines)) <= 88


def test_a_page_has_a_verdict_of_a_kernel() -> None:
    for path in PAGES.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert "| kernel | verdict |" in text, path
        assert " | contradicts as known |" in text or " | conforms |" in text, path
