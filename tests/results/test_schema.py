"""The schema of conformance.json has what is written, no more and no less."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.guests.facts import Facts
from harness.history import load
from harness.judge import counts
from harness.judge.reads import Read
from harness.judge.run import Run
from harness.results import evidence, repetition
from harness.results.conformance import FORMAT, NAME, SCHEMA, Conformance, Result, save
from harness.session.outcome import outcome
from harness.session.repeat import of_outcome
from harness.session.result_context import claim_texts
from harness.session.session_facts import session_facts
from tests.result_directories import figure, result

jsonschema = pytest.importorskip("jsonschema", reason="pip install -e '.[test]'")
ROOT = Path(__file__).parents[2]
FACTS = Facts("netns", "6.1.176", 100, "real", "6.1.176", 2000, "root", nic="e1000", offset=-3)
CLAIMED = Result("a.py::test_a", "old", "conforms", claims=("MIIMON-2",))
ONE = {"outage": figure(92)}
SHARD = {"index": 1, "count": 2, "total": 7, "digest": "0123456789abcdef"}


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def problems(data: Any) -> list[str]:
    """Return where data are not as the schema says."""
    validator = jsonschema.Draft202012Validator(
        schema(), format_checker=jsonschema.FormatChecker()
    )
    return [error.json_path for error in validator.iter_errors(data)]


def written(directory: Path, *results: Result) -> dict[str, Any]:
    """Return what is written of results of the kernel "old"."""
    save(Conformance(results, {"old": asdict(FACTS)}, len(results)), directory)
    found: dict[str, Any] = json.loads((directory / NAME).read_text(encoding="utf-8"))
    return found


def measured() -> Run:
    return Run.of(load(ROOT / "tests" / "data" / "one_bond.jsonl"))


def test_the_schema_is_one_and_the_command_prints_it() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["properties"]["format"]["const"] == FORMAT
    done = CliRunner().invoke(main, ["results", "schema"])
    assert json.loads(done.stdout) == schema()


@pytest.mark.parametrize("verdict", counts.WORDS)
def test_each_verdict_is_valid(tmp_path: Path, verdict: str) -> None:
    assert problems(written(tmp_path, result("test_x", verdict=verdict))) == []


@pytest.mark.process
def test_what_a_session_writes_is_valid(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = evidence.of(measured(), tmp_path / "x" / "history.jsonl", tmp_path)
    assert found["figures"]
    assert found["settings"]
    one = Result(
        "a.py::test_a", "old", "conforms", **{**found, "options": tuple(found["options"])}
    )
    never = result("test_b", "dead", "not judged", "no boot", outage=figure(None))
    run = {**of_outcome(outcome([])), "figures": ONE}
    one = replace(one, runs=(run, run), statistics=repetition.statistics([run, run]))
    kernels = {"old": asdict(FACTS), "dead": {}}
    session = session_facts(request.config)
    texts = claim_texts([CLAIMED])
    assert list(texts) == ["MIIMON-2"]
    save(Conformance((one, never), kernels, 2, SHARD, (session,), texts), tmp_path)
    assert problems(json.loads((tmp_path / NAME).read_text())) == []


@pytest.mark.process
def test_each_key_that_is_written_is_described(request: pytest.FixtureRequest) -> None:
    parts = schema()["$defs"]
    figures = evidence.of(measured(), None, None)["figures"].values()
    repeated = repetition.statistics([{**of_outcome(outcome([])), "figures": ONE}] * 2)
    keys = {
        "result": {one.name for one in fields(Result)},
        "kernel": set(asdict(FACTS)),
        "session": set(session_facts(request.config)),
        "shard": set(SHARD),
        "figure": {key for one in figures for key in one},
        "claim": {key for one in claim_texts([CLAIMED]).values() for key in one},
        "run": set(of_outcome(outcome([]))),
        "statistics": set(repeated),
        "quantiles": {key for one in repeated["figures"].values() for key in one},
        "read": {one.name for one in fields(Read)},
        "bound": {key for bound in figure(92)["bounds"] for key in bound},
    }
    assert {name: set(part["properties"]) for name, part in parts.items()} == keys
    whole = {one.name for one in fields(Conformance)} | {"format"}
    assert set(schema()["properties"]) == whole


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda data: data.update(format=2), "$.format"),
        (lambda data: data.pop("planned"), "$"),
        (lambda data: data["results"][0].update(verdict="passed"), "$.results[0].verdict"),
        (lambda data: data["results"][0].pop("figures"), "$.results[0]"),
        (lambda data: data["results"][0].update(attempts=0), "$.results[0].attempts"),
        (
            lambda data: data["results"][0]["figures"]["outage"].update(ms="92"),
            "$.results[0].figures.outage.ms",
        ),
        (
            lambda data: data["results"][0]["figures"]["outage"]["bounds"][0].update(op="=="),
            "$.results[0].figures.outage.bounds[0].op",
        ),
    ],
)
def test_what_is_not_of_the_format_is_not_valid(
    tmp_path: Path, spoil: Callable[[Any], Any], where: str
) -> None:
    data = written(tmp_path, result("test_x", outage=figure(92)))
    assert problems(data) == []
    spoil(data)
    assert problems(data) == [where]
