"""Every scenario that conforms is allowed by the model: real recordings of a virtual kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.history import History, load
from harness.model import judge
from harness.results import conformance
from harness.session.fixtures import folder_of
from tests.virtual_kernel import virtual_kernel

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.guest(inside=False)
NAMES = (
    *("miimon", "delays", "primary", "primary_reselect", "active_slave", "fail_over_mac"),
    *("num_grat_arp", "arp_monitor", "high_availability", "switch_configuration"),
    *("balance_rr", "balance_xor", "broadcast", "balance_tlb", "balance_alb"),
    *("mac", "enslaving", "min_links"),
)
FILES = tuple(f"scenarios/test_{name}.py" for name in NAMES)
RESULTS = "HARNESS_RECORDED"  # a directory of results of all scenarios: none are recorded then


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[History]]:
    """Return the recordings of scenarios that conform, by scenario."""
    run = Path(os.environ.get(RESULTS) or _record(tmp_path_factory.mktemp("results")))
    return {
        one.scenario: [load(path) for path in (run / folder_of(one.scenario)).glob("history*")]
        for one in conformance.load(run).results
        if one.verdict == "conforms" and one.scenario.startswith(FILES)
    }


def _record(results: Path) -> Path:
    argv = [sys.executable, "-m", "pytest", "-q", "--guests", "1", "-p", "no:cacheprovider"]
    argv += ["--kernel", virtual_kernel(), "--results", str(results), *FILES]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return results / "latest"


def test_the_model_agrees_with_every_conforming_scenario(
    recorded: dict[str, list[History]],
) -> None:
    if not all(one.about.virtual for histories in recorded.values() for one in histories):
        pytest.skip("the scenarios were recorded in real time, whose jitter the model leaves out")
    judged, wrong = 0, []
    for scenario, histories in recorded.items():
        for history in histories:
            verdict = judge(history)
            judged += not any(one.rule == "all" for one in verdict.unjudged)
            release = history.about.kernel.release
            wrong += [(scenario, r) for r in verdict.refusals if not r.known_on(release)]
    assert wrong == []
    assert judged > 100
