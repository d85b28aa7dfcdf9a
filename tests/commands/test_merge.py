"""`harness merge` and `harness kernels matrix`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.results.conformance import load
from tests.result_directories import place, result


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def shard(index: int, count: int = 2, digest: str = "d1") -> dict[str, Any]:
    return {"shard": {"index": index, "count": count, "total": 4, "digest": digest}}


def test_results_and_recordings_are_joined(tmp_path: Path) -> None:
    where = "test_a.test_x/history.jsonl"
    old = place(tmp_path / "a", result("test_x", "old", history=where))
    new = place(tmp_path / "b", result("test_x", "new", "contradicts", history=where))
    (new / "guest-1.console").write_text("panic\n")
    done = run("merge", old, new, "--into", tmp_path / "all")
    assert done.exit_code == 0, done.output
    found = load(tmp_path / "all")
    assert [(one.kernel, one.history) for one in found.results] == [
        ("old", f"1-old/{where}"),
        ("new", f"2-new/{where}"),
    ]
    for one in found.results:
        assert one.history is not None
        assert (tmp_path / "all" / one.history).read_text() == f"recording of {one.kernel}\n"
    assert (tmp_path / "all/2-new/guest-1.console").read_text() == "panic\n"
    assert not (tmp_path / "all/1-old/conformance.json").exists()
    assert "old (6.1.176)" in done.stdout
    assert "+" in done.stdout
    assert json.loads((tmp_path / "all/matrix.json").read_text())["rows"][0]["cells"].keys() == {
        "old",
        "new",
    }
    compared = run("compare", "old", "new", "--results", tmp_path / "all")
    assert compared.exit_code == 1


def test_pages_and_claims_are_joined(tmp_path: Path) -> None:
    text = {"section": "1.1 miimon", "text": "It polls.", "kind": "documented"}
    one = replace(
        result("test_x", "old", "contradicts"), page="a/failure.txt", console="guest-1.console"
    )
    first = place(tmp_path / "a", one, claims={"A-1": text})
    second = place(tmp_path / "b", result("test_x", "new"), claims={"A-2": text})
    assert run("merge", first, second, "--into", tmp_path / "all").exit_code == 0
    found = load(tmp_path / "all")
    assert [one.page for one in found.results] == ["1-old/a/failure.txt", None]
    assert [one.console for one in found.results] == ["1-old/guest-1.console", None]
    assert found.claims == {"A-1": text, "A-2": text}


def test_shards_are_joined(tmp_path: Path) -> None:
    first = place(tmp_path / "a", result("test_x"), **shard(1))
    second = place(tmp_path / "b", result("test_y"), **shard(2))
    done = run("merge", first, second, "--into", tmp_path / "all")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"joined 2 results of 2 directories into {tmp_path / 'all'}\n"
    assert load(tmp_path / "all").planned == 2


def test_what_is_missing_is_reported(tmp_path: Path) -> None:
    first = place(tmp_path / "a", result("test_x"), planned=3, **shard(1, 3))
    third = place(tmp_path / "b", result("test_y"), **shard(3, 3))
    done = run("merge", first, third, "--into", tmp_path / "all")
    assert done.exit_code == 0
    assert "warning: missing shards: 2/3" in done.stderr
    assert "warning: scenarios without a result, as their session was cut short: 2" in done.stderr


def test_conflicts_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    a = place(tmp_path / "a", result("test_x"), result("test_y"))
    b = place(tmp_path / "b", result("test_y", verdict="contradicts"))
    done = run("merge", a, b, "--into", tmp_path / "all")
    assert done.exit_code == 4
    assert f"  scenarios/test_a.py::test_y on old: in {a} and in {b}" in done.stderr
    assert "test_x" not in done.stderr
    assert "hint: omit one" in done.stderr
    assert not (tmp_path / "all").exists()


def test_many_conflicts_are_counted(tmp_path: Path) -> None:
    same = [result(f"test_x[{n}]") for n in range(14)]
    done = run(
        "merge", place(tmp_path / "a", *same), place(tmp_path / "b", *same), "--into", "nowhere"
    )
    assert done.exit_code == 4
    assert "... and 4 more" in done.stderr


def test_one_name_for_two_kernels_is_a_conflict(tmp_path: Path) -> None:
    a = place(tmp_path / "a", result("test_x"))
    b = place(tmp_path / "b", result("test_y"))
    path = b / "conformance.json"
    path.write_text(path.read_text().replace("6.1.176", "6.1.180"))
    done = run("merge", a, b, "--into", tmp_path / "all")
    assert done.exit_code == 4
    assert f"kernel old is 6.1.176 in {a}, 6.1.180 in {b}" in done.stderr


def test_shards_that_were_cut_otherwise_are_a_conflict(tmp_path: Path) -> None:
    a = place(tmp_path / "a", result("test_x"), **shard(1))
    b = place(tmp_path / "b", result("test_y"), **shard(2, digest="d2"))
    done = run("merge", a, b, "--into", tmp_path / "all")
    assert done.exit_code == 4
    assert f"shard 2/2 in {b} cut other work or by other times than {a} did" in done.stderr


@pytest.mark.parametrize("into", ["full", "file", "a/all"])
def test_only_a_new_directory_outside_is_written(tmp_path: Path, into: str) -> None:
    a = place(tmp_path / "a", result("test_x"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/kept").write_text("")
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    done = run("merge", a, "--into", tmp_path / into)
    assert done.exit_code == 4
    assert "hint: give a new directory" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_directory_given_twice_counts_once(tmp_path: Path) -> None:
    a = place(tmp_path / "a", result("test_x"))
    done = run("merge", a, a, "--into", tmp_path / "all")
    assert done.exit_code == 0
    assert done.stdout.startswith("joined 1 result of 1 directory into ")


def test_what_is_no_directory_of_results_is_explained(tmp_path: Path) -> None:
    done = run("merge", tmp_path / "none", "--into", tmp_path / "all")
    assert done.exit_code == 4
    assert f"there is no {tmp_path / 'none'}" in done.stderr
    assert "Traceback" not in done.output


def test_jobs_are_listed_for_people_and_machines() -> None:
    given = ["kernels", "matrix", "--kernel=uml@6.1", "--kernel=uml@6.12", "--shards=2"]
    assert run(*given).stdout.splitlines()[3] == (
        "pytest scenarios/ --kernel=uml@6.12 --shard=2/2"
    )
    listed = json.loads(run(*given, "--json").stdout)["include"]
    assert [job["name"] for job in listed] == [
        "uml-6.1-1of2",
        "uml-6.1-2of2",
        "uml-6.12-1of2",
        "uml-6.12-2of2",
    ]
    assert "parallel" in json.loads(run(*given, "--gitlab").stdout)["scenarios"]


def test_more_jobs_than_github_runs_are_rejected() -> None:
    done = run("kernels", "matrix", "--kernel=host", "--shards=257", "--json")
    assert done.exit_code == 4
    assert "257 jobs are more than the 256" in done.stderr
    assert "hint: " in done.stderr


@pytest.mark.parametrize("command", [["compare"], ["merge"], ["kernels", "matrix"]])
def test_help_says_what_a_command_does(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 8
