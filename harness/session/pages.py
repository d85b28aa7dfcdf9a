"""The page below a failure: laid out for the terminal, part of the failure's text, painted last.

The page belongs to the failure itself, so JUnit has it too. It is laid out where the scenario runs
(a guest gets the width of the terminal) and painted where a terminal shows it.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pytest

from harness.judge import paint
from harness.judge.layout import WIDTH

COLUMNS = pytest.StashKey[int]()
PAINTED = "timeline, "  # how the title of a section with colour begins


def pytest_configure(config: pytest.Config) -> None:
    """Read the terminal's width, before pytest captures what is written to it."""
    config.stash[COLUMNS] = shutil.get_terminal_size((WIDTH, 0)).columns


def width(config: pytest.Config) -> int:
    """Return how many columns a page may have."""
    return config.stash.get(COLUMNS, WIDTH)


def attach(report: pytest.TestReport, page: Iterable[tuple[str, str]]) -> None:
    """Put a page below a failure: into its text where that has parts, else beside it."""
    add = getattr(report.longrepr, "addsection", None)
    if add is None:
        report.sections.extend(page)
        return
    for title, text in page:
        add(title, text)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Paint the pages that are going to be shown, where the terminal has colour."""
    if terminalreporter.config.get_terminal_writer().hasmarkup:
        for group in terminalreporter.stats.values():
            for report in group:
                _paint(report)
    return (yield)


def _paint(report: object) -> None:
    for sections in _sections(report):
        sections[:] = [
            (title, paint.page(text), *more) if title.startswith(PAINTED) else (title, text, *more)
            for title, text, *more in sections
        ]


def _sections(report: object) -> Iterator[list[Any]]:
    for holder in (report, getattr(report, "longrepr", None)):
        sections = getattr(holder, "sections", None)
        if isinstance(sections, list):
            yield sections
