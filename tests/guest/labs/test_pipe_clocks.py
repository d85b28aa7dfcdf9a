"""An agent that is stopped, loses its pipe or has a clock that jumps: no verdict on a kernel."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Timer
from time import CLOCK_REALTIME, clock_settime, time

import pytest

from harness import ms
from harness.errors import Inconclusive
from harness.judge.run import Run
from harness.lab import Clock
from harness.labs.agent import clock
from harness.labs.agent.channel import Channel
from harness.labs.agent.pipe import AgentLost
from harness.labs.pipe.lab import PipeLab
from harness.record.net import Stage
from harness.session.worker import own_kernel
from harness.units import MS
from scenarios.topologies import OneSwitch
from tests.piped import agent_of

pytestmark = pytest.mark.guest


def stopped(lab: PipeLab, stage: Stage) -> Run:
    """Record a cut while the agent is stopped for a second."""
    with OneSwitch(stage) as net:
        net.dut.bond(miimon=50)
        with net.watch() as run:
            os.kill(agent_of(lab), signal.SIGSTOP)
            again = Timer(1.0, os.kill, (agent_of(lab), signal.SIGCONT))
            again.start()
            net.eth0.cut()
            net.after(1500 * ms)
            again.join()
    return run


def test_an_agent_that_is_stopped_is_no_outage_of_the_kernel(lab: PipeLab, piped: Stage) -> None:
    run = stopped(lab, piped)
    for figure in ("outage", "detection", "switchover"):
        with pytest.raises(Inconclusive, match=r"^dut was late by \d{3,4}\.\d ms"):
            getattr(run, figure)


def set_meanwhile(stage: Stage) -> None:
    """Record while the wall clock is set a second ahead."""
    with OneSwitch(stage) as net, net.watch():
        clock_settime(CLOCK_REALTIME, time() + 1)
        net.after(100 * ms)


@pytest.mark.parametrize("lab_name", ["netns", "pipe"])
def test_a_wall_clock_that_is_set_is_no_verdict(stage: Stage, piped: Stage, lab_name: str) -> None:
    if not own_kernel():
        pytest.skip("the machine's own clock is left alone")
    with pytest.raises(Inconclusive, match=r"the wall clock of \w+ was set by 1000"):
        set_meanwhile(stage if lab_name == "netns" else piped)
    with OneSwitch(stage) as net, net.watch() as run:
        net.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]


def test_a_clock_that_jumps_is_no_verdict(piped: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process can set CLOCK_MONOTONIC, but a DUT that is suspended comes back with another."""
    jump = 0

    def measured(channel: Channel) -> Clock:
        found = measure(channel)
        return found._replace(offset=found.offset + jump)

    def record() -> None:
        nonlocal jump
        with OneSwitch(piped) as net, net.watch():
            net.after(100 * ms)
            jump = 500 * MS

    measure = clock.measure
    monkeypatch.setattr(clock, "measure", measured)
    with pytest.raises(Inconclusive, match=r"the clock of dut jumped by \d{3}\.\d ms"):
        record()


def closed_meanwhile(lab: PipeLab, stage: Stage) -> None:
    """Record while the pipe is closed."""
    with OneSwitch(stage) as net, net.watch():
        assert lab._channel is not None
        lab._channel.close()
        net.after(100 * ms)


def test_a_pipe_that_is_closed_is_the_labs_fault(lab: PipeLab, piped: Stage) -> None:
    lab._ready("dut")
    agent = agent_of(lab)
    with pytest.raises(AgentLost, match="the agent on dut is lost"):
        closed_meanwhile(lab, piped)
    assert not Path(f"/proc/{agent}").exists()
