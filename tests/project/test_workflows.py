"""The files for GitHub Actions are what its schemas allow; the action's script does its work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.schema_store import mistakes

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/failover/action.yml"
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
STORE = "https://json.schemastore.org"

# Stands for the installed command: it says how it was called, and leaves results.
HARNESS = """#!/bin/bash
printf '<%s>' "$@" >> "$RUNNER_TEMP/calls"; echo >> "$RUNNER_TEMP/calls"
if [ "$1" = run ]; then mkdir -p results/1; ln -sfn 1 results/latest; exit 1; fi
"""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_action_is_what_the_schema_allows() -> None:
    assert mistakes(f"{STORE}/github-action.json", read(ACTION)) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_what_the_schema_allows(path: Path) -> None:
    document = read(path)
    document["on"] = document.pop(True)  # YAML 1.1 reads `on` as a truth value
    for job in document["jobs"].values():
        job["runs-on"] = "ubuntu-latest"  # the copy of the schema knows older runners by name
    assert mistakes(f"{STORE}/github-workflow.json", document) == []


def test_the_action_installs_this_repository() -> None:
    assert (ACTION.parent / "../../..").resolve() == ROOT


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("", "<run>"),
        (
            "--kernel uml@6.12 -k 'miimon or delay'",
            "<run><--kernel><uml@6.12><-k><miimon or delay>",
        ),
        ("-k '$(touch broken); x'", "<run><-k><$(touch broken); x>"),
    ],
)
def test_the_action_runs_scenarios_and_hands_on_results_of_a_failed_run(
    tmp_path: Path, given: str, called: str
) -> None:
    step = next(one for one in read(ACTION)["runs"]["steps"] if one.get("id") == "run")
    command = tmp_path / "failover/bin/harness"
    command.parent.mkdir(parents=True)
    command.write_text(HARNESS)
    command.chmod(0o755)
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=os.environ
        | {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(output), "ARGUMENTS": given},
        check=False,
    )
    assert done.returncode == 1
    assert (tmp_path / "calls").read_text().splitlines() == [called, "<report><results/latest>"]
    assert output.read_text() == f"results={tmp_path.resolve()}/results/1\n"
    assert not (tmp_path / "broken").exists()
