"""`--repeat` and `--max-outage` on a real kernel, in virtual time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from harness.history import load as load_history
from harness.judge import failover
from harness.results.conformance import Result, load
from tests.tiny import FIXTURES, Tiny
from tests.virtual_kernel import virtual_kernel

pytestmark = pytest.mark.guest(inside=False)

SCENARIO = """
    from harness import claim

    @claim("MIIMON-1")
    def test_noticed(one_switch):
        bond = one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.detection <= bond.miimon
        assert run.first_reply <= bond.miimon
"""
N = 8


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Result, Path]:
    virtual_kernel()
    tiny = Tiny.make(tmp_path_factory.mktemp("repeated"), conftest=FIXTURES, a=SCENARIO)
    # Its longest outage is one inspection and a jiffy; at half of the phases it is half of that.
    code, said = tiny.run("--kernel=virtual", f"--repeat={N}", "--max-outage=85ms")
    results = tiny.root / "results/latest"
    (one,) = load(results).results
    return code, said, one, results


def test_the_fault_comes_at_other_phases_of_the_monitor(
    found: tuple[int, str, Result, Path],
) -> None:
    """So the detection takes anything up to an interval, though time is virtual."""
    one = found[2]
    detections = sorted(run["figures"]["detection"]["ms"] for run in one.runs)
    assert len(detections) == N
    gaps = [after - before for before, after in pairwise(detections)]
    assert max(gaps) < 2 * 100 / N + 10, detections
    assert detections[-1] - detections[0] > 80
    assert one.statistics["figures"]["detection"]["max_ms"] == detections[-1]
    leeways = {run["figures"]["detection"]["leeway_ms"] for run in one.runs}
    assert min(leeways) >= 100, "no run is worse than another for its phase"


def test_the_limit_is_exceeded_at_some_phases_and_no_claim_is_contradicted(
    found: tuple[int, str, Result, Path],
) -> None:
    code, said, one, _ = found
    verdicts = [run["verdict"] for run in one.runs]
    assert code == 1, said
    assert set(verdicts) == {"conforms", "exceeds limit"}
    assert one.verdict == "exceeds limit"
    for run in one.runs:
        outage = run["figures"]["outage"]
        beyond = outage["ms"] > 85 + outage["tolerance_ms"]
        assert (run["verdict"] == "exceeds limit") == beyond
    assert one.statistics["failed"] == verdicts.count("exceeds limit")
    assert "--max-outage allows 85.0 ms" in one.reason
    assert "claims: 1 exceeds limit" in said


def test_every_recording_is_there_and_has_the_parts_of_its_failover(
    found: tuple[int, str, Result, Path],
) -> None:
    _, _, one, results = found
    assert len({run["history"] for run in one.runs}) == N
    for run in one.runs:
        history = load_history(results / run["history"])
        assert failover.switched(history, "bond0").stop is not None
        (line,) = failover.lines(history)
        assert line.startswith("bond0: detection ")
        figures = run["figures"]
        parts = sum(figures[name]["ms"] for name in ("detection", "switchover", "first reply"))
        assert abs(parts - figures["outage"]["ms"]) <= 2 * figures["outage"]["tolerance_ms"]
