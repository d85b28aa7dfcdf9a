"""What runs leave behind: who made it, what may go, and what must not."""

from __future__ import annotations

import json
import subprocess
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.errors import UsageError
from harness.results import conformance, kept
from harness.results.conformance import load
from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

CLAIMED = """
    from harness import claim
    @claim("MIIMON-2")
    def test_it(): pytest.skip("there is nothing to judge")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a place with five runs and three things that are no runs of ours."""
    for number in range(1, 6):
        run = tmp_path / f"2026-11-0{number}T120000Z"
        run.mkdir()
        (run / conformance.RUNNING).touch()
        (run / "history.jsonl").write_text("x" * 1000)
    (tmp_path / "2026-11-01T120000Z-notes").mkdir()
    (tmp_path / "2026-10-01T120000Z").mkdir()  # nothing of ours is in it
    (tmp_path / "yesterday").mkdir()
    return tmp_path


def names(root: Path) -> list[str]:
    return [path.name[8:10] for path in kept.runs(root)]


def results(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["results", *map(str, arguments)])


def test_the_oldest_runs_go_and_nothing_else(root: Path) -> None:
    before = {path.name for path in root.iterdir()}
    gone = kept.prune(root, 2)
    assert [path.name[8:10] for path in gone] == ["01", "02", "03"]
    assert before - {path.name for path in root.iterdir()} == {path.name for path in gone}


def test_keeping_none_is_keeping_all(root: Path) -> None:
    assert kept.prune(root, 0) == []
    assert len(names(root)) == 5


def test_a_run_that_goes_on_and_what_a_link_names_stay(root: Path) -> None:
    (root / "latest").symlink_to("2026-11-03T120000Z")
    with kept.held(root / "2026-11-01T120000Z"):
        assert kept.is_active(root / "2026-11-01T120000Z")
        kept.prune(root, 1)
        assert names(root) == ["01", "03", "05"]
    assert not kept.is_active(root / "2026-11-01T120000Z")
    kept.prune(root, 1)
    assert names(root) == ["03", "05"]


def test_runs_of_one_second_keep_their_order(tmp_path: Path) -> None:
    for suffix in ("", "-2", "-10"):
        (tmp_path / f"2026-11-01T120000Z{suffix}").mkdir()
        (tmp_path / f"2026-11-01T120000Z{suffix}" / conformance.RUNNING).touch()
    assert [path.name[18:] for path in kept.runs(tmp_path)] == ["", "-2", "-10"]


def test_the_command_lists_and_prunes(root: Path) -> None:
    done = results("list", root)
    assert done.exit_code == 0
    assert "5 runs, 0.0 MB" in done.output
    assert [row["size"] for row in json.loads(results("list", "--json", root).output)] == [
        1000
    ] * 5
    done = results("prune", "--keep", "2", root)
    assert (done.exit_code, done.output) == (0, "removed 3 of 5 runs: 0.0 MB freed\n")
    assert results("prune", "--keep", "0", root).exit_code == 2


def test_a_place_without_results_is_named(tmp_path: Path) -> None:
    done = results("list", tmp_path / "none")
    assert done.exit_code == 4
    assert "has no results\nhint: " in done.stderr
    with pytest.raises(UsageError):
        kept.kept(tmp_path)


def test_a_session_keeps_as_many_runs_as_it_is_told(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=CLAIMED)
    for _ in range(3):
        _, said = tiny.run("-o", "results_keep=2")
    assert "results of 1 older run removed" in said
    assert len(kept.runs(tiny.root / "results")) == 2
    code, said = tiny.run("-o", "results_keep=some")
    assert code == 4
    assert 'results_keep: "some" is not a number of runs' in said


def test_results_say_who_made_them_and_of_what(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=CLAIMED)
    git = ["git", "-C", str(tiny.root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], check=True)
    head = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    tiny.run("-q", "-k", "it")
    (session,) = load(tiny.root / "results/latest").sessions
    assert session["command"] == "pytest -p harness.plugin -q -k it"
    assert session["commit"] == head
    assert session["dirty"] is True  # results/ and caches are not ignored there
    assert session["host"]
    assert session["harness"]
    assert session["date"].endswith("+00:00")


def test_results_outside_of_git_have_no_commit(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=CLAIMED)
    tiny.run(GIT_CEILING_DIRECTORIES=str(tmp_path))
    (session,) = load(tiny.root / "results/latest").sessions
    assert (session["commit"], session["dirty"]) == (None, None)


def test_a_run_whose_guests_never_come_up_is_not_the_latest(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=CLAIMED)
    tiny.run()
    before = (tiny.root / "results/latest").readlink()
    dead = PLAIN.replace('"import sys, json', "\"import sys; sys.exit('no luck'); import json")
    tiny.root.joinpath("conftest.py").write_text(textwrap.dedent(dead))
    code, said = tiny.run()
    assert code == 3, said
    assert (tiny.root / "results/latest").readlink() == before
