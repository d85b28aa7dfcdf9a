"""What happens to a rack while it is recorded; test_rack.py runs this with --lab FILE."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from harness.errors import LabError
from harness.labs.rack.lab import ConnectedDut, RackLab
from harness.record.net import Stage
from harness.units import ms
from scenarios.topologies import OneSwitch


def fails_over(stage: Stage) -> None:
    """Show that the lab works."""
    with OneSwitch(stage) as net, net.watch() as run:
        net.eth0.cut()
    assert run.detection.happened


def running(stage: Stage) -> ConnectedDut:
    """Return the DUT that runs, connected first where need be."""
    fails_over(stage)
    found = cast("RackLab", stage.lab).running()
    assert found is not None
    return found


def breaks(stage: Stage, fault: Callable[[], object]) -> None:
    """Show that a recording in whose middle the lab breaks is the lab's fault."""
    with pytest.raises(LabError, match="dut"), OneSwitch(stage) as net:
        _recorded(net, fault)


def _recorded(net: OneSwitch, fault: Callable[[], object]) -> None:
    with net.watch():
        fault()
        net.after(1000 * ms)


def test_agent_killed(stage: Stage) -> None:
    found = running(stage)
    breaks(stage, lambda: found.dut.ssh.run(f"kill -9 {found.dut.work.pid}"))
    fails_over(stage)


def test_ssh_dropped(stage: Stage) -> None:
    breaks(stage, running(stage).dut.ssh.close)
    fails_over(stage)
