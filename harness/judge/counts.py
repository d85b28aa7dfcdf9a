"""Verdicts about claims, read from the reports of tests: which, and how many of each."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from harness.errors import HarnessError, Inconclusive, NotPromised, OverLimit
from harness.plural import counted

COLUMNS = 80  # of the narrowest usual terminal
NO_BREAK = "\N{NO-BREAK SPACE}"
CLAIM, VERDICT, ATTEMPTS = "claim", "verdict", "attempts"
INCONCLUSIVE, NOT_PROMISED = "inconclusive", "not promised"
NOT_TESTABLE = "not testable here"
NOT_JUDGED = "not judged"
CONTRADICTS = "contradicts"
OWN_BOUND = "misses own bound"  # a number of the scenario's own, which nothing documents
EXCEEDS = "exceeds limit"  # of --max-outage: the user's own
REPORTED, CRASHED = "kernel report", "kernel crash"
AGAINST = "conforms against expectation"  # where a contradiction is on record
# Verdicts that blame the kernel.
BLAMES = (CONTRADICTS, AGAINST, REPORTED, CRASHED, OWN_BOUND)

# In order of weight: the verdict of a claim is that of its scenarios which comes last here.
WORDS = {
    NOT_PROMISED: NOT_PROMISED,
    NOT_TESTABLE: NOT_TESTABLE,
    "conforms": "conform",
    "contradicts as known": "contradict as known",
    NOT_JUDGED: NOT_JUDGED,
    EXCEEDS: "exceed the limit",
    OWN_BOUND: "miss own bounds",
    INCONCLUSIVE: INCONCLUSIVE,
    REPORTED: "kernel reports",
    CRASHED: "kernel crashes",
    AGAINST: "conform against expectation",
    CONTRADICTS: "contradict",
}

OF_ERRORS = {OverLimit: EXCEEDS, Inconclusive: INCONCLUSIVE}  # any other judges nothing


class TestReport(Protocol):
    """The attributes of a pytest report that are read."""

    nodeid: str
    outcome: Any
    user_properties: list[tuple[str, Any]]


def verdict(report: TestReport, error: BaseException | None, wrong: str = CONTRADICTS) -> str:
    """Return the verdict of one phase of a scenario, from its report and what it raised.

    `wrong` is the verdict if an assertion failed: it depends on the basis of the assertion.
    """
    if report.outcome == "passed":
        return "conforms"
    if isinstance(error, NotPromised):
        return NOT_PROMISED
    if report.outcome == "skipped":
        return "contradicts as known" if hasattr(report, "wasxfail") else NOT_TESTABLE
    if error is None:
        return AGAINST
    if not isinstance(error, HarnessError):
        return wrong
    return next((word for kind, word in OF_ERRORS.items() if isinstance(error, kind)), NOT_JUDGED)


def verdict_of(report: TestReport) -> str | None:
    """Return the verdict that a report carries, None where it carries none."""
    return next(_values(report, VERDICT), None)


def by_claim(reports: Iterable[TestReport]) -> dict[str, str]:
    """Return for each claim the verdict of its scenarios that has the most weight."""
    order = list(WORDS)
    found: dict[str, str] = {}
    for report in reports:
        # A scenario that never came to its verdict (its guest died) judged nothing.
        own = verdict_of(report) or (NOT_JUDGED if report.outcome == "failed" else None)
        for claim in claims_in(report):
            if own and order.index(own) >= order.index(found.get(claim, own)):
                found[claim] = own
    return found


def claims_in(report: TestReport) -> Iterator[str]:
    """Yield the claims that a report is about."""
    yield from _values(report, CLAIM)


def worst_outage(reports: Iterable[TestReport]) -> tuple[float, str] | None:
    """Return the longest outage that ended, in ms, and the scenario that had it."""
    outages = [
        (float(value), report.nodeid)
        for report in reports
        for value in _values(report, "outage_ms")
        if value != "never"
    ]
    return max(outages, default=None)


def lines(reports: Iterable[TestReport]) -> Iterator[str]:
    """Yield the lines that end a run: claims by verdict, and the worst outage."""
    reports = list(reports)
    counts = Counter(by_claim(reports).values())
    if counts:
        parts = [_counted(counts[word], word) for word in WORDS if counts[word]]
        yield from _wrapped("claims: ", parts)
    again = len({report.nodeid for report in reports if list(_values(report, ATTEMPTS))})
    if again:
        scenarios = counted(again, "scenario")
        yield f"recorded again, as it could not be judged at first: {scenarios}"
    worst = worst_outage(reports)
    if worst:
        yield f"worst outage {worst[0]:.1f} ms ({worst[1].rpartition('::')[2]})"


def _wrapped(head: str, items: Iterable[str]) -> Iterator[str]:
    """Yield items with commas between them in lines, none of them broken."""
    whole = ", ".join(item.replace(" ", NO_BREAK) for item in items)
    for line in textwrap.wrap(head + whole, COLUMNS, subsequent_indent=" " * len(head)):
        yield line.replace(NO_BREAK, " ")


def _counted(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else WORDS[word]}"


def _values(report: TestReport, wanted: str) -> Iterator[str]:
    # Reports of other plugins may have no properties.
    for name, value in getattr(report, "user_properties", ()):
        if name == wanted:
            yield str(value)
