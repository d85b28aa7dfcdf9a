"""What a run says of scenarios that were skipped, and how wide its header is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.guests.facts import Facts
from harness.session import skips


def skipped(reason: str) -> pytest.TestReport:
    """Return the report of a scenario that was skipped."""
    where = ("test_x.py", 1, f"Skipped: {reason}")
    return pytest.TestReport("x", ("test_x.py", 1, "x"), {}, "skipped", where, "setup")


def test_each_reason_is_reported_once_the_commonest_first() -> None:
    reports = [skipped("no USB")] + [skipped("too slow\nhint: virtual")] * 3
    assert list(skips.lines(reports)) == ["3 skipped: too slow", "1 skipped: no USB"]


def test_rare_reasons_are_only_counted() -> None:
    reports = [skipped(f"reason {number}") for number in range(8)]
    assert list(skips.lines(reports))[-1] == "3 skipped for other reasons: -rs shows them"
    assert len(list(skips.lines(reports))) == skips.SHOWN + 1


def test_known_contradictions_and_passes_are_no_skips() -> None:
    known = skipped("contradicted")
    known.wasxfail = "contradicted"
    passed = pytest.TestReport("x", ("test_x.py", 1, "x"), {}, "passed", None, "call")
    assert list(skips.lines([known, passed])) == []


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
@pytest.mark.parametrize("unread", ["", "Operation not permitted (kernel.dmesg_restrict)"])
def test_the_header_is_no_wider_than_the_terminal(width: int, unread: str) -> None:
    facts = Facts(
        "netns in uml 6.1.176", "6.1.176um", 100, "real", "6.1.176", 300_000, "root", unread
    )
    lines = facts.block(width).splitlines()
    assert max(map(len, lines)) <= width
    apart = replace(
        facts, lab="qemu (6.1.0-41-amd64)", nic="e1000", offset=-1_250_000, error=90_000
    )
    assert max(map(len, apart.block(width).splitlines())) <= width
    told = " ".join(apart.block(width).split())
    assert "offset -1.2 ms to the DUT's clock, error 0.1 ms" in told
    assert "NICs e1000" in told
    words = " ".join(facts.block(width).split())
    for entry in ("lab netns in uml 6.1.176", "HZ=100", "jitter 0.3 ms", "tolerance 10.3 ms ="):
        assert entry in words
    assert (len(lines) == 2) == (width > 92 and not unread)
