"""`harness compare`: two results in, what changed out, and an exit status to rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.history import History
from harness.results import evidence
from harness.results.changes import compare, figures
from harness.units import MS, Measured
from tests.result_directories import figure, place, result
from tests.stories import described


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


@pytest.mark.parametrize(
    ("old", "new", "sense"),
    [
        ("conforms", "contradicts", "worse"),
        ("conforms", "contradicts as known", "worse"),
        ("conforms", "inconclusive", "worse"),
        ("conforms", "not judged", "worse"),
        ("contradicts as known", "contradicts", "worse"),
        ("not promised", "contradicts", "worse"),
        ("contradicts", "conforms", "better"),
        ("contradicts as known", "conforms against expectation", "better"),
        ("conforms", "not promised", "changed"),
        ("conforms", "not testable here", "changed"),
        ("not promised", "conforms", "changed"),
        ("contradicts", "inconclusive", "changed"),
    ],
)
def test_a_verdict_changes_for_worse_or_better(old: str, new: str, sense: str) -> None:
    found = compare(
        {"s": result("s", "old", old)}, {"s": result("s", "new", new, reason="because")}
    )
    (change,) = found.changes
    assert (change.what, change.old, change.new, change.sense) == ("verdict", old, new, sense)
    assert change.detail == "because"
    assert found.worse == (sense == "worse")


@pytest.mark.parametrize(
    ("old", "new", "sense"),
    [
        (92.0, 92.0, None),
        (20.0, 110.0, None),  # the fault fell elsewhere between two inspections
        (20.0, 143.0, "worse"),
        (143.0, 20.0, "better"),
        (92.0, None, "worse"),
        (None, 92.0, "better"),
        (None, None, None),
    ],
)
def test_a_figure_changes_beyond_tolerances_and_leeway_only(
    old: float | None, new: float | None, sense: str | None
) -> None:
    assert figures(figure(old), figure(new)) == sense


def test_without_leeway_the_tolerances_of_both_count() -> None:
    assert figures(figure(100, leeway=0), figure(122, leeway=0)) is None
    assert figures(figure(100, leeway=0), figure(122.1, leeway=0)) == "worse"


def test_what_did_not_change_is_not_said(tmp_path: Path) -> None:
    old = place(tmp_path / "a", result("test_x", "old", detection=figure(92)))
    new = place(tmp_path / "b", result("test_x", "new", detection=figure(60)))
    done = run(old, new)
    assert done.exit_code == 0
    assert done.stdout == (
        f"{old} old (6.1.176) -> {new} new (6.12.101): 1 scenario on both, nothing changed\n"
    )


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A directory of results of two kernels that differ in everything that can."""
    return place(
        tmp_path / "latest",
        result("test_x[1]", "old", detection=figure(92), options=("mode", "use_carrier")),
        result("test_x[1]", "new", detection=figure(499), options=("mode", "lacp_strict")),
        result("test_y", "old"),
        result("test_y", "new", "contradicts", "detection took 499.0 ms"),
        result("test_z", "old", "contradicts"),
        result("test_z", "new"),
        result("test_gone", "old"),
        result("test_fresh", "new"),
    )


def test_all_that_changed_is_said_once_the_worse_first(both: Path) -> None:
    done = run("old", "6.12", "--results", both)
    assert done.exit_code == 1
    assert done.stdout == (
        "old (6.1.176) -> new (6.12.101): 3 scenarios on both, 3 worse, 2 better\n"
        "verdicts\n"
        "  x scenarios/test_a.py::test_y: conforms -> contradicts (worse)\n"
        "      detection took 499.0 ms\n"
        "  + scenarios/test_a.py::test_z: contradicts -> conforms (better)\n"
        "figures\n"
        "  x scenarios/test_a.py::test_x[1] detection: 92.0 ms -> 499.0 ms (worse)\n"
        "      they differ by more than both tolerances (22.0 ms) plus the phase of the monitor "
        "(100.0 ms)\n"
        "options\n"
        "  x use_carrier: present -> absent (worse)\n"
        "  + lacp_strict: absent -> present (better)\n"
        "only in old (6.1.176)\n"
        "  - scenarios/test_a.py::test_gone\n"
        "only in new (6.12.101)\n"
        "  - scenarios/test_a.py::test_fresh\n"
    )


