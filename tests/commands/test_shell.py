"""What shells and `man` get of the commands: bash completes, groff formats the pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import main

COMMAND = Path(sys.executable).with_name("harness")
COMPLETE = """
eval "$(_HARNESS_COMPLETE=bash_source harness)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_harness_completion harness
printf '%s\\n' "${COMPREPLY[@]}"
"""
pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="the package is not installed")


def run(*argv: str) -> str:
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        argv, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("harness", "re"), {"report", "results"}),
        (("harness", "results", "s"), {"schema"}),
        (("harness", "report", "--r"), {"--rejudge"}),
        (("harness", "xx"), {""}),
    ],
)
def test_bash_completes_commands_and_options(words: tuple[str, ...], offered: set[str]) -> None:
    said = run("bash", "--norc", "-c", COMPLETE, "bash", *words)
    assert set(said.removesuffix("\n").split("\n")) == offered


def test_each_command_has_a_page_for_man_that_groff_formats(tmp_path: Path) -> None:
    pytest.importorskip("click_man")
    run(str(COMMAND.with_name("click-man")), "harness", "--target", str(tmp_path))
    pages = {path.name for path in tmp_path.iterdir()}
    assert {f"harness-{name}.1" for name in main.commands} | {"harness.1"} <= pages
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    text = run("groff", "-man", "-Tutf8", "-ww", str(tmp_path / "harness-report.1"))
    assert "--rejudge" in text
    assert "Exit" in text
