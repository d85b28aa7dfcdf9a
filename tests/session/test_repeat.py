"""`--repeat N`: every run counts, in guests that are plain processes of this machine."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.results import ktap
from harness.results.conformance import Conformance, load
from harness.results.repetition import rate
from harness.session import repeat
from tests.plain_kernels import NAMED
from tests.tiny import Tiny
from tests.tiny_scenarios import PRELUDE

SCENARIOS = (
    PRELUDE
    + """
import os
from harness.errors import Inconclusive

tries = {}

def number(name):
    tries[name] = tries.get(name, 0) + 1
    return tries[name]

@pytest.fixture
def fresh():
    number("fresh")
    yield
    number("gone")

@claim("MIIMON-2")
def test_conforms(fresh, run):
    assert tries["fresh"] == tries.get("gone", 0) + 1
    assert run.detection <= 100 * due

@claim("ARPVAL-9")
def test_seldom():
    again = number("seldom")
    run = watch("late_detection.jsonl" if again == 3 else "failover.jsonl")
    assert run.detection <= 300 * due

@claim("MIIMON-3")
def test_unclear():
    if number("unclear") <= 4:  # the first run needs three attempts, which are all there are
        raise Inconclusive("the machine stood still")
    assert watch("failover.jsonl").detection <= 300 * due

@claim("MIIMON-4")
def test_dies():
    if number("dies") == 3:
        os._exit(9)
    assert watch("failover.jsonl").detection <= 300 * due
"""
)
N = 5


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Conformance]:
    tiny = Tiny.make(tmp_path_factory.mktemp("repeat"), conftest=NAMED, a=SCENARIOS)
    code, said = tiny.run("--kernel=old@1", f"--repeat={N}", "--guests=1", "--junitxml=out.xml")
    assert code == 1, said
    return said, tiny.root, load(tiny.root / "results/latest")


def test_each_run_is_kept(session: tuple[str, Path, Conformance]) -> None:
    found = {one.scenario.partition("::test_")[2]: one for one in session[2].results}
    verdicts = {name: [run["verdict"] for run in one.runs] for name, one in found.items()}
    assert verdicts == {
        "conforms": ["conforms"] * 5,
        "seldom": [*["conforms"] * 2, "contradicts", *["conforms"] * 2],
        "unclear": ["inconclusive", *["conforms"] * 4],
        "dies": ["conforms", "conforms", "not judged"],
    }
    assert [run["attempts"] for run in found["unclear"].runs] == [3, 2, 1, 1, 1]
    assert found["seldom"].runs[2]["figures"]["detection"]["ms"] == 499.4
    assert found["dies"].runs[2]["figures"] == {}


def test_the_run_that_says_most_is_the_result(session: tuple[str, Path, Conformance]) -> None:
    found = {one.scenario.partition("::test_")[2]: one for one in session[2].results}
    assert {name: one.verdict for name, one in found.items()} == {
        "conforms": "conforms",
        "seldom": "contradicts",
        "unclear": "inconclusive",
        "dies": "not judged",
    }
    assert found["seldom"].figures["detection"]["ms"] == 499.4
    assert "4 failed" not in session[0]
    assert "3 failed, 1 passed" in session[0]


def test_statistics_are_kept_and_shown(session: tuple[str, Path, Conformance]) -> None:
    said, root, results = session
    found = {one.scenario.partition("::test_")[2]: one.statistics for one in results.results}
    seldom = found["seldom"]
    assert (seldom["runs"], seldom["judged"], seldom["failed"]) == (5, 5, 1)
    assert seldom["rate_high"] == pytest.approx(rate(1, 5).high, abs=1e-6)
    assert seldom["figures"]["detection"]["max_ms"] == 499.4
    assert seldom["figures"]["detection"]["median_ms"] < 100
    assert (found["unclear"]["judged"], found["unclear"]["failed"]) == (4, 0)
    assert "test_seldom: 1 of 5 runs failed: rate 0.505 % to 71.6 %\n  detection: median " in said
    assert "test_conforms: 0 of 5 runs failed: rate at most 45.1 %\n" in said
    assert any("repeated: 1 of 5 runs failed" in line for line in ktap.text(results))
    tree = ET.parse(root / "out.xml")  # noqa: S314  (pytest wrote it)
    case = next(one for one in tree.iter("testcase") if one.get("name") == "test_seldom")
    pairs = [(one.get("name"), one.get("value")) for one in case.iter("property")]
    assert len(pairs) == len(dict(pairs)), "each property once"
    assert (dict(pairs)["runs"], dict(pairs)["runs_failed"]) == ("5", "1")
    assert dict(pairs)["detection_ms"] == "499.4"


def test_the_command_repeats_as_often(session: tuple[str, Path, Conformance]) -> None:
    found = session[2].of("old@1")["test_a.py::test_seldom"]
    assert found.reproduce == "pytest test_a.py::test_seldom --kernel=old@1 --repeat=5"


def test_phases_are_spread_evenly_at_any_time() -> None:
    assert [repeat.phase(number) for number in range(5)] == [0, 0.5, 0.25, 0.75, 0.125]
    for count in (8, 20, 100):
        phases = sorted(repeat.phase(number) for number in range(count))
        gaps = [after - before for before, after in zip(phases, [*phases[1:], 1.0], strict=True)]
        assert max(gaps) <= 2 / count


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_what_is_no_number_of_runs_is_rejected(text: str, tmp_path: Path) -> None:
    code, said = Tiny.make(tmp_path, a="def test_a(): pass").run(f"--repeat={text}")
    assert code == 4
    assert re.search(rf'"{text}" is not a number of runs \(hint: give 1 or more\)', said)