def test_the_other_way_round_it_got_worse_too(both: Path) -> None:
    done = run("new", "old", "--results", both)
    assert done.exit_code == 1
    assert "x scenarios/test_a.py::test_z: conforms -> contradicts (worse)" in done.stdout
    assert "+ scenarios/test_a.py::test_x[1] detection: 499.0 ms -> 92.0 ms" in done.stdout


def test_a_bond_with_other_options_is_named_even_if_nothing_else_changed(tmp_path: Path) -> None:
    slow, quick = {"bond0": {"miimon": "500", "mode": "1"}}, {"bond0": {"miimon": "100"}}
    names = [f"test_{n}" for n in range(5)]
    old = [result(name, detection=figure(60), settings=quick) for name in names]
    new = [result(name, detection=figure(60), settings=slow) for name in names]
    place(tmp_path / "a", *old)
    place(tmp_path / "b", *new)
    done = run(tmp_path / "a", tmp_path / "b")
    assert done.exit_code == 0
    where = ", ".join(f"scenarios/test_a.py::test_{n}" for n in range(3))
    assert done.stdout.splitlines()[1:] == [
        "settings of bonds",
        "  * bond0 miimon: 100 -> 500 (changed)",
        f"      in {where} and 2 more",
        "  * bond0 mode: the default -> 1 (changed)",
        f"      in {where} and 2 more",
    ]


def test_in_virtual_time_a_figure_has_no_leeway(tmp_path: Path) -> None:
    """The monitor of a bond that looks five times less often is told by its outage."""
    old, new = (
        evidence.figure("outage", measured, (), history(clock="virtual", miimon=miimon))
        for measured, miimon in ((took(60), 100), (took(250), 500))
    )
    assert (old["leeway_ms"], new["leeway_ms"]) == (0.0, 0.0)
    assert figures(old, new) == "worse"
    (change,) = compare({"s": result("s", outage=old)}, {"s": result("s", outage=new)}).changes
    assert change.detail == "they differ by more than both tolerances (22.0 ms)"
    real = evidence.figure("outage", took(250), (), history(clock="real", miimon=500))
    assert real["leeway_ms"] > 190
    assert figures(old, real) is None


def history(clock: str, miimon: int) -> History:
    bond = {"slaves": ["eth0", "eth1"], "changed": {"mode": 1, "miimon": miimon}}
    return History(described(clock=clock, bonds={"bond0": bond}), ())


def took(ms: float) -> Measured:
    return Measured("outage", int(ms * MS), int(11 * MS), "one jiffy")


