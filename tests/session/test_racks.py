"""Before NICs of a rack are taken, a person is asked: within pytest, which has the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tiny import Tiny

ASKS = """
from harness.session import racks
def pytest_runtestloop(session):
    racks.confirm(session.config, ["eth1 - far1"], print)
    print("taken")
    return True
"""


def asked(place: Path, *options: str, typed: str | None = None) -> tuple[int, str]:
    """Run pytest that asks; return its status and what it said. Nobody types anything at None."""
    (place / "asks.py").write_text(ASKS, encoding="ascii")
    (place / "test_nothing.py").write_text("def test_nothing(): pass", encoding="ascii")
    project = Tiny(place, place)
    if typed is None:
        return project.run("-p", "asks", *options)
    ours, its = os.openpty()
    os.write(ours, typed.encode())
    try:
        return project.run("-p", "asks", *options, stdin=its)
    finally:
        os.close(ours)
        os.close(its)


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "Y\n"])
def test_yes_takes_them(tmp_path: Path, typed: str) -> None:
    _, said = asked(tmp_path, typed=typed)
    assert "eth1 - far1" in said
    assert "take these NICs until the run ends? [y/N] taken" in said


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04"])
def test_anything_else_touches_nothing(tmp_path: Path, typed: str) -> None:
    _, said = asked(tmp_path, typed=typed)
    assert "nothing was touched" in said
    assert "taken" not in said


def test_a_script_gets_no_question(tmp_path: Path) -> None:
    _, said = asked(tmp_path)
    assert "standard input is not a terminal" in said
    assert "hint: give --yes to use the NICs without a question" in said


def test_the_option_answers(tmp_path: Path) -> None:
    _, said = asked(tmp_path, "--yes")
    assert "eth1 - far1" in said
    assert "taken" in said
