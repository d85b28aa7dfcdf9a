"""What `harness run` makes of its arguments, and how a scenario of a package is run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import shipped

MIIMON = str(shipped.SCENARIOS / "test_miimon.py")


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ([], [str(shipped.SCENARIOS)]),
        (["-k", "field"], ["-k", "field", str(shipped.SCENARIOS)]),
        (["test_miimon.py"], [MIIMON]),
        (["-x", "test_miimon.py::test_a[b/c.py]"], ["-x", f"{MIIMON}::test_a[b/c.py]"]),
        (["field/"], [str(shipped.SCENARIOS / "field")]),
        (["own/test_own.py"], ["own/test_own.py"]),
        (["test_miimonn.py"], ["test_miimonn.py"]),  # pytest says that there is no such file
    ],
)
def test_files_that_are_not_here_are_the_packages(
    tmp_path: Path, given: list[str], chosen: list[str]
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/test_own.py").touch()
    found = shipped.arguments(given, tmp_path)
    assert found[-len(chosen) :] == chosen
    assert found[found.index("--results") + 1] == str(tmp_path / "results")


@pytest.mark.parametrize("given", [["--results", "there"], ["--results=there"]])
def test_results_are_kept_where_the_user_says(tmp_path: Path, given: list[str]) -> None:
    found = shipped.arguments(given, tmp_path)
    assert str(tmp_path / "results") not in found


def test_a_checkout_runs_by_its_own_settings() -> None:
    assert shipped.settings().name == "pyproject.toml"
    nodeid = "scenarios/test_miimon.py::test_x"
    assert shipped.again(nodeid, shipped.settings()) == (nodeid, ["pytest"])


def test_a_scenario_of_a_package_is_run_again_by_the_same_program() -> None:
    found = shipped.again("scenarios/field/test_x.py::test_y[a b]", shipped.SETTINGS)
    assert found == ("field/test_x.py::test_y[a b]", ["harness", "run"])
