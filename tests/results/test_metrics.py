"""OpenMetrics text, as Prometheus' own parser reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.judge import counts
from harness.results import metrics, repetition
from harness.results.conformance import Conformance
from tests.result_directories import conformance, figure, place, result

parser = pytest.importorskip(
    "prometheus_client.openmetrics.parser", reason="pip install -e '.[test]'"
)
Samples = dict[str, dict[frozenset[tuple[str, str]], float]]


def parsed(text: str) -> Samples:
    """Return value by labels of each family's samples."""
    found: Samples = {}
    for family in parser.text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[frozenset(one.labels.items())] = one.value
    return found


def read(found: Conformance) -> Samples:
    return parsed("".join(f"{line}\n" for line in metrics.text(found)))


def key(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def of(scenario: str, kernel: str = "old", release: str = "6.1.176") -> Mapping[str, str]:
    name = f"scenarios/test_a.py::{scenario}"
    return {"scenario": name, "kernel": kernel, "release": release, "lab": ""}


def test_figures_are_in_seconds_and_what_never_came_is_infinite() -> None:
    one = result("test_x", detection=figure(92.5, tolerance=11), outage=figure(None))
    found = read(conformance(one))
    assert found["failover_figure_seconds"] == {
        key(**of("test_x"), figure="detection"): 0.0925,
        key(**of("test_x"), figure="outage"): math.inf,
    }
    tolerance = found["failover_tolerance_seconds"]
    assert tolerance[key(**of("test_x"), figure="detection")] == 0.011
    bound = found["failover_bound_seconds"]
    assert bound[key(**of("test_x"), figure="detection", op="<=")] == 0.1


def test_of_several_alike_bounds_the_narrowest_is_reported() -> None:
    bounds = [{"op": op, "ms": ms, "slack_ms": 0.0} for op, ms in (("<=", 300.0), ("<=", 200.0))]
    bounds += [{"op": ">=", "ms": ms, "slack_ms": 0.0} for ms in (10.0, 20.0)]
    one = result("test_x", detection={**figure(92), "bounds": bounds})
    assert read(conformance(one))["failover_bound_seconds"] == {
        key(**of("test_x"), figure="detection", op="<="): 0.2,
        key(**of("test_x"), figure="detection", op=">="): 0.02,
    }


def test_verdicts_are_counted_by_kernel_zero_included() -> None:
    found = conformance(
        replace(result("test_x", verdict="contradicts"), claims=("A-1", "A-2")),
        result("test_x", "new"),
        planned=5,
        sessions=({"date": "2026-11-26T10:00:00+00:00"}, {"date": "nonsense"}),
    )
    samples = read(found)
    verdicts = samples["failover_verdicts"]
    assert len(verdicts) == 2 * len(counts.WORDS)
    assert verdicts[key(kernel="old", verdict="contradicts")] == 1
    assert verdicts[key(kernel="new", verdict="contradicts")] == 0
    assert samples["failover_results"] == {key(): 2}
    assert samples["failover_planned"] == {key(): 5}
    assert samples["failover_run_start_timestamp_seconds"] == {key(): 1795687200}
    about = {**of("test_x"), "verdict": "contradicts", "claims": "A-1,A-2"}
    assert samples["failover_scenario_info"][key(**about)] == 1


def test_repeated_scenarios_have_quantiles_and_counts() -> None:
    runs = [{"verdict": "conforms", "figures": {"outage": figure(ms)}} for ms in (90, 92, 94)]
    runs.append({"verdict": "contradicts", "figures": {"outage": figure(None)}})
    one = replace(result("test_x", outage=figure(94)), statistics=repetition.statistics(runs))
    found = read(conformance(one, result("test_y")))
    assert found["failover_quantile_seconds"] == {
        key(**of("test_x"), figure="outage", quantile=quantile): value
        for quantile, value in {
            "0.5": 0.092,
            "0.95": math.inf,
            "0.99": math.inf,
            "1": math.inf,
        }.items()
    }
    assert found["failover_runs"] == {key(**of("test_x")): 4}
    assert found["failover_failed_runs"] == {key(**of("test_x")): 1}


@pytest.mark.parametrize("name", ['test_x["]', "test_x[\\]", "test_x[a\nb 1]", 'x"} 1', "ü#\t"])
def test_hostile_names_are_returned_unchanged(name: str) -> None:
    found = read(conformance(result(name, detection=figure(92))))
    assert found["failover_figure_seconds"] == {key(**of(name), figure="detection"): 0.092}


def test_a_run_without_results_is_valid() -> None:
    assert read(conformance())["failover_results"] == {key(): 0}


def test_stored_results_are_printed(tmp_path: Path) -> None:
    one = result("test_x", detection=figure(92))
    done = CliRunner().invoke(main, ["results", "metrics", str(place(tmp_path / "a", one))])
    assert done.exit_code == 0, done.output
    assert parsed(done.stdout) == read(conformance(one))
