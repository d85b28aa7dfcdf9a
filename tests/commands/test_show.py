"""`harness show`: one recording as text or as a picture, and what is no recording."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.history import save
from harness.judge import lanes
from harness.results.windows import of_figures
from tests.result_directories import figure, place, result
from tests.stories import failover, tell

HISTORIES = Path(__file__).parents[1] / "histories"
FAILOVER = HISTORIES / "failover.jsonl"


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "90"}).invoke(main, ["show", *map(str, arguments)])


def test_the_timeline_is_printed() -> None:
    done = run(FAILOVER)
    assert done.exit_code == 0, done.output
    assert "0 = cut eth0" in done.output
    assert "detection 92.0" in done.output
    assert "v cut eth0" in done.output


def test_the_picture_is_written_and_has_the_windows_of_the_results(tmp_path: Path) -> None:
    name = "a/history.jsonl"
    where = place(
        tmp_path / "r", result("test_x", history=name, detection=figure(92.0, bound=50.0))
    )
    save(failover(), where / name)
    done = run(where / "a", "--svg", tmp_path / "x.svg")
    assert (done.exit_code, done.output) == (0, f"picture: {tmp_path / 'x.svg'}\n")
    texts = "".join(ET.parse(tmp_path / "x.svg").getroot().itertext())  # noqa: S314
    assert "documented at most 50.0" in texts
    assert "too late" in texts
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".svg")] == ["x.svg"]
    assert "documented detection" in run(where / name).output


def test_of_several_recordings_the_last_is_shown_and_the_others_are_named(tmp_path: Path) -> None:
    for name, end in (
        ("history.jsonl", 800.0),
        ("history-2.jsonl", 900.0),
        ("history-10.jsonl", 1000.0),
    ):
        save(failover(end=end, scenario=f"test_x.py::test_until_{end:.0f}"), tmp_path / name)
    done = run(tmp_path)
    assert "test_until_1000" in done.stdout
    assert "history-10.jsonl is the last of 3 recordings" in done.stderr
    assert f"{tmp_path}/history.jsonl, {tmp_path}/history-2.jsonl" in done.stderr
    assert run(tmp_path / "history.jsonl").stderr == ""


def test_bounds_become_windows_with_the_slack_of_their_side() -> None:
    bounds = [
        {"op": ">=", "ms": 200.0, "slack_ms": 5.0, "own": False},
        {"op": "<=", "ms": 300.0, "slack_ms": 10.0, "own": True},
    ]
    (window,) = of_figures(
        {"detection": {**figure(250.0), "bounds": bounds}, "outage": figure(9.0, bound=None)}
    )
    assert window.low is not None
    assert window.high is not None
    assert (window.low.early, window.low.slack) == (5_000_000, 0)
    assert (window.high.slack, window.high.early) == (10_000_000, 0)
    assert str(window) == "asserted 200.0..300.0"
    assert "asserted detection" in lanes.draw(failover(), [window])


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', "\x00", '{"format": 2}'])
def test_what_is_no_recording_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(text)
    done = run(file, "--svg", tmp_path / "x.svg")
    assert done.exit_code == 4
    assert f"error: {file}, line 1" in done.output
    assert "hint: " in done.output
    assert not (tmp_path / "x.svg").exists()


def test_a_recording_that_was_cut_off_or_edited_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    lines = FAILOVER.read_text().splitlines()
    file.write_text("\n".join([*lines[:9], lines[9][:20]]))
    assert (run(file).exit_code, f"{file}, line 10" in run(file).output) == (4, True)
    about = json.loads(lines[0])
    file.write_text("\n".join([json.dumps({**about, "hz": 0}), *lines[1:]]))
    done = run(file, "--svg", tmp_path / "x.svg")
    assert done.exit_code == 4
    assert "is incomplete: ZeroDivisionError" in done.output
    assert not (tmp_path / "x.svg").exists()


def test_what_was_not_disturbed_has_no_timeline(tmp_path: Path) -> None:
    save(tell([(0, "mark", "", {"name": "recording"})]), tmp_path / "history.jsonl")
    done = run(tmp_path)
    assert done.exit_code == 4
    assert "nothing was disturbed" in done.output


def test_a_directory_without_a_recording_and_a_place_that_cannot_be_written(
    tmp_path: Path,
) -> None:
    assert run(tmp_path).exit_code == 4
    done = run(FAILOVER, "--svg", tmp_path / "none" / "x.svg")
    assert done.exit_code == 1
    assert "cannot be written: No such file or directory" in done.output
    assert "hint: free space, or write it elsewhere" in done.output


def test_results_that_cannot_be_read_cost_the_windows_only(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    save(failover(), tmp_path / "a" / "history.jsonl")
    (tmp_path / "conformance.json").write_text("{")
    assert run(tmp_path / "a").exit_code == 0
