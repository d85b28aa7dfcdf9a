"""`harness report --rejudge`: stored recordings judged again, and what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.history import History, save
from harness.results import conformance
from tests.result_directories import figure, place, result
from tests.stories import Line, carrier, failover, fault, heal, slow_driver

FAILOVER_MS = 99.0  # the outage of the story `failover`, +- 11 ms
RECORDING = "test_a.test_x/history.jsonl"


def results(
    directory: Path, verdict: str = "conforms", recording: History | None = None, **figures: Any
) -> Path:
    """Return results of one scenario with a real recording."""
    made = place(directory, result("test_x", verdict=verdict, history=RECORDING, **figures))
    save(recording or failover(), made / RECORDING)
    return made


def report(where: Path) -> Result:
    return CliRunner().invoke(main, ["report", "--rejudge", str(where)])


def test_what_is_computed_as_before_changes_nothing(tmp_path: Path) -> None:
    where = results(tmp_path / "a", outage=figure(FAILOVER_MS))
    before = (where / conformance.NAME).read_bytes()
    done = report(where)
    assert done.exit_code == 0
    assert "1 recording, no verdict changed" in done.output
    assert "Verdicts that changed: none" in (where / "index.html").read_text()
    assert (where / conformance.NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("verdict", "was", "bound", "now"),
    [
        ("conforms", 40.0, 50.0, "contradicts"),
        ("contradicts", 390.0, 100.0, "conforms"),
        ("misses own bound", 390.0, 100.0, "conforms"),
        ("contradicts as known", 390.0, 100.0, "conforms against expectation"),
    ],
)
def test_a_figure_on_the_other_side_of_its_bound_changes_the_verdict(
    tmp_path: Path, verdict: str, was: float, bound: float, now: str
) -> None:
    where = results(tmp_path / "a", verdict, outage=figure(was, bound=bound))
    done = report(where)
    assert done.exit_code == 1
    told = f"test_x on old: {verdict} -> {now}: outage 99.0 ms, was {was} ms; compared <= {bound}"
    assert told in done.output
    page = (where / "index.html").read_text()
    assert f'data-verdict="{now}"' in page
    assert f"{verdict} &rarr; <b>{now}</b>" in page


def test_a_failure_that_rests_on_no_bound_stays(tmp_path: Path) -> None:
    done = report(results(tmp_path / "a", "contradicts", outage=figure(FAILOVER_MS)))
    assert done.exit_code == 0
    assert "no verdict changed" in done.output
    assert "1 failure rests on values that these results do not store" in done.output
    assert "stay as they are" in (tmp_path / "a" / "index.html").read_text()


READ: dict[str, Any] = {"bond": None, "slave": None, "arguments": [], "keywords": {}}


@pytest.mark.parametrize("verdict", ["conforms", "contradicts"])
def test_a_state_that_reads_otherwise_leaves_the_verdict_open(
    tmp_path: Path, verdict: str
) -> None:
    read = {**READ, "name": "active_slaves", "value": ["eth0", None, "eth1"]}
    where = results(tmp_path / "a", verdict, reads=(read,))
    done = report(where)
    assert done.exit_code == 1
    told = "run.active_slaves is ['eth0', 'eth1'], was ['eth0', None, 'eth1']: run the scenario"
    assert f"{verdict} -> not judged: {told}" in done.output


def test_states_that_read_as_before_confirm_a_failure(tmp_path: Path) -> None:
    read = {**READ, "slave": "eth0", "name": "link_states", "value": ["up", "down"]}
    done = report(results(tmp_path / "a", "contradicts", reads=(read,)))
    assert (done.exit_code, "do not store" in done.output) == (0, False)


def test_a_scenario_that_read_nothing_of_its_recording_stays(tmp_path: Path) -> None:
    unfit = failover(dropped=3)
    assert report(results(tmp_path / "a", "conforms", unfit, reads=())).exit_code == 0
    assert "lost 3 frames" in report(results(tmp_path / "b", "conforms", unfit)).output


def test_a_value_of_another_version_is_named(tmp_path: Path) -> None:
    read = {**READ, "name": "flavours", "value": 1}
    done = report(results(tmp_path / "a", reads=(read,)))
    assert "run.flavours is 'a run has no \"flavours\"', was 1" in done.output


def test_a_failure_that_a_stored_bound_explains_is_not_counted_as_another(tmp_path: Path) -> None:
    done = report(results(tmp_path / "a", "contradicts", outage=figure(FAILOVER_MS, bound=20.0)))
    assert (done.exit_code, "do not store" in done.output) == (0, False)


@pytest.mark.parametrize("verdict", ["not judged", "not testable here", "kernel report"])
def test_a_verdict_that_never_rested_on_the_recording_stays(tmp_path: Path, verdict: str) -> None:
    where = results(tmp_path / "a", verdict, failover(broken="ScenarioError: unhealthy"))
    assert "1 recording, no verdict changed" in report(where).output


def test_a_figure_of_another_length_within_its_bound_changes_no_verdict(tmp_path: Path) -> None:
    where = results(tmp_path / "a", outage=figure(60.0))
    assert report(where).exit_code == 0
    assert "outage 99.0; bound" in (where / "index.html").read_text()


def test_a_recording_that_can_no_longer_be_judged_is_inconclusive(tmp_path: Path) -> None:
    lost = failover(dropped=3)
    done = report(results(tmp_path / "a", recording=lost, outage=figure(FAILOVER_MS)))
    assert "conforms -> inconclusive: the recorder lost 3 frames" in done.output


@pytest.mark.parametrize(
    ("verdict", "lines", "why"),
    [
        (
            "conforms",
            [fault(0, "eth0"), heal(300)],
            "eth0 was without carrier for 300.0 ms and its driver did not report it",
        ),
        (
            "contradicts",
            [fault(0, "eth0"), carrier(100, up=False), heal(300), carrier(2100, up=True)],
            "the loss of carrier of eth0 came 300.0 ms before the return of carrier of eth0",
        ),
    ],
)
def test_faults_that_the_driver_reported_otherwise_are_not_testable_here(
    tmp_path: Path, verdict: str, lines: list[Line], why: str
) -> None:
    done = report(results(tmp_path / "a", verdict, slow_driver(*lines)))
    assert f"{verdict} -> not testable here: {why}" in done.output


def test_an_inconclusive_result_that_can_be_judged_now_says_what_to_do(tmp_path: Path) -> None:
    done = report(results(tmp_path / "a", "inconclusive", outage=figure(FAILOVER_MS, bound=None)))
    assert "inconclusive -> not judged: the recording can be judged now: run the" in done.output


def spoilt(lines: list[str], how: str) -> str:
    header = json.loads(lines[0])
    if how == "half":
        return "\n".join(lines)[:-20]
    if how == "version":
        header["format"] = 99
    if how == "edited":
        header["bonds"]["bond0"]["slaves"] = "eth0"
    return "\n".join([json.dumps(header), *lines[1:]])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("half", "not a line of a history"),
        ("version", "format 99"),
        ("edited", "bonds.bond0.slaves is a string, expected a list"),
        ("gone", "cannot be read"),
    ],
)
def test_a_recording_that_is_none_is_reported_and_the_others_are_judged(
    tmp_path: Path, how: str, said: str
) -> None:
    fine = result("test_fine", history="test_a.test_fine/history.jsonl", outage=figure(99))
    where = place(tmp_path / "a", result("test_x", history=RECORDING, outage=figure(99)), fine)
    save(failover(), where / str(fine.history))
    save(failover(), where / RECORDING)
    path = where / RECORDING
    path.write_text(spoilt(path.read_text().splitlines(), how))
    if how == "gone":
        path.unlink()
    done = report(where)
    assert done.exit_code == 1
    assert "1 recording, no verdict changed" in done.stdout
    assert "error: not judged again: scenarios/test_a.py::test_x on old: " in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert "Not judged again:" in (where / "index.html").read_text()


def test_a_recording_cut_off_at_the_end_of_a_line_is_reported(tmp_path: Path) -> None:
    where = results(tmp_path / "a", outage=figure(FAILOVER_MS))
    path = where / RECORDING
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if '"end"' not in line))
    done = report(where)
    assert done.exit_code == 1
    assert 'it has no mark "end"' in done.stderr


def test_a_recording_elsewhere_is_not_read(tmp_path: Path) -> None:
    save(failover(), tmp_path / "history.jsonl")
    where = place(tmp_path / "a")
    name = "../history.jsonl"
    conformance.save(
        conformance.Conformance((result("test_x", history=name, outage=figure(99)),)), where
    )
    assert f"{name} is outside of {where}" in report(where).stderr
