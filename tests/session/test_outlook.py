"""What a run says before its first result: what it will take, and how a terminal shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.session import outlook
from tests.session.test_controller import PLAIN
from tests.tiny import Tiny


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "some seconds"), (9, "about 10 s"), (44, "about 40 s"), (239, "about 4 min")],
)
def test_durations_are_spoken_roughly(seconds: float, words: str) -> None:
    assert outlook.spoken(seconds) == words


def test_the_header_begins_where_a_line_begins_on_a_terminal(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a="def test_other(): pass")
    lines = shown(tiny.on_terminal("-k", "other"))
    assert "1 test in plain (real time, 1 guest): some seconds" in lines
    assert any(line.startswith("lab       netns in plain") for line in lines)
    assert any(line.startswith("clock     real") for line in lines)
    assert not [line for line in lines if "booting" in line]


def shown(written: str) -> list[str]:
    """Return the lines that a terminal shows of what was written to it, without colours."""
    lines = []
    for line in re.sub(r"\x1b\[[\d;]*m", "", written).split("\n"):
        cells: list[str] = []
        for part in line.removesuffix("\r").split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines
