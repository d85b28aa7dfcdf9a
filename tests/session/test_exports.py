"""What a session writes for other tools: JUnit, KTAP, OpenMetrics, GitHub Actions."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.results import ktap, metrics
from harness.results.conformance import load
from tests.kunit import parsed
from tests.plain_kernels import NAMED
from tests.tiny import Tiny
from tests.tiny_scenarios import PRELUDE

SCENARIOS = (
    PRELUDE
    + """
from harness.errors import Inconclusive

tries = []

@claim("MIIMON-1")
def test_conforms(run):
    assert run.detection <= 100 * due

@claim("ARPVAL-9")
def test_late():
    assert watch("late_detection.jsonl").detection <= 300 * due

@claim("MIIMON-2")
def test_again():
    tries.append(1)
    again = len(tries) > 1
    run = watch("failover.jsonl" if again else "late_detection.jsonl")
    if not again:
        print(run.slave("eth0").detection)
        raise Inconclusive("the machine stood still")
    assert run.detection <= 100 * due
"""
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("exports"), conftest=NAMED, a=SCENARIOS)
    (tiny.root / "summary.md").write_text("before\n")
    code, said = tiny.run(
        "--kernel=old@1",
        *("--ktap=out.ktap", "--metrics=out.metrics", "--junitxml=out.xml"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(tiny.root / "summary.md"),
        GITHUB_WORKSPACE=str(tiny.root.parent),
    )
    assert code == 1, said
    return said, tiny


def properties(tiny: Tiny, name: str) -> list[tuple[str, str]]:
    tree = ET.parse(tiny.root / "out.xml")  # noqa: S314  (pytest wrote it)
    case = next(one for one in tree.iter("testcase") if one.get("name") == name)
    return [(str(one.get("name")), str(one.get("value"))) for one in case.iter("property")]


def test_ktap_is_what_is_printed_of_the_results(
    session: tuple[str, Tiny], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = session[1]
    said = (tiny.root / "out.ktap").read_text().splitlines()
    assert said == list(ktap.text(load(tiny.root / "results/latest")))
    test, printed = parsed(said, monkeypatch)
    assert test.counts.errors == 0, printed
    assert [one.status.name for one in test.subtests] == ["SUCCESS", "FAILURE", "SUCCESS"]


def test_metrics_are_what_is_printed_of_the_results(session: tuple[str, Tiny]) -> None:
    root = session[1].root
    said = (root / "out.metrics").read_text().splitlines()
    assert said == list(metrics.text(load(root / "results/latest")))
    assert sum("failover_figure_seconds{" in line and "test_late" in line for line in said) > 3


def test_github_has_its_summary_and_its_annotation(session: tuple[str, Tiny]) -> None:
    said, tiny = session
    summary = (tiny.root / "summary.md").read_text()
    assert summary.startswith("before\n## Bonding: verdicts\n")
    assert "| contradicts | test\\_a.py::test\\_late | old\\@1 | detection 499.4 ms" in summary
    line = next(
        number
        for number, text in enumerate((tiny.root / "test_a.py").read_text().splitlines(), start=1)
        if "ARPVAL-9" in text
    )
    (found,) = (one for one in said.splitlines() if one.startswith("::"))
    head = f"::error file=project/test_a.py,line={line},title=contradicts on old@1%3A test_late::"
    assert found.startswith(head)
    assert "reproduce: pytest test_a.py::test_late --kernel=old@1" in found


def test_junit_has_the_figures(session: tuple[str, Tiny]) -> None:
    found = dict(properties(session[1], "test_late"))
    assert found["verdict"] == "contradicts"
    assert found["claim"] == "ARPVAL-9"
    assert found["detection_ms"] == "499.4"
    assert found["detection_limit"] == "documented at most 300.0"
    assert found["kernel"] == "6.1.176"


def test_junit_has_the_figures_of_the_last_attempt_alone(session: tuple[str, Tiny]) -> None:
    pairs = properties(session[1], "test_again")
    found = dict(pairs)
    assert len(pairs) == len(found), "each property once"
    assert found["attempts"] == "2"
    assert found["verdict"] == "conforms"
    assert found["detection_ms"] == dict(properties(session[1], "test_conforms"))["detection_ms"]
    assert "detection_on_eth0_ms" not in found


def test_the_page_of_the_run_is_written_and_named(session: tuple[str, Tiny]) -> None:
    said, tiny = session
    (line,) = [line for line in said.splitlines() if line.startswith("report: ")]
    file = tiny.root / line.removeprefix("report: ")
    assert file.resolve() == (tiny.root / "results/latest/index.html").resolve()
    text = file.read_text()
    assert text.index("::test_late") < text.index("::test_conforms")


def test_a_file_that_cannot_be_written_is_reported_before_anything_runs(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=NAMED, a=SCENARIOS)
    code, said = tiny.run("--kernel=old@1", "--ktap=nowhere/out.ktap")
    assert code == 4, said
    assert "nowhere/out.ktap cannot be written: No such file or directory" in said
    assert "hint: give a file that you can write: --ktap FILE" in said
    assert "Traceback" not in said


def test_a_session_that_breaks_off_leaves_no_earlier_success(tmp_path: Path) -> None:
    supervisor = "int(os.environ['ASKED_BY'])"
    text = f"import os\n\ndef test_a():\n    os.kill({supervisor}, 9)\n"
    tiny = Tiny.make(tmp_path, conftest=NAMED, a=text)
    (tiny.root / "out.ktap").write_text("KTAP version 1\n1..1\nok 1 test_a.py::test_a\n")
    code, said = tiny.run("--kernel=old@1", "--ktap=out.ktap")
    assert code == 3, said
    found = (tiny.root / "out.ktap").read_text().splitlines()
    assert found[:2] == ["KTAP version 1", "1..1"]
    assert not any(line.startswith("ok ") for line in found)
