"""The line that shows what guests do: on a terminal, below pytest's own lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.session.live_status import Status, parts
from tests.plain_kernels import NAMED
from tests.terminal import SIZE, UP, screens
from tests.tiny import Tiny

TEXT = """
    import pytest, time

    @pytest.mark.parametrize("n", range(6))
    def test_n(n):
        time.sleep(0.25)
        assert n != 2
"""


def line(state: Status) -> str:
    return "  ".join(text for text, _ in parts(state))


def test_the_line_says_what_runs_and_what_is_left() -> None:
    running = {"scenarios/test_a.py::test_x[1]": 12.4, "scenarios/test_a.py::test_y": 0.3}
    state = Status(12, 293, 1, running, 2, wall=75, virtual=3700, left=200)
    assert line(state) == (
        "12/293  1 failed  1:15, 1:01:40 of virtual time, about 3 min left"
        "  2 guests: test_x[1] 12 s, test_y"
    )
    assert line(Status(0, 3, 0, {}, 1, wall=0)) == "0/3  0:00  1 guest: booting"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.make(tmp_path_factory.mktemp("live"), conftest=NAMED, a=TEXT, b=TEXT)


def run(tiny: Tiny, *arguments: str, term: str = "xterm") -> str:
    return tiny.on_terminal("--kernel=old@1", "--guests=2", *arguments, TERM=term, **SIZE)


@pytest.mark.parametrize("flags", [[], ["-v"]])
def test_it_is_below_what_pytest_writes_and_is_gone_at_the_end(
    tiny: Tiny, flags: list[str]
) -> None:
    seen, end = screens(run(tiny, *flags))
    last = [[text for text in screen if text][-1] for screen in seen]
    assert all(re.match(r"\d+/12  (\d failed  )?0:\d\d, ", text) for text in last), last
    counts = [int(text.partition("/")[0]) for text in last]
    assert counts == sorted(counts)
    assert re.search(r" guests?: test_n\[\d\]", "\n".join(last))
    for screen in seen:  # nothing is shown twice
        assert len([text for text in screen if re.match(r"\d+/12 ", text)]) == 1
    assert not [text for text in end if re.match(r"\d+/12 ", text)]
    if flags:
        lines = [
            text for text in end if re.match(r"test_\w\.py::test_n\[\d\] (PASSED|FAILED)", text)
        ]
        assert len(lines) == 12
    else:
        found = [re.match(r"test_\w\.py ([.F]{6}) +\[ *\d+%\]$", text) for text in end]
        assert [one[1].count("F") for one in found if one] == [1, 1]
    assert "2 failed, 10 passed" in end[-1] or "2 failed, 10 passed" in end[-2]


@pytest.mark.parametrize(("flags", "term"), [([], "dumb"), (["-q"], "xterm"), (["-s"], "xterm")])
def test_it_is_not_drawn_where_it_would_be_in_the_way(
    tiny: Tiny, flags: list[str], term: str
) -> None:
    assert UP not in run(tiny, "-k", "test_a and (0 or 1)", *flags, term=term)


def test_without_a_terminal_lines_are_plain(tiny: Tiny) -> None:
    code, said = tiny.run("--kernel=old@1", "-k", "test_a", TERM="xterm")
    assert code == 1
    assert "\x1b" not in said
    assert not re.search(r"^\d+/6 ", said, re.MULTILINE)


def test_an_interrupt_leaves_no_line(tmp_path: Path) -> None:
    text = "import os, signal, time\n\ndef test_a():\n    time.sleep(0.5)\n    assert 0\n"
    more = "import time\n\ndef test_b():\n    time.sleep(60)\n"
    tiny = Tiny.make(tmp_path, conftest=NAMED, a=text, b=more)
    _, end = screens(run(tiny, "-x"))
    assert not [one for one in end if re.match(r"\d+/2 ", one)]
    assert any("1 failed" in one for one in end)
