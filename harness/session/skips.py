"""Why scenarios were skipped, each reason once: without `-rs` pytest shows an `s` for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

SHOWN = 5  # reasons at most: the commonest ones
PREFIX = "Skipped: "


def lines(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield a line for each of the commonest reasons, with the number of tests it skipped."""
    counts = Counter(reason for report in reports if (reason := _reason(report)))
    for reason, count in counts.most_common(SHOWN):
        yield f"{count} skipped: {reason}"
    rest = sum(count for _, count in counts.most_common()[SHOWN:])
    if rest:
        yield f"{rest} skipped for other reasons: -rs shows them"


def _reason(report: pytest.TestReport) -> str:
    if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
        return ""
    return str(report.longrepr[2]).removeprefix(PREFIX).partition("\n")[0]
