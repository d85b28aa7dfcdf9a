"""The page of several runs: the same scenario twice, repetitions, and claims in their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.claims import catalogue
from harness.html import page
from harness.html.claims_table import rows
from tests.html.test_page import Elements, run
from tests.result_directories import conformance, figure, place, result


def test_the_same_scenario_of_two_runs_is_shown_twice_with_its_directory(tmp_path: Path) -> None:
    labs = ("--lab=qemu", "--lab labs/rack.toml")
    runs = [
        place(
            tmp_path / f"run{n}",
            result("test_x", outage=figure(60.0 + n)),
            sessions=({"command": f"pytest scenarios {lab}"},),
        )
        for n, lab in enumerate(labs)
    ]
    done = run(*runs, "--output", tmp_path / "both.html")
    assert done.exit_code == 0, done.output
    text = Elements((tmp_path / "both.html").read_text()).text
    for n, lab in enumerate(labs):
        assert f"old in run{n} (6.1.176)" in text
        assert f"outage {60 + n}.0; bound" in text
        assert f"pytest scenarios/test_a.py::test_x --kernel old {lab}\n" in text


def test_the_command_of_a_result_is_kept_and_no_lab_is_taken_from_another_session(
    tmp_path: Path,
) -> None:
    sessions = ({"command": "pytest --lab pipe"}, {"command": "pytest"}, {"command": 'pytest "'})
    two = place(tmp_path / "a", result("test_x"), sessions=sessions)
    assert run(two).exit_code == 0
    text = Elements((two / "index.html").read_text()).text
    assert "pytest scenarios/test_a.py::test_x --kernel old\n" in text


def test_claims_are_in_the_order_of_the_documentation(tmp_path: Path) -> None:
    found = conformance(
        *(replace(result(f"test_{name}"), claims=(name,)) for name in ("UPDELAY-6", "MIIMON-1"))
    )
    text = page.render(found, tmp_path, tmp_path / "index.html").rpartition("<tbody>")[2]
    assert text.index("<b>MIIMON-1</b>") < text.index("<b>UPDELAY-6</b>")
    assert [row.claim for row in rows(found)] == ["MIIMON-1", "UPDELAY-6"]
    options = [catalogue().claims[name] for name in ("ARPINT-1", "ARPVAL-1")]
    assert [one.section.partition(" ")[0] for one in options] == ["2.8", "2.11"]
    found = conformance(
        *(replace(result(f"test_{name}"), claims=(name,)) for name in ("ARPVAL-1", "ARPINT-1"))
    )
    assert [row.claim for row in rows(found)] == ["ARPINT-1", "ARPVAL-1"]


def test_a_repeated_scenario_has_its_failure_rate_and_a_dot_for_each_run(tmp_path: Path) -> None:
    runs = tuple(
        {
            "verdict": "conforms" if ms is not None and ms <= 110 else "contradicts",
            "figures": {"outage": figure(ms), "switchover": figure(1.0, bound=None)},
        }
        for ms in (60.0, 80.0, 130.0, None)
    )
    once = result("test_once", outage=figure(60))
    found = conformance(replace(result("test_x", verdict="contradicts"), runs=runs), once)
    text = page.render(found, tmp_path, tmp_path / "index.html")
    elements = Elements(text)
    (svg,) = elements.all("svg")
    assert svg["aria-label"] == "outage of 4 runs: from 60.0 to 130.0 ms, median 80.0 ms, 1 never"
    assert "2 of 4 runs failed: rate " in elements.text
    assert "outage: median 80.0 ms, p95 never, p99 never, max never" in elements.text
    assert all(f"run {n}: outage" in elements.text for n in range(1, 5))
    assert "switchover: median" not in elements.text


def test_the_scenarios_sentence_and_the_files_of_its_results_are_there(tmp_path: Path) -> None:
    one = replace(
        result("test_x", verdict="contradicts", history="x/history.jsonl"),
        page="x/failure.txt",
        docstring="The bond <b>fails</b> over.\n\nA picture of it.",
    )
    where = place(tmp_path / "a", one)
    (where / "x" / "failure.txt").write_text("late")
    (where / "x" / "capture.pcapng").write_bytes(b"")
    assert run(where).exit_code == 0
    elements = Elements((where / "index.html").read_text())
    links = ["x/history.jsonl", "x/capture.pcapng", "x/failure.txt"]
    assert [link["href"] for link in elements.all("a")] == links
    assert "The bond <b>fails</b> over." in elements.text
    assert "A picture of it" not in elements.text
