from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench.same import main

pytestmark = pytest.mark.process

HEADER = '{"format":2}'
EVENT = '[1,"mark","",{"name":"end"}]'


def _run(place: Path, **histories: str) -> str:
    for name, text in histories.items():
        (place / "latest" / name).mkdir(parents=True)
        (place / "latest" / name / "history.jsonl").write_text(text, encoding="utf-8")
    return str(place)


def _said(*runs: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(runs))
    return done.exit_code, done.output


def test_the_same_bytes_are_the_same(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", a=HEADER, b=EVENT)
    other = _run(tmp_path / "other", a=HEADER, b=EVENT)
    code, said = _said(one, other, str(tmp_path / "other" / "latest"))
    assert code == 0
    assert said.count("0 of 2 histories differ") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{HEADER}\n{EVENT.replace('[1', '[2')}\n", "a/history.jsonl: line 2"),
        (f"{HEADER}\n", "(no such line)"),
        (f"{HEADER}\n{EVENT}\n{EVENT}\n", "a/history.jsonl: line 3"),
        (f"{HEADER}\n{EVENT}", "line ends"),
    ],
)
def test_the_first_line_that_differs_is_shown(tmp_path: Path, text: str, shown: str) -> None:
    one = _run(tmp_path / "one", a=f"{HEADER}\n{EVENT}\n", b=EVENT)
    other = _run(tmp_path / "other", a=text, b=EVENT)
    code, said = _said(one, other)
    assert code == 1
    assert shown in said
    assert "1 of 2 histories differ" in said


def test_a_history_that_only_one_has_differs(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", a=HEADER)
    other = _run(tmp_path / "other", a=HEADER, b=EVENT)
    code, said = _said(one, other)
    assert code == 1
    assert "b/history.jsonl: only in the other run" in said


@pytest.mark.parametrize("runs", [1, 2])
def test_what_has_nothing_to_compare_is_rejected(tmp_path: Path, runs: int) -> None:
    code, said = _said(*[str(tmp_path)] * runs)
    assert code == 4
    assert "hint: give" in said
