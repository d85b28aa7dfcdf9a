"""What happens to a DUT's agent in mid-recording is the lab's fault, and nothing is left of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import ms
from harness.labs.agent.pipe import AgentLost
from harness.labs.pipe.lab import PipeLab
from harness.record.net import Stage
from scenarios.topologies import OneSwitch
from tests.piped import agent_of

pytestmark = pytest.mark.guest


@dataclass(frozen=True)
class AgentFault:
    """What happens to the agent's process, and how the error describes it."""

    happen: Callable[[PipeLab], None]
    why: str


def killed(lab: PipeLab) -> None:
    os.kill(agent_of(lab), signal.SIGKILL)


def stopped(lab: PipeLab) -> None:
    os.kill(agent_of(lab), signal.SIGSTOP)


def interrupted(lab: PipeLab) -> None:
    """Write to the agent's output, as a login shell or a driver's tool may."""
    Path(f"/proc/{agent_of(lab)}/fd/1").write_text("Broadcast message\n")


def closed(lab: PipeLab) -> None:
    assert lab._channel is not None
    lab._channel.close()


FAULTS = (
    AgentFault(killed, "it ended with signal 9"),
    AgentFault(stopped, "an answer to .* did not come within 10 s"),
    AgentFault(interrupted, 'it wrote "Broadcast message", which is no message of an agent'),
    AgentFault(closed, "it (was closed|ended)"),
)


def record(stage: Stage, lab: PipeLab, fault: AgentFault | None) -> None:
    """Record a failover in which something happens to the agent."""
    with OneSwitch(stage) as net:
        bond = net.dut.bond(miimon=50)
        with net.watch() as run:
            net.eth0.cut()
            if fault:
                fault.happen(lab)
            net.after(200 * ms)
    assert run.active_slave == "eth1"
    assert run.detection <= bond.detection.latest


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.happen.__name__)
def test_an_agent_that_is_lost_is_the_labs_fault(
    nothing_left: None, lab: PipeLab, piped: Stage, fault: AgentFault
) -> None:
    lab._ready("dut")
    agent = agent_of(lab)
    with pytest.raises(AgentLost, match=f"^the agent on dut is lost: {fault.why}"):
        record(piped, lab, fault)
    record(piped, lab, None)  # with another agent
    assert agent_of(lab) != agent
    assert not Path(f"/proc/{agent}").exists()
