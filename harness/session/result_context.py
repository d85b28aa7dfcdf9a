"""Fields of a result besides its verdict: docstring, reproduce command, page of a failure."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.claims import catalogue
from harness.errors import LabError
from harness.results.conformance import Result
from harness.session import reproduce
from harness.session.fixtures import folder_of
from harness.whole_file import replacing

PAGE = "failure.txt"


def context(item: pytest.Item, spec: str, chosen: str | None) -> dict[str, Any]:
    """Return docstring and reproduce command of a scenario, as fields of a Result."""
    function = getattr(item, "function", None)
    return {
        "docstring": inspect.getdoc(function) or "" if function else "",
        "reproduce": reproduce.command(item, spec, chosen),
    }


def claim_texts(results: Iterable[Result]) -> dict[str, dict[str, str]]:
    """Return section, text and kind of each claim that some results judge, by its id."""
    known = catalogue().claims
    ids = dict.fromkeys(name for result in results for name in result.claims if name in known)
    return {
        name: {"section": claim.section, "text": claim.text, "kind": claim.kind}
        for name, claim in ((name, known[name]) for name in ids)
    }


def keep_page(directory: Path, nodeid: str, reports: Sequence[pytest.TestReport]) -> str | None:
    """Write what a terminal shows of a failed scenario beside its recording; return the path.

    The path is relative to `directory`; None where nothing failed, or it cannot be written.
    """
    text = "\n".join(part for report in reports if report.failed for part in _parts(report))
    if not text:
        return None
    path = directory / folder_of(nodeid) / PAGE
    try:
        with replacing(path, path.with_suffix(".part"), hint="", parents=True) as file:
            file.write(text)
    except LabError:  # conformance.json will not be written either, and that is reported
        return None
    return str(path.relative_to(directory))


def _parts(report: pytest.TestReport) -> Iterable[str]:
    yield f"{report.nodeid}, {report.when}\n\n{report.longreprtext}\n"
    for title, text in report.sections:
        yield f"{f' {title} ':-^80}\n{text}\n"
