"""The summary of a step, and annotations, as GitHub Actions reads them."""

from __future__ import annotations

from dataclasses import replace

from harness.judge import counts
from harness.results import github
from harness.results.github import SourceLine
from harness.results.ktap import OUTCOMES
from tests.result_directories import conformance, figure, result

SPOTS = {"scenarios/test_a.py::test_x": SourceLine("net/scenarios/test_a.py", 12)}


def test_the_summary_counts_by_kernel_and_begins_with_what_contradicts() -> None:
    late = result("test_x[1]", "new", "contradicts", "too late", detection=figure(509.4))
    found = conformance(
        result("test_y", "old", "inconclusive", "not healthy"),
        result("test_z", "old"),
        replace(late, claims=("A-1",)),
        claims={"A-1": {"section": "2.1 x", "text": "It is <b>fast</b>.", "kind": "code"}},
        planned=4,
    )
    assert list(github.summary(found)) == [
        "## Bonding: verdicts",
        "",
        "**The run was cut short: 3 of 4 scenarios have a result.**",
        "",
        "| kernel | conforms | inconclusive | contradicts |",
        "| --- | ---: | ---: | ---: |",
        r"| old \(6.1.176\) | 1 | 1 | 0 |",
        r"| new \(6.12.101\) | 0 | 0 | 1 |",
        "",
        "| verdict | scenario | kernel | figure | why | claim |",
        "| --- | --- | --- | --- | --- | --- |",
        r"| contradicts | scenarios/test\_a.py::test\_x\[1\] | new "
        r"| detection 509.4 ms \(<= 100.0 ms\) | too late | A-1: It is <b>fast</b>. |".replace(
            "<", "&lt;"
        ),
        r"| inconclusive | scenarios/test\_a.py::test\_y | old |  | not healthy |  |",
    ]


def test_where_all_is_well_nothing_is_listed() -> None:
    known = result("test_y", verdict="contradicts as known")
    found = conformance(result("test_x"), known, result("test_z", verdict="not testable here"))
    assert "scenario" not in "\n".join(github.summary(found))
    assert list(github.commands(found, SPOTS)) == []


def test_an_annotation_is_at_the_scenario() -> None:
    late = result("test_x[1]", "new", "contradicts", "100% late\nby 3: much")
    unclear = result("test_y", "new", "inconclusive", "not healthy")
    found = conformance(unclear, replace(late, reproduce="pytest test_a.py::test_x[1]"))
    assert list(github.commands(found, SPOTS)) == [
        (
            "::error file=net/scenarios/test_a.py,line=12,title=contradicts on new%3A test_x[1]"
            "::100%25 late%0Aby 3: much%0Areproduce: pytest test_a.py::test_x[1]"
        ),
        "::warning title=inconclusive on new%3A test_y::not healthy",
    ]


def test_no_name_adds_a_property() -> None:
    found = conformance(result("test_x[a,line=1::b]", "new", "contradicts", "x"))
    (said,) = github.commands(found, {})
    assert said == "::error title=contradicts on new%3A test_x[a%2Cline=1%3A%3Ab]::x"


def test_no_more_annotations_than_github_shows() -> None:
    many = [result(f"test_{number}", verdict="contradicts") for number in range(25)]
    crash = result("test_crash", verdict=counts.CRASHED)
    unclear = result("test_unclear", verdict="inconclusive")
    said = list(github.commands(conformance(unclear, crash, *many), {}))
    assert [line.partition(" ")[0] for line in said] == ["::error"] * 10 + ["::warning"]
    assert "... and " not in "\n".join(github.summary(conformance(*many)))


def test_a_long_table_says_what_it_leaves_out() -> None:
    many = [result(f"test_{number}", verdict="contradicts") for number in range(130)]
    said = list(github.summary(conformance(*many)))
    assert said[-1] == "... and 30 more in conformance.json"
    assert sum(line.startswith("| contradicts") for line in said) == github.ROWS


def test_a_verdict_that_fails_a_run_is_reported() -> None:
    assert set(github.LEVELS) == {word for word, outcome in OUTCOMES.items() if not outcome.ok}
