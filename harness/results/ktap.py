"""Results as KTAP, the text by which the kernel's own tests report: kselftest and KUnit.

Source: Documentation/dev-tools/ktap.rst, tools/testing/selftests/kselftest.h (the directives and
the line of totals), tools/testing/kunit/kunit_parser.py (what a reader accepts).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from harness.judge import counts
from harness.results import repetition
from harness.results.changes import in_words, shown
from harness.results.conformance import Conformance, Result

Total = Literal["pass", "fail", "xfail", "xpass", "skip", "error"]
TOTALS: tuple[Total, ...] = ("pass", "fail", "xfail", "xpass", "skip", "error")


class Outcome(NamedTuple):
    """How KTAP states a verdict: `ok` or `not ok`, its directive, its place in the totals."""

    ok: bool
    directive: str
    total: Total


# KTAP has no word for what could not be judged. Skipped, it would pass for a result that is fine:
# so it is not ok, and counts as an error of the test, as ksft_test_result_error() does.
OUTCOMES: Mapping[str, Outcome] = {
    "conforms": Outcome(True, "", "pass"),
    counts.NOT_PROMISED: Outcome(True, "SKIP not promised", "skip"),
    counts.NOT_TESTABLE: Outcome(True, "SKIP", "skip"),
    "contradicts as known": Outcome(True, "XFAIL", "xfail"),
    counts.NOT_JUDGED: Outcome(False, "ERROR not judged", "error"),
    counts.INCONCLUSIVE: Outcome(False, "ERROR inconclusive", "error"),
    counts.EXCEEDS: Outcome(False, "exceeds limit", "fail"),
    counts.OWN_BOUND: Outcome(False, "misses own bound", "fail"),
    counts.REPORTED: Outcome(False, "kernel report", "fail"),
    counts.CRASHED: Outcome(False, "kernel crash", "fail"),
    "conforms against expectation": Outcome(False, "XPASS", "xpass"),
    counts.CONTRADICTS: Outcome(False, "contradicts", "fail"),
}
# Texts at which kunit_parser.py takes a log for finished (KTAP_END), wherever they stand.
ENDS = re.compile(r"(List of all partitions|Kernel panic - not syncing|reboot):")
DIRECTIVES = re.compile(r"#(?=\s*(skip|todo))", re.IGNORECASE)  # the last of a line would count


def text(found: Conformance) -> Iterator[str]:
    """Yield the lines of a KTAP document: one flat list, as a kselftest prints it.

    Of a session that was cut short the plan has more tests than there are, which readers report.
    """
    yield "KTAP version 1"
    for label in found.labels():
        yield _comment(_kernel(label, found.kernels.get(label, {})))
    for session in found.sessions:
        yield _comment(f"command: {session.get('command', '')}")
    yield f"1..{max(found.planned, len(found.results))}"
    several = len(found.labels()) > 1
    for number, one in enumerate(found.results, start=1):
        yield from _test(number, one, found, several=several)
    if short := found.short():
        yield f"Bail out! the run {short}"
    yield _totals(found.results)


def _test(number: int, one: Result, found: Conformance, *, several: bool) -> Iterator[str]:
    """Yield one test: its diagnostics stand before its result, as kunit_parser.py assigns them."""
    outcome = OUTCOMES[one.verdict]
    if not outcome.ok:
        yield from _about(one, found)
    for name, figure in one.figures.items():
        yield _comment(f"{name} {shown(figure)}{_bounds(figure)}")
    if one.statistics:
        for line in repetition.lines("repeated", one.statistics, one.figures):
            yield _comment(line)
    if not outcome.ok and one.reproduce:
        yield _comment(f"reproduce: {one.reproduce}")
    if not outcome.ok and one.history:
        yield _comment(f"recording: {one.history}")
    name = f"{one.scenario} on {one.kernel}" if several else one.scenario
    word = "ok" if outcome.ok else "not ok"
    yield f"{word} {number} {_plain(name).replace('#', '_')}{_directive(outcome, one.reason)}"


def _about(one: Result, found: Conformance) -> Iterator[str]:
    for claim in one.claims:
        known = found.claims.get(claim, {})
        about = f" ({known['section']}): {known['text']}" if known else ""
        yield _comment(f"claim {claim}{about}")
    if one.docstring:
        yield _comment(one.docstring)


def _directive(outcome: Outcome, reason: str) -> str:
    if not outcome.directive:
        return ""
    apart = " " if outcome.directive in ("SKIP", "XFAIL", "XPASS") else ": "
    why = DIRECTIVES.sub("-", _plain(reason))
    return f" # {outcome.directive}{apart}{why}".rstrip(": ")


def _bounds(figure: Mapping[str, Any]) -> str:
    bounds = [f"{one['op']} {in_words(one['ms'])}" for one in figure.get("bounds", ())]
    held = f", held against {' and '.join(bounds)}" if bounds else ""
    return f"{held} (tolerance {in_words(figure['tolerance_ms'])})"


def _kernel(label: str, facts: Mapping[str, Any]) -> str:
    if not facts:
        return f"kernel {label}: did not boot"
    hz = f", HZ={facts['hz']}, {facts.get('clock', '')} clock" if "hz" in facts else ""
    lab = f", lab {facts['lab']}" if facts.get("lab") else ""
    return f"kernel {label}: linux {facts.get('kernel', '')}{hz}{lab}"


def _totals(results: Sequence[Result]) -> str:
    count = Counter(OUTCOMES[result.verdict].total for result in results)
    return _comment(f"Totals: {' '.join(f'{name}:{count[name]}' for name in TOTALS)}")


def _comment(text: str) -> str:
    plain = _plain(text)
    return f"# - {plain}" if plain.startswith("Subtest:") else f"# {plain}"


def _plain(text: str) -> str:
    """Return a text as one line that ends no document."""
    return ENDS.sub(r"\1 -", " ".join(text.split()))
