"""`--max-outage`: the user's own limit, told apart from what is documented."""

from __future__ import annotations

import pytest

from harness.judge import counts
from harness.session import outage_limit
from tests.tiny_scenarios import PRELUDE

pytest_plugins = ["pytester"]

OPTIONS = ("-p", "harness.plugin", "-p", "no:cacheprovider")
SCENARIOS = (
    PRELUDE
    + """
@claim("MIIMON-2")
def test_conforms(run):  # outage 99 ms, tolerance 11 ms
    assert run.detection <= 100 * due

@claim("MIIMON-1")
def test_two_runs(run):
    watch("failover.jsonl")
    assert not watch("blackhole.jsonl").recovered

@claim("ARPVAL-9")
def test_contradicts():
    assert watch("late_detection.jsonl").detection <= 300 * due

@claim("MIIMON-3")
def test_unclean(run):
    watch("unclean.jsonl")
    assert run.detection <= 100 * due

@claim("MIIMON-4")
def test_records_nothing():
    verdicts.note_seen()
    assert [1] == [1]
"""
)


def verdicts(pytester: pytest.Pytester, *options: str) -> tuple[dict[str, object], str]:
    path = pytester.makepyfile(test_it=SCENARIOS)
    done = pytester.inline_run(path, *OPTIONS, *options)
    reports = [r for r in done.getreports("pytest_runtest_logreport") if r.when == "call"]
    found = {r.nodeid.partition("::test_")[2]: dict(r.user_properties) for r in reports}
    said = "\n".join(str(report.longrepr) for report in reports if report.failed)
    return {name: one.get(counts.VERDICT) for name, one in found.items()}, said


def test_what_conforms_and_is_dark_for_longer_exceeds_the_limit(pytester: pytest.Pytester) -> None:
    plain, _ = verdicts(pytester)
    assert plain["conforms"] == "conforms"
    found, said = verdicts(pytester, "--max-outage", "60ms")
    assert found["conforms"] == counts.EXCEEDS
    assert "outage took 99.0 ms, --max-outage allows 60.0 ms (tolerance 12.1 ms: " in said
    assert "hint: this is your own limit: what is documented holds" in said
    assert found["contradicts"] == plain["contradicts"] == counts.CONTRADICTS


def test_within_its_tolerance_it_does_not(pytester: pytest.Pytester) -> None:
    found, _ = verdicts(pytester, "--max-outage=90ms")
    assert found["conforms"] == "conforms"


def test_every_recording_of_a_scenario_is_held_against_it(pytester: pytest.Pytester) -> None:
    """One that never ended exceeds any limit; one that cannot be judged says nothing."""
    plain, _ = verdicts(pytester)
    found, said = verdicts(pytester, "--max-outage=10s")
    assert plain["two_runs"] == "conforms"
    assert found["two_runs"] == counts.EXCEEDS
    assert "outage had not ended after" in said
    assert found["unclean"] == plain["unclean"]
    assert found["records_nothing"] == plain["records_nothing"]


@pytest.mark.parametrize(
    ("text", "ns"), [("200ms", 200_000_000), ("1.5s", 1_500_000_000), ("250 us", 250_000)]
)
def test_times_have_a_unit(text: str, ns: int, pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig(*OPTIONS, "--max-outage", text)
    assert config.getoption("max_outage") == ns
    assert outage_limit.option(config) == [f"--max-outage={ns / 1_000_000:g}ms"]


@pytest.mark.parametrize("text", ["200", "0ms", "-5ms", "soon", "2 min", ""])
def test_what_is_no_time_is_rejected(text: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(): pass")
    done = pytester.runpytest_inprocess(*OPTIONS, f"--max-outage={text}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f'*"{text}" is no time (hint: write a number above 0 with*'])
