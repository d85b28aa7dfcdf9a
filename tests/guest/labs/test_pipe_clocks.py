"""An agent that is stopped for a while or has a clock that jumps: no verdict on a kernel."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from threading import Timer
from time import CLOCK_REALTIME, clock_settime, time

import pytest

from harness import ms
from harness.errors import Inconclusive
from harness.judge.run import Run
from harness.labs.agent.channel import python
from harness.labs.agent.source import LOADER
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


JUMPING = f"""
import signal, time
true, jump = time.monotonic_ns, [0]
time.monotonic_ns = lambda: true() + jump[0]
signal.signal(signal.SIGUSR1, lambda *_: jump.append(jump.pop() + {500 * MS}))
"""


def test_a_clock_that_jumps_is_no_verdict(stage: Stage) -> None:
    """No process can set CLOCK_MONOTONIC, but the clock of a DUT that was suspended has jumped.

    The agent reads a clock that jumps at a signal.
    """
    command = python(sys.executable)
    command[command.index(LOADER)] = JUMPING + LOADER
    with closing(PipeLab(tuple(command))) as lab:
        piped = replace(stage, lab=lab)
        with pytest.raises(Inconclusive, match=r"the clock of dut jumped by (499|500)\.\d ms"):
            recorded_during(piped, lambda: os.kill(agent_of(lab), signal.SIGUSR1))
        recorded_during(piped, lambda: None)


def recorded_during(stage: Stage, event: Callable[[], object]) -> None:
    """Record while something happens."""
    with OneSwitch(stage) as net, net.watch():
        event()
        net.after(100 * ms)
