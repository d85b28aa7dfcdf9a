"""pytest-xdist's -n: its workers run what stays on the host, guests the rest, in one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

TWO = ("-p", "xdist.plugin", "-n", "2")
ONE = ("-p", "xdist.plugin", "-n", "1")  # as good where the number of workers does not matter
ON_HOST = """
import os
@pytest.mark.guest(inside=False)
@pytest.mark.parametrize("n", range(3))
def test_out(n): assert os.environ["PYTEST_XDIST_WORKER"].startswith("gw") and n < 2
"""
IN_GUEST = """
import os
@pytest.mark.parametrize("n", range(3))
def test_in(n): assert "PYTEST_XDIST_WORKER" not in os.environ and n < 2
"""


def tiny_of(place: Path, **files: str) -> Tiny:
    made = Tiny.make(place, conftest=PLAIN, **files)
    (made.root / "test_pure.py").write_text("import pytest\n" + ON_HOST)
    return made


def test_workers_run_what_stays_on_the_host_and_guests_the_rest(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, a=IN_GUEST)
    code, said = tiny.run(*TWO, "--dist=loadgroup")
    assert code == 1, said
    assert "2 failed, 4 passed" in said
    assert "FAILED test_pure.py::test_out[2]" in said
    assert "FAILED test_a.py::test_in[2]" in said


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        (["-k", "in"], "1 failed, 2 passed"),
        (["test_a.py::test_in[0]", "test_pure.py::test_out[0]"], "2 passed"),
        (["--shard=1/2"], "1 failed, 2 passed"),
        (["-m", "not guest"], "no tests ran"),
    ],
)
def test_what_is_chosen_is_chosen_in_both(
    tmp_path: Path, arguments: list[str], outcome: str
) -> None:
    _, said = tiny_of(tmp_path, a=IN_GUEST).run(*ONE, *arguments)
    assert outcome in said.splitlines()[-1], said


def test_the_first_failure_ends_the_session(tmp_path: Path) -> None:
    code, said = tiny_of(tmp_path, a=IN_GUEST).run(*ONE, "-x")
    assert code == 2, said
    assert "test_in" not in said


def test_a_file_that_cannot_be_imported_is_reported_once_and_nothing_boots(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, a=IN_GUEST, b="import nowhere_at_all")
    code, said = tiny.run(*TWO)
    assert code == 2, said
    assert said.count("ERROR collecting test_b.py") == 1
    assert "test_in" not in said


def test_a_path_that_does_not_exist_is_not_an_empty_session(tmp_path: Path) -> None:
    code, said = tiny_of(tmp_path, a=IN_GUEST).run(*ONE, "test_nowhere.py")
    assert code == 4, said
    assert "ERROR: no worker of pytest-xdist could collect the tests\nhint: -n 0 shows why" in said


LATER = """
    import os
    from pathlib import Path
    def pytest_sessionfinish():
        if "PYTEST_XDIST_WORKER" in os.environ:
            {}
"""


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("Path('test_a.py').unlink()", "file or directory not found: {0}/test_a.py"),
        ("Path('sub/conftest.py').write_text('1/0')", "found no collectors for {0}/sub/test_b.py"),
        ("Path('test_a.py').write_text('')", "test_a.py::test_in[0], test_a.py::test_in[1], "),
    ],
)
def test_tests_that_change_while_workers_run_are_an_error(
    tmp_path: Path, change: str, gone: str
) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN + LATER.format(change), a=IN_GUEST)
    (tiny.root / "sub").mkdir()
    (tiny.root / "sub" / "conftest.py").touch()
    (tiny.root / "test_a.py").rename(tiny.root / "sub" / "test_b.py")
    (tiny.root / "test_a.py").write_text((tiny.root / "sub" / "test_b.py").read_text())
    code, said = tiny.run(*ONE)
    assert code == 4, said
    found = "ERROR: workers of pytest-xdist collected what is gone now: "
    assert found + gone.format(tiny.root) in said
    assert "hint: a file changed after it was collected first: leave files alone" in said


def test_workers_that_crash_do_not_pass_for_an_empty_session(tmp_path: Path) -> None:
    dying = PLAIN + "\n    import os\n    if 'PYTEST_XDIST_WORKER' in os.environ: os._exit(9)\n"
    tiny = Tiny.make(tmp_path, conftest=dying, a=IN_GUEST)
    code, said = tiny.run(*TWO)
    assert code != 0, said
    assert "passed" not in said
