"""Forked runs are as those of a Python of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import Server, server

SHOW = "import os, sys; print(sys.argv[1:], os.getcwd(), dict(os.environ), sys.path[0])"
ENVIRONMENT = {"ONLY": "this", "LC_CTYPE": "C.UTF-8"}


def forked(place: Path, text: str, *arguments: str, within: float = 60) -> tuple[int, str]:
    (place / "program.py").write_text(text)
    return server().run("program", [*arguments], place, ENVIRONMENT, within)


def test_arguments_directory_and_environment_are_those_of_the_run(tmp_path: Path) -> None:
    assert forked(tmp_path, SHOW, "a", "b c") == (
        0,
        subprocess.check_output(
            [sys.executable, "-m", "program", "a", "b c"],
            cwd=tmp_path,
            env=ENVIRONMENT,
            text=True,
        ),
    )


@pytest.mark.parametrize(
    ("text", "code", "wrote"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit('why')", 1, "why\n"),
        ("import sys; sys.stderr.write('x'); 1 / 0", 1, "ZeroDivisionError"),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit; atexit.register(print, 'last')", 0, "last\n"),
        ("import sys; sys.stdin.read() and 1 / 0", 0, ""),
    ],
)
def test_a_run_ends_as_a_process_does(tmp_path: Path, text: str, code: int, wrote: str) -> None:
    ended, all_of_it = forked(tmp_path, text)
    assert ended == code, all_of_it
    assert wrote in all_of_it


def test_no_run_sees_what_another_has_changed(tmp_path: Path) -> None:
    forked(tmp_path, "import json, os; json.mine = 1; os.environ['MINE'] = '1'")
    _, wrote = forked(tmp_path, "import json, os; print(hasattr(json, 'mine'), dict(os.environ))")
    assert wrote == f"False {ENVIRONMENT}\n"


def test_a_run_that_does_not_end_is_killed_and_the_next_one_runs(tmp_path: Path) -> None:
    endless = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(TimeoutError, match=r"no end after 2 s: \d+") as reported:
        forked(tmp_path, endless, within=2)
    process = int(str(reported.value).rsplit(" ", 1)[1])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert forked(tmp_path, "print('next')") == (0, "next\n")


def test_the_server_ends_when_it_is_closed(tmp_path: Path) -> None:
    own = Server()
    (tmp_path / "program.py").write_text("print(1)")
    assert own.run("program", [], tmp_path, ENVIRONMENT, 60) == (0, "1\n")
    own.close()
    assert own._process.returncode == 0
