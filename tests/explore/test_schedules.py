"""Schedules: drawn, built, undone, shrunk, and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from harness.errors import UsageError
from harness.explore.corpus import Corpus
from harness.explore.draw import drawn
from harness.explore.finding import FoundDifference
from harness.explore.networks import NETWORKS
from harness.explore.scenario_text import report, scenario
from harness.explore.schedule import FAILING, UNDONE_BY, FaultSchedule, FaultStep
from harness.explore.shrink import shrunk
from harness.model import Refusal
from scenarios.channels import LacpPair
from scenarios.topologies import OneSwitch
from scenarios.variants import ThreeSlaves

NUMBERS = some.integers(0, 1 << 40)
MII = {"mode": "active-backup", "miimon": 100}
CUT = FaultStep(400, "cut", "eth0")
REFUSED = Refusal("detection", "MIIMON-1", 400, "eth0", "it is up", "documented down")


def finding(schedule: FaultSchedule) -> FoundDifference:
    return FoundDifference("detection", schedule, schedule, (REFUSED,), "7.2.13", "virtual@7.2")


@given(NUMBERS, NUMBERS)
def test_a_drawn_schedule_can_be_built_and_is_drawn_again(seed: int, number: int) -> None:
    schedule = drawn(seed, number)
    assert drawn(seed, number) == schedule
    assert FaultSchedule.of(json.loads(json.dumps(schedule.plain()))) == schedule


@given(NUMBERS)
def test_nothing_is_left_done(number: int) -> None:
    left = set()
    for step in drawn(0, number).whole:
        for action, undo in UNDONE_BY.items():
            if step.action == action:
                left.add((step.where, undo))
        left.discard((step.where, step.action))
    assert left == set()


@given(NUMBERS)
def test_allocations_fail_in_requests_of_the_dut_alone(number: int) -> None:
    schedule = drawn(0, number, allocations=True)
    assert {step.action for step in schedule.steps if step.fails} <= FAILING
    assert FaultSchedule.of(json.loads(json.dumps(schedule.plain()))) == schedule
    assert all(0 <= step.fails <= 160 for step in schedule.steps)
    assert "fails" not in str(drawn(0, number).plain())


def test_most_schedules_have_an_allocation_that_fails() -> None:
    failing = [drawn(0, number, allocations=True).fails for number in range(200)]
    assert sum(failing) > 150


def test_a_failing_allocation_is_shrunk_and_reported() -> None:
    steps = (
        FaultStep(400, "release", "eth1", fails=9),
        FaultStep(130, "enslave", "eth1", fails=30),
    )
    found = shrunk(FaultSchedule(2, MII, steps), lambda tried: tried.steps[-1:] == steps[1:])
    assert found.steps == steps[1:]
    text = report(finding(found), "test_detection.py")
    assert "enslave eth1, whose allocation 30 in the kernel fails" in text
    assert "harness explore" in text


@pytest.mark.parametrize("wrong", [{"action": "cut", "fails": 3}, {"action": "set", "fails": -1}])
def test_an_allocation_that_cannot_fail_is_an_error(wrong: dict[str, Any]) -> None:
    step = {"after": 0, "where": "eth0" if wrong["action"] == "cut" else "primary", **wrong}
    with pytest.raises(UsageError, match="a schedule cannot be built"):
        FaultSchedule.of({"slaves": 2, "options": MII, "steps": [step]})


def test_other_numbers_draw_other_schedules() -> None:
    assert len({drawn(1, number).key for number in range(200)}) > 190


@pytest.mark.parametrize(
    ("network", "topology"), [("2", OneSwitch), ("3", ThreeSlaves), ("2 lacp", LacpPair)]
)
def test_the_networks_are_those_of_the_fixtures(network: str, topology: Any) -> None:
    assert NETWORKS[network].plan == topology.plan


@pytest.mark.parametrize(
    "change",
    [
        {"slaves": 9},
        {"slaves": 3, "options": {"mode": "802.3ad", "miimon": 100}},
        {"options": {"mode": "active-backup", "miimon": -1}},
        {"options": {"mimon": 100}},
        {"steps": [{"after": 1, "action": "burn", "where": "eth0"}]},
        {"steps": [{"after": 1, "action": "cut", "where": "eth7"}]},
        {"steps": [{"when": 1}]},
        {"steps": None},
    ],
)
def test_a_schedule_that_cannot_be_built_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as raised:
        FaultSchedule.of({"slaves": 2, "options": MII, "steps": [], **change})
    assert raised.value.hint


def test_a_schedule_is_shrunk_to_what_is_needed() -> None:
    options = {**MII, "updelay": 200, "primary": "eth1", "primary_reselect": "failure"}
    noise = [
        FaultStep(20, "cut", "eth1"),
        FaultStep(60, "heal", "eth1"),
        FaultStep(900, "admin_down", "eth1"),
    ]
    schedule = FaultSchedule(3, options, (*noise, FaultStep(130, "cut", "eth0"), *noise))
    tried: list[FaultSchedule] = []

    def refused(one: FaultSchedule) -> bool:
        tried.append(one)
        return "updelay" in one.options and any(s.action == "cut" and s.where == "eth0"
                                                for s in one.steps)  # fmt: skip

    small = shrunk(schedule, refused)
    assert small == FaultSchedule(2, {**MII, "updelay": 200}, (CUT,))
    assert len({one.key for one in tried}) < 60


def test_shrinking_ends_at_its_limit() -> None:
    tried: list[FaultSchedule] = []

    def refused(one: FaultSchedule) -> bool:
        tried.append(one)
        return False

    shrunk(drawn(0, 4), refused, limit=5)
    assert len(tried) == 5


def test_a_corpus_keeps_findings(tmp_path: Path) -> None:
    schedule = FaultSchedule(2, MII, (CUT,))
    folder = Corpus.open(tmp_path / "corpus").keep(finding(schedule), '{"format": 2}')
    assert list(Corpus.open(tmp_path / "corpus").schedules()) == [schedule.plain()]
    names = {"schedule.json", "history.jsonl", "test_detection.py", "report.md"}
    assert {path.name for path in folder.iterdir()} == names


def test_a_corpus_of_another_format_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "corpus.json").write_text('{"format": 99}')
    with pytest.raises(UsageError, match="has format 99, this harness reads 1"):
        Corpus.open(tmp_path)


def test_a_directory_with_other_files_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="is not a corpus"):
        Corpus.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["{", "[]", '{"schedule": 3}'])
def test_a_broken_schedule_of_a_corpus_names_its_file(tmp_path: Path, text: str) -> None:
    corpus = Corpus.open(tmp_path / "corpus")
    folder = corpus.keep(finding(FaultSchedule(2, MII, (CUT,))), "")
    (folder / "schedule.json").write_text(text)
    with pytest.raises(UsageError, match=r"schedule\.json"):
        list(corpus.schedules())


@given(NUMBERS)
def test_a_finding_becomes_a_scenario_that_is_python(number: int) -> None:
    found = finding(drawn(3, number))
    compile(scenario(found), "test_detection.py", "exec")
    assert "Claim MIIMON-1" in report(found, "test_detection.py")