def test_machines_get_the_same(both: Path) -> None:
    done = run("old", "new", "--results", both, "--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)
    assert (found["common"], found["worse"]) == (3, True)
    assert found["only_new"] == ["scenarios/test_a.py::test_fresh"]
    assert {(one["what"], one["sense"]) for one in found["changes"]} == {
        ("verdict", "worse"),
        ("verdict", "better"),
        ("figure", "worse"),
        ("option", "worse"),
        ("option", "better"),
    }


def test_options_are_compared_where_both_have_a_recording() -> None:
    old = {"a": result("a", options=("mode", "use_carrier"))}
    new = {"a": result("a", verdict="not judged")}
    assert [change.what for change in compare(old, new).changes] == ["verdict"]


def test_directories_of_several_kernels_are_compared_kernel_by_kernel(
    tmp_path: Path, both: Path
) -> None:
    again = place(
        tmp_path / "again", result("test_y", "old", "contradicts"), result("test_y", "new")
    )
    done = run(both, again)
    assert done.exit_code == 1
    assert "old (6.1.176): 1 scenario on both, 1 worse" in done.stdout
    assert "new (6.12.101): 1 scenario on both, 1 better" in done.stdout


def test_kernels_that_are_called_otherwise_are_known_by_their_release(
    tmp_path: Path, both: Path
) -> None:
    alone = place(tmp_path / "alone", result("test_y", "old", "contradicts"))
    path = alone / "conformance.json"
    path.write_text(path.read_text().replace('"old"', '"renamed"'))
    done = run(both, alone)
    assert done.exit_code == 1
    assert "renamed (6.1.176): 1 scenario on both, 1 worse" in done.stdout


def test_a_session_that_was_cut_short_is_reported(tmp_path: Path) -> None:
    old = place(tmp_path / "a", result("test_x"), result("test_y"))
    new = place(tmp_path / "b", result("test_x"), planned=2)
    done = run(old, new)
    assert done.exit_code == 0
    assert f"{new} was cut short: 1 of 2 scenarios have a result" in done.stderr


def test_a_kernel_that_only_one_side_has_is_named(tmp_path: Path, both: Path) -> None:
    alone = place(tmp_path / "alone", result("test_y", "old"), result("test_y", "third"))
    done = run(both, alone)
    assert done.exit_code == 0
    assert f"only {both} has results of new (6.12.101): not compared" in done.stderr
    assert f"only {alone} has results of third (7.2.7): not compared" in done.stderr


def test_a_directory_that_is_called_like_a_kernel_does_not_hide_it(
    both: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (both.parent / "old").mkdir()
    monkeypatch.chdir(both.parent)
    assert run("old", "new", "--results", both).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonesuch", "old"], '"nonesuch" is neither a directory of results nor a kernel in '),
        (["6", "old"], '"6" is in doubt in '),
        (["{both}", "old"], "is a directory of results, old is none"),
        (["{root}", "{both}"], "holds 8 directories of results, it is not one itself"),
        (["{root}", "old"], "holds 8 directories of results, it is not one itself"),
        (["{empty}", "{empty}"], "holds no results: it has no conformance.json"),
        (["{begun}", "{both}"], "has no result yet, or ended before one"),
        (["./nonesuch", "{both}"], "there is no nonesuch"),
        (["{empty}/file", "{both}"], "file is not JSON"),
        (["{later}", "{both}"], "format 2, written by harness 9.0; this harness reads format 1"),
        (["/proc/1/mem", "{both}"], "/proc/1/mem cannot be read: "),
        (["{binary}", "{both}"], "is not JSON: 'utf-8' codec"),
        (["{both}", "{other}"], "have no kernel in common: old, new; third, fourth"),
        (["{alone}", "{strange}"], "have no scenario in common"),
        (["{both}", "{broken}"], "is not a conformance.json of format 1"),
        (["{both}", "{text}"], "is not JSON"),
        (["a", "b", "--results", "/nonesuch"], "there is no /nonesuch"),
    ],
)
def test_bad_usage_is_explained(
    tmp_path: Path, both: Path, arguments: list[str], message: str
) -> None:
    places = {
        "both": both,
        "other": place(tmp_path / "o", result("test_x", "third"), result("test_x", "fourth")),
        "alone": place(tmp_path / "l", result("test_x", "old")),
        "strange": place(tmp_path / "s", result("test_strange", "old")),
        "broken": place(tmp_path / "b", result("test_x")),
        "text": place(tmp_path / "t", result("test_x")),
        "later": place(tmp_path / "v", result("test_x")),
        "binary": place(tmp_path / "y", result("test_x")),
    }
    places |= {name: tmp_path / name for name in ("empty", "begun")} | {"root": tmp_path}
    for name in ("empty", "begun"):
        places[name].mkdir()
    (places["begun"] / ".run").touch()
    (places["empty"] / "file").write_text("not JSON")
    later = {"format": 2, "sessions": [{"harness": "9.0"}]}
    (places["later"] / "conformance.json").write_text(json.dumps(later))
    (places["binary"] / "conformance.json").write_bytes(b"\xff\xfe\x00")
    (places["broken"] / "conformance.json").write_text('{"format": 1, "results": [{}]}')
    (places["text"] / "conformance.json").write_text("{")
    given = [text.format(**places) for text in arguments]
    done = run(*given, *([] if "--results" in given else ["--results", str(both)]))
    assert done.exit_code == 4, done.output
    assert message in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.output


def test_a_wrong_command_line_is_exit_status_2() -> None:
    assert run("only-one").exit_code == 2
