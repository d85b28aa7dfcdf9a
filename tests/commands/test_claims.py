"""`harness claims`: the catalogue, searched and held against the scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.claim_index import scenarios_by_claim
from harness.claims import catalogue
from harness.cli import main
from harness.errors import UsageError

ROOT = Path(__file__).parents[2]
WRITTEN = """
import pytest
from harness import claim
pytestmark = [claim("A-1")]

@claim("B-1", "B-2")
def test_one(): pass

@pytest.mark.claim("C-1")
class TestOfMany:
    @pytest.mark.parametrize("n", [pytest.param(1, marks=claim("D-1")), 2])
    def test_two(self, n): pass
    def helper(self): claim("E-1")

@claim("E-2")
def no_test(): pass
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["claims", *arguments])


def test_claims_are_found_wherever_pytest_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_x.py").write_text(WRITTEN)
    monkeypatch.chdir(tmp_path)
    one, two = "test_x.py::test_one", "test_x.py::TestOfMany::test_two"
    found = scenarios_by_claim([tmp_path])
    assert found == {"A-1": [one, two], "B-1": [one], "B-2": [one], "C-1": [two], "D-1": [two]}


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def (")
    with pytest.raises(UsageError, match=r"test_x.py cannot be read: "):
        scenarios_by_claim([tmp_path])


def test_every_claim_is_listed() -> None:
    done = run("list")
    assert done.exit_code == 0
    total = len(catalogue().claims)
    assert done.output.splitlines()[-1] == f"{total} of {total} claims"
    assert len(json.loads(run("list", "--json").output)) == total


def test_tried_and_untried_make_all() -> None:
    untried = {row["id"] for row in json.loads(run("list", "--untried", "--json").output)}
    found = json.loads(run("coverage", "--json").output)
    assert found["claims"] == len(catalogue().claims)
    assert found["tried"] + len(untried) == found["claims"]
    assert 100 < found["tried"] < found["claims"]
    assert f"{len(untried)} have no scenario" in run("coverage").output


def test_a_search_needs_every_word() -> None:
    done = run("search", "GARP", "vlan")
    assert done.exit_code == 0
    for row in json.loads(run("search", "garp vlan", "--json").output):
        whole = " ".join(map(str, row.values())).lower()
        assert "garp" in whole
        assert "vlan" in whole
    nothing = run("search", "nonesuch")
    assert (nothing.exit_code, nothing.stdout) == (1, "")


def test_a_claim_is_shown_with_its_scenarios_and_differences() -> None:
    done = run("show", "arpval-9")
    assert done.exit_code == 0
    assert done.output.startswith("ARPVAL-9  2.11 arp_validate")
    assert "test_arp_validate.py::test_" in done.output
    differing = catalogue().differences[0].ids[0]
    assert "differs" in run("show", differing).output


def test_an_unknown_claim_is_exit_status_4_with_the_nearest() -> None:
    done = run("show", "MIMON-2")
    assert done.exit_code == 4
    assert "did you mean MIIMON-2" in done.stderr


def test_a_directory_without_scenarios_covers_nothing(tmp_path: Path) -> None:
    done = run("coverage", "--scenarios", str(tmp_path))
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].split()[0] == "0"


@pytest.mark.parametrize("command", [[], *([name] for name in main.commands)])
def test_help_is_short_as_well_as_long(command: list[str]) -> None:
    short, long = (CliRunner().invoke(main, [*command, flag]) for flag in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)
    assert "Usage: " in short.output


def test_the_version_is_reported() -> None:
    done = CliRunner().invoke(main, ["--version"])
    assert done.exit_code == 0
    assert done.output.startswith("harness, version ")
