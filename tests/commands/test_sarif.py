"""What `harness check --format sarif` prints, before the schema that code hosts hold it to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import main
from tests.config.rule_pairs import PAIRS
from tests.schema_store import mistakes

URL = "https://json.schemastore.org/sarif-2.1.0.json"


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
        assert mistakes(URL, log) == []
    assert len(rules) > len(PAIRS) / 3


@pytest.mark.parametrize("text", ["mode=1", "mode=1 miimon=100", "mode=4 lacp_rate=fast"])
def test_the_schema_takes_options_of_the_command_line(text: str) -> None:
    log = printed(text)
    assert log["$schema"] == URL
    assert mistakes(URL, log) == []


@pytest.mark.parametrize("broken", ["version", "runs"])
def test_the_schema_minds_what_is_wrong(broken: str) -> None:
    log = printed("mode=1")
    del log[broken]
    assert mistakes(URL, log)
    log = printed("mode=1")
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert mistakes(URL, log)


def test_each_result_names_its_rule_and_a_line() -> None:
    run = printed("mode=1 miimon=x")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] == 1
