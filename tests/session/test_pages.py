"""pytest in pytest: where the page of a failure goes, how wide it is, where it has colour."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.plain_kernels import PLAIN
from tests.session.test_verdicts import CONTRADICTS, run
from tests.tiny import Tiny

pytest_plugins = ["pytester"]


def page_of(said: str) -> list[str]:
    """Return the lines of the timeline in what pytest printed."""
    lines = said.splitlines()
    begin = next(n for n, line in enumerate(lines) if " timeline, 0 = " in line)
    end = next(n for n, line in enumerate(lines) if " reproduce " in line)
    return lines[begin + 1 : end]


def test_junits_failure_text_has_the_whole_page(pytester: pytest.Pytester) -> None:
    done = run(pytester, CONTRADICTS, "--junitxml=junit.xml", "--color=yes")
    text = ET.parse(pytester.path / "junit.xml").find(".//failure")  # noqa: S314
    assert text is not None
    assert text.text is not None
    for wanted in ("bond0: ", "timeline, 0 = ", "traffic out", "ARPVAL-9, ", "harness judge "):
        assert wanted in text.text
    assert "#x1B" not in text.text
    assert done.stdout.str().count("timeline, 0 = ") == 1


def test_colour_is_pytests_own_choice(pytester: pytest.Pytester) -> None:
    assert "\x1b[31mFAULT" in run(pytester, CONTRADICTS, "--color=yes").stdout.str()
    assert "\x1b" not in run(pytester, CONTRADICTS, "--color=no").stdout.str()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_page_is_as_wide_as_the_terminal(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lengths = [len(line) for line in page_of(run(pytester, CONTRADICTS).stdout.str())]
    assert width - 8 < max(lengths) <= width


@pytest.mark.guest(inside=False)
def test_guests_get_the_width_of_the_controllers_terminal(tmp_path: Path) -> None:
    body = """
    from harness.session import worker
    def test_width(): assert worker.job().environment["COLUMNS"] == "72"
"""
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=body)
    environment = tiny.environment({})
    del environment["COLUMNS"]
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    command = [sys.executable, "-m", "pytest", "-p", "harness.plugin", "--guests=1", "-q"]
    with os.fdopen(ours, "rb", buffering=0), os.fdopen(theirs, "wb", buffering=0) as terminal:
        done = subprocess.run(
            command, cwd=tiny.root, env=environment, stdout=terminal, check=False, timeout=120
        )
    assert done.returncode == 0
