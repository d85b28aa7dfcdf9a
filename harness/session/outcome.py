"""The result of a scenario from the reports of its phases: verdict, reason, time, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.judge import counts
from harness.results.conformance import EVIDENCE

REASON = 300


def outcome(reports: Sequence[pytest.TestReport]) -> dict[str, Any]:
    """Return verdict, reason, time and evidence of an item from its phases."""
    verdict = next((found for report in reports if (found := counts.verdict_of(report))), None)
    wrong = [report for report in reports if report.outcome != "passed"]
    failed = any(report.failed for report in reports)
    if verdict is None or (failed and verdict in ("conforms", "contradicts as known")):
        verdict = "not judged" if failed else "not testable here"
    attempts = [
        value for report in reports for name, value in report.user_properties if name == "attempts"
    ]
    evidence: dict[str, Any] = next(
        (found for report in reports if (found := getattr(report, EVIDENCE, None))), {}
    )
    return {
        "verdict": verdict,
        "reason": _reason(wrong[0]) if wrong else "",
        "guest_seconds": round(sum(report.duration for report in reports), 3),
        "attempts": max((int(str(value)) for value in attempts), default=1),
        "figures": evidence.get("figures", {}),
        "options": tuple(evidence.get("options", ())),
        "settings": evidence.get("settings", {}),
        "reads": tuple(evidence.get("reads", ())),
        "history": evidence.get("history"),
    }


def _reason(report: pytest.TestReport) -> str:
    """Return in one line why an item did not pass."""
    longrepr = report.longrepr
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)[:REASON]
    if isinstance(longrepr, tuple):
        text = str(longrepr[2]).removeprefix("Skipped: ")
    elif (crash := getattr(longrepr, "reprcrash", None)) is not None:
        text = str(crash.message)
    else:
        text = str(longrepr or "")
    return next(iter(text.strip().splitlines()), "")[:REASON]
