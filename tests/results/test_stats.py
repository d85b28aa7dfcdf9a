"""`harness stats`: verdicts that flip and figures that drift, over many runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from click.testing import Result as Done

from harness.cli import main
from harness.results import stats
from harness.results.conformance import Result, load, save
from tests.result_directories import RELEASES, figure, place, result


def run(directory: Path, day: int, *results: Result) -> Path:
    """Make a run of a day of November."""
    return place(directory, *results, sessions=({"date": f"2026-11-{day:02}T10:00:00+00:00"},))


def harness(*arguments: str | Path) -> Done:
    return CliRunner().invoke(main, ["stats", *map(str, arguments)])


def verdicts(root: Path, *words: str) -> list[Path]:
    return [
        run(root / f"{day:02}", day, result("test_x", verdict=word))
        for day, word in enumerate(words, start=1)
    ]


def found_in(*places: Path) -> stats.Statistics:
    return stats.of(stats.load(places)[0])


def test_flips_are_counted_in_the_order_of_dates(tmp_path: Path) -> None:
    words = ("conforms", "contradicts", "conforms", "inconclusive", "conforms", "conforms")
    places = verdicts(tmp_path, *words)
    (flip,) = found_in(*reversed(places)).flips
    assert flip.verdicts == words
    assert (flip.flips, flip.streak) == (4, 2)
    assert flip.dates[0] == "2026-11-01T10:00:00+00:00"
    done = harness(*places)
    where = "scenarios/test_a.py::test_x"
    assert f"  +x+?++  {where} on old: 4 flips, now conforms for 2 runs\n" in done.stdout
    assert done.stdout.startswith("6 runs, 2026-11-01 10:00:00 to 2026-11-06 10:00:00\n")


def test_what_flips_most_is_first_and_what_does_not_is_left_out(tmp_path: Path) -> None:
    days = [("conforms",) * 3, ("conforms", "contradicts", "conforms"), ("conforms",) * 2]
    days[2] += ("contradicts",)
    for day in range(3):
        rows = [result(f"test_{n}", verdict=days[n][day]) for n in range(3)]
        run(tmp_path / str(day), day + 1, *rows)
    found = found_in(tmp_path)
    assert [(flip.scenario[-1], flip.flips) for flip in found.flips] == [("1", 2), ("2", 1)]


def test_a_figure_drifts_that_ends_beyond_what_is_allowed(tmp_path: Path) -> None:
    """Both tolerances (22 ms), not what lies between; and since when."""
    for day, ms in enumerate([92.0, 150.0, 95.0, 114.0, 115.0, 120.0, None], start=1):
        one = result("test_x", outage=figure(ms, leeway=0), detection=figure(90.0, leeway=0))
        run(tmp_path / f"{day}", day, one)
    (drift,) = found_in(tmp_path).drifts
    assert (drift.figure, drift.sense, drift.runs) == ("outage", "worse", 7)
    assert (drift.first_ms, drift.last_ms) == (92.0, None)
    assert drift.since == "2026-11-05T10:00:00+00:00"
    assert drift.quantiles == {"median": 115.0, "p95": None, "p99": None, "max": None}
    said = harness(tmp_path).stdout
    assert (
        "scenarios/test_a.py::test_x on old, outage: 92.0 ms -> never (worse) since "
        "2026-11-05 10:00:00; 7 runs: median 115.0 ms, p95 never, p99 never, max never\n"
    ) in said
    back = [*(tmp_path / f"{day}" for day in range(1, 4))]
    assert found_in(*back).drifts == ()


def test_the_leeway_of_a_monitor_is_no_drift(tmp_path: Path) -> None:
    for day, ms in enumerate([10.0, 110.0], start=1):
        run(tmp_path / f"{day}", day, result("test_x", outage=figure(ms, leeway=100.0)))
    assert found_in(tmp_path).drifts == ()


def test_kernels_are_compared_in_the_order_of_their_releases(tmp_path: Path) -> None:
    """By the newest run of each: 6.12 comes after 6.1."""
    assert RELEASES == {"old": "6.1.176", "new": "6.12.101"}
    run(tmp_path / "1", 1, result("test_x", "new", "contradicts"), result("test_x", "old"))
    run(tmp_path / "2", 2, result("test_x", "new"))
    run(tmp_path / "3", 3, result("test_x", "old", outage=figure(92, leeway=0)))
    run(tmp_path / "4", 4, result("test_x", "new", outage=figure(192, leeway=0)))
    (compared,) = found_in(tmp_path).kernels
    assert compared.names == ("old (6.1.176)", "new (6.12.101)")
    assert [(one.what, one.sense) for one in compared.changes] == [("figure", "worse")]
    said = harness(tmp_path).stdout
    assert "old (6.1.176) -> new (6.12.101): 1 scenario on both, 1 worse\n" in said
    data = json.loads(harness(tmp_path, "--json").stdout)
    assert data["kernels"][0]["worse"] is True
    assert [one["flips"] for one in data["flips"]] == [1]
    assert len(data["runs"]) == 4


def test_a_run_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    first = verdicts(tmp_path, "conforms", "contradicts")[0]
    (tmp_path / "latest").symlink_to("02")
    assert len(found_in(tmp_path, first, tmp_path / "latest").runs) == 2


def test_runs_that_cannot_be_read_are_named_and_left_out(tmp_path: Path) -> None:
    verdicts(tmp_path, "conforms", "conforms", "contradicts", "conforms")
    (tmp_path / "01" / "conformance.json").write_text('{"format": 1, "results": [')
    (tmp_path / "02" / "conformance.json").write_text('{"format": 2, "results": []}')
    done = harness(tmp_path)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("2 runs, 2026-11-03")
    assert f"warning: left out: {tmp_path}/01/conformance.json is not JSON" in done.stderr
    assert "02/conformance.json has format 2; this harness reads format 1" in done.stderr


def test_a_directory_that_is_given_has_to_be_readable(tmp_path: Path) -> None:
    good, bad = verdicts(tmp_path, "conforms", "conforms")
    (bad / "conformance.json").write_text('{"format": 1, "results": [')
    done = harness(good, bad)
    assert done.exit_code == 4
    assert "is not JSON" in done.output
    assert "Traceback" not in done.output


def test_nothing_to_read_is_an_error_with_a_hint(tmp_path: Path) -> None:
    for arguments in ([tmp_path], [tmp_path / "nowhere"]):
        done = harness(*arguments)
        assert done.exit_code == 4
        assert "hint: " in done.output
    only = verdicts(tmp_path, "conforms")[0]
    (only / "conformance.json").write_text("[]")
    done = harness(tmp_path)
    assert done.exit_code == 4
    assert "no run has results" in done.output


def test_runs_without_a_date_come_first_and_short_runs_are_named(tmp_path: Path) -> None:
    undated = place(tmp_path / "z", result("test_x"), planned=3)
    dated = run(tmp_path / "a", 1, result("test_x", verdict="contradicts"))
    done = harness(dated, undated)
    assert done.stdout.startswith("2 runs, (no date) to 2026-11-01 10:00:00\n")
    assert f"note: {undated} was cut short: 1 of 3 scenarios have a result" in done.stdout


def test_a_merged_run_has_the_date_of_its_first_session(tmp_path: Path) -> None:
    first = verdicts(tmp_path, "conforms")[0]
    found = load(first)
    later = {"date": "2026-12-01T10:00:00+00:00"}
    save(replace(found, sessions=(later, *found.sessions)), first)
    assert stats.load([first])[0][0].date == "2026-11-01T10:00:00+00:00"
