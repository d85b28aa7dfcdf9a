"""KTAP, as the kernel's own parser reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.judge import counts
from harness.results import ktap
from harness.results.conformance import Conformance
from tests.kunit import parsed
from tests.result_directories import conformance, figure, place, result

READ_AS = {"pass": "SUCCESS", "xfail": "SUCCESS", "skip": "SKIPPED"}  # any other is FAILURE


def every_verdict() -> Conformance:
    return conformance(
        *(
            result(f"test_{number}", verdict=verdict, reason=f"because: {verdict}")
            for number, verdict in enumerate(counts.WORDS)
        )
    )


def lines(found: Conformance) -> list[str]:
    return list(ktap.text(found))


def test_each_verdict_has_its_place() -> None:
    assert set(ktap.OUTCOMES) == set(counts.WORDS)
    said = [line for line in lines(every_verdict()) if not line.startswith("#")]
    where = "scenarios/test_a.py::test_"
    assert said == [
        "KTAP version 1",
        "1..12",
        f"ok 1 {where}0 # SKIP not promised: because: not promised",
        f"ok 2 {where}1 # SKIP because: not testable here",
        f"ok 3 {where}2",
        f"ok 4 {where}3 # XFAIL because: contradicts as known",
        f"not ok 5 {where}4 # ERROR not judged: because: not judged",
        f"not ok 6 {where}5 # exceeds limit: because: exceeds limit",
        f"not ok 7 {where}6 # misses own bound: because: misses own bound",
        f"not ok 8 {where}7 # ERROR inconclusive: because: inconclusive",
        f"not ok 9 {where}8 # kernel report: because: kernel report",
        f"not ok 10 {where}9 # kernel crash: because: kernel crash",
        f"not ok 11 {where}10 # XPASS because: conforms against expectation",
        f"not ok 12 {where}11 # contradicts: because: contradicts",
    ]
    assert lines(every_verdict())[-1] == "# Totals: pass:1 fail:5 xfail:1 xpass:1 skip:2 error:2"


def test_the_kernels_parser_reads_each_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    test, said = parsed(lines(every_verdict()), monkeypatch)
    assert test.counts.errors == 0, said
    expected = [READ_AS.get(ktap.OUTCOMES[word].total, "FAILURE") for word in counts.WORDS]
    assert [one.status.name for one in test.subtests] == expected
    assert (test.counts.passed, test.counts.failed, test.counts.skipped) == (2, 8, 2)
    assert test.subtests[0].skip_reason == "not promised: because: not promised"
    assert test.status.name == "FAILURE"


def test_a_failure_carries_what_explains_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(
        result("test_x", "old", "contradicts", "too late", detection=figure(509.4, bound=300.0)),
        claims=("ARPVAL-9",),
        docstring="The slave is\n\nfound dead.",
        reproduce="pytest 'test_a.py::test_x[1]'",
        history="test_a.test_x/history.jsonl",
    )
    text = {"section": "2.11 arp_validate", "text": "It sees through.", "kind": "documented"}
    session = {"command": "pytest scenarios", "date": "2026-11-26T10:00:00+00:00"}
    found = conformance(one, claims={"ARPVAL-9": text}, sessions=(session,))
    test, said = parsed(lines(found), monkeypatch)
    assert test.counts.errors == 0, said
    assert test.log == ["# kernel old: linux 6.1.176", "# command: pytest scenarios"]
    assert test.subtests[0].log == [
        "# claim ARPVAL-9 (2.11 arp_validate): It sees through.",
        "# The slave is found dead.",
        "# detection 509.4 ms, held against <= 300.0 ms (tolerance 11.0 ms)",
        "# reproduce: pytest 'test_a.py::test_x[1]'",
        "# recording: test_a.test_x/history.jsonl",
    ]


HOSTILE = (
    "test_x[#1 # SKIP]",
    "test_x[- - a]",
    "test_x[1..4]",
    "test_x[line\nok 9 forged]",
    "test_x[reboot: System halted]",
    "test_x[\\#]",
)


def test_no_text_of_a_scenario_forges_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor ends the document: the parser stops at what a kernel says when it halts."""
    reasons = (
        "x # SKIP not really",
        "Kernel panic - not syncing: VFS: no root",
        "\nok 99 forged",
        "List of all partitions:",
        "KTAP version 1",
        "Subtest: forged",
    )
    found = conformance(
        *(
            replace(
                result(name, verdict="contradicts", reason=reason),
                docstring=f"{reason}\n1..7",
                reproduce=reason,
            )
            for name, reason in zip(HOSTILE, reasons, strict=True)
        )
    )
    test, said = parsed(lines(found), monkeypatch)
    assert test.counts.errors == 0, said
    assert [one.status.name for one in test.subtests] == ["FAILURE"] * len(HOSTILE), said
    assert "forged" not in {one.name for one in test.subtests}


def test_a_run_that_was_cut_short_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    found = conformance(result("test_x"), planned=3)
    said = lines(found)
    assert "1..3" in said
    assert said[-2:] == [
        "Bail out! the run was cut short: 1 of 3 scenarios have a result",
        "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0",
    ]
    test, printed = parsed(said, monkeypatch)
    assert test.status.name == "TEST_CRASHED"
    assert test.counts.errors == 2, printed


def test_several_kernels_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    found = conformance(result("test_x", "old"), result("test_x", "new#2"))
    test, _ = parsed(lines(found), monkeypatch)
    names = [one.name for one in test.subtests]
    assert names == [f"scenarios/test_a.py::test_x on {label}" for label in ("old", "new_2")]


def test_stored_results_are_printed(tmp_path: Path) -> None:
    one = result("test_x", detection=figure(None))
    done = CliRunner().invoke(main, ["results", "ktap", str(place(tmp_path / "a", one))])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == lines(conformance(one))
    assert "# detection never, held against <= 100.0 ms" in done.stdout
    none = CliRunner().invoke(main, ["results", "ktap", str(tmp_path)])
    assert none.exit_code == 4
    assert "hint: give one of them" in none.output
