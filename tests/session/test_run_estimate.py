"""What a run says before its first result: what it will take, and how a terminal shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.session import run_estimate
from harness.session.wall_time import BOOT, Stopwatch
from tests.plain_kernels import PLAIN
from tests.terminal import SIZE, screens
from tests.tiny import Tiny


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "some seconds"), (9, "about 10 s"), (44, "about 40 s"), (239, "about 4 min")],
)
def test_durations_are_spoken_roughly(seconds: float, words: str) -> None:
    assert run_estimate.spoken(seconds) == words


@pytest.mark.parametrize(
    ("took", "seconds"),
    [
        ({}, 2 * 3.0),  # nothing is known
        ({"a": 10.0}, 20.0),  # b is taken to last as long as a
        ({"a": 10.0, "b": 1.0, "other": 50.0}, 11.0),
        ({"other": 5.0, BOOT: 90.0}, 10.0),
    ],
)
def test_scenarios_are_expected_to_take_what_they_took(
    took: dict[str, float], seconds: float
) -> None:
    assert run_estimate.expected(["a", "b"], took, 3.0) == pytest.approx(seconds)


def test_a_run_is_announced_with_what_it_took_on_this_kernel_before(tmp_path: Path) -> None:
    text = "def test_a(): pass\ndef test_b(): pass"
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=text)
    assert "2 tests in plain (real time, 1 guest): some seconds" in tiny.run("--guests=1")[1]
    path = tiny.root / ".pytest_cache/v/harness/wall"
    (name, times) = next(iter(json.loads(path.read_text()).items()))
    assert set(times) == {"test_a.py::test_a", "test_a.py::test_b", BOOT}
    assert times[BOOT] > 0
    times["test_a.py::test_a"] = 300
    path.write_text(json.dumps({name: times, f"another {name}": {"test_a.py::test_b": 9000}}))
    assert "2 tests in plain (real time, 1 guest): about 5 min" in tiny.run("--guests=1")[1]


def test_a_stopwatch_tells_the_start_of_a_guest_and_each_scenario() -> None:
    moments = iter([0.0, 2.0, 5.0, 9.0, 10.0])
    watch = Stopwatch(lambda: next(moments))
    assert watch.laps([{"start": "a"}]) == {}
    assert watch.boot == 2.0
    assert watch.laps([ended("a"), {"start": "b"}]) == {"a": 3.0}
    assert watch.laps([ended("b"), {"start": "c"}, ended("c")]) == {"b": 2.0, "c": 2.0}
    assert watch.laps([{"report": {"nodeid": "d", "when": "call"}}]) == {}


def ended(name: str) -> dict[str, Any]:
    return {"report": {"nodeid": name, "when": "teardown"}}


def test_the_header_begins_where_a_line_begins_on_a_terminal(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a="def test_other(): pass")
    drawn, lines = screens(tiny.on_terminal("-k", "other", TERM="xterm", **SIZE))
    assert "1 test in plain (real time, 1 guest): some seconds" in lines
    assert any(line.startswith("lab       netns in plain") for line in lines)
    assert any(line.startswith("clock     real") for line in lines)
    assert not [line for line in lines if "booting" in line]
    assert any("1 guest: booting" in line for screen in drawn for line in screen)
