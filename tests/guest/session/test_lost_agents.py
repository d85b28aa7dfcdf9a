"""An agent that fails in a session: its scenario is not judged, and the others are."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.results.conformance import Result, load
from tests.tiny import FIXTURES, Tiny
from tests.virtual_kernel import virtual_kernel

pytestmark = pytest.mark.guest(inside=False)

SCENARIOS = """
    import os, signal
    from pathlib import Path
    from threading import Timer
    from harness import claim, ms

    def failover(net, meanwhile=lambda: None):
        bond = net.dut.bond(miimon=100)
        with net.watch() as run:
            net.eth0.cut()
            meanwhile()
            net.after(1500 * ms)
        assert run.detection <= bond.detection.latest

    @claim("MIIMON-1")
    def test_killed(one_switch, stage):
        agent = stage.lab._channel.pid
        failover(one_switch, lambda: os.kill(agent, signal.SIGKILL))

    @claim("MIIMON-1")
    def test_nonsense(one_switch, stage):
        output = Path(f"/proc/{stage.lab._channel.pid}/fd/1")
        failover(one_switch, lambda: output.write_text("Broadcast message\\n"))

    @claim("MIIMON-1")
    def test_late(one_switch, stage):
        agent = stage.lab._channel.pid
        resumed = Timer(1.0, os.kill, (agent, signal.SIGCONT))
        failover(one_switch, lambda: (os.kill(agent, signal.SIGSTOP), resumed.start()))

    @claim("MIIMON-1")
    def test_undisturbed(one_switch):
        failover(one_switch)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Result], list[Path]]:
    virtual_kernel()
    tiny = Tiny.make(tmp_path_factory.mktemp("agents"), conftest=FIXTURES, a=SCENARIOS)
    code, output = tiny.run("--kernel=virtual", "--lab=pipe", "--guests=1")
    assert code == 1, output
    results = load(tiny.root / "results/latest").results
    named = {one.scenario.rpartition("_")[2]: one for one in results}
    return output, named, list(tiny.temporary.iterdir())


@pytest.mark.parametrize(
    ("scenario", "verdict", "reason"),
    [
        ("killed", "not judged", "the agent on dut is lost: it ended with signal 9"),
        ("nonsense", "not judged", 'the agent on dut is lost: it wrote "Broadcast message"'),
        ("late", "inconclusive", "dut was late by "),
        ("undisturbed", "conforms", ""),
    ],
)
def test_no_verdict_blames_the_kernel(
    found: tuple[str, dict[str, Result], list[Path]], scenario: str, verdict: str, reason: str
) -> None:
    result = found[1][scenario]
    assert result.verdict == verdict
    assert reason in result.reason


def test_the_session_names_the_host_and_leaves_nothing(
    found: tuple[str, dict[str, Result], list[Path]],
) -> None:
    output, _, left = found
    assert "hint: check that dut still runs" in output
    assert "3 failed, 1 passed" in output
    assert "JSONDecodeError" not in output  # how it was found out is of no use to a user
    assert left == []
