"""Which tests are thought to start no process, and that it shows where one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pure import starts_processes

pytest_plugins = ["pytester"]
HERE = Path(__file__).parent
CONFTEST = """
    from tests import pure
    from tests.conftest import pytest_runtest_call, pytest_runtest_setup

    def pytest_collection_modifyitems(items):
        pure.mark(items)
"""
TESTS = """
    import os, pytest
    def test_shell(): os.system("true")
    @pytest.mark.process
    def test_marked(): os.system("true")
    def test_none(): pass
"""
MARKERS = """
    [pytest]
    markers =
        pure:
        process:
"""


@pytest.mark.parametrize(
    ("file", "starts"),
    [("sshd.py", True), ("labs/ssh/test_machine.py", True), ("test_units.py", False)],
)
def test_a_file_is_known_by_what_it_imports(file: str, *, starts: bool) -> None:
    assert starts_processes(HERE / file) is starts


def test_a_pure_test_that_starts_a_process_fails(pytester: pytest.Pytester) -> None:
    pytester.makeini(MARKERS)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_some=TESTS)
    done = pytester.runpytest()
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["it started a process (os.system) and is not marked so"])
    pytester.runpytest("-m", "pure").assert_outcomes(passed=1, failed=1, deselected=1)
