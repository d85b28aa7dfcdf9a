"""How long a recording goes on after the disturbance, in real time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.bonding import horizon
from harness.record.net import Stage
from harness.units import MS
from scenarios.topologies import OneSwitch

pytestmark = pytest.mark.guest

JITTER = 20 * MS


def test_a_monitor_may_be_late_at_each_of_its_inspections(stage: Stage) -> None:
    """What the tolerances of figures allow for has to be recorded before "never" is said."""
    late = replace(stage, facts={**stage.facts, "clock": "real", "jitter": JITTER})
    with OneSwitch(late) as net:
        bond = net.dut.bond(miimon=50, updelay=1000)
        with net.watch() as run:
            net.eth0.cut()
    history = run.history
    settle, end = history.mark("settle"), history.mark("end")
    assert settle is not None
    assert end is not None
    inspections = 1 + 1000 // 50
    least = horizon(bond.options, 2, bond.hz)
    assert end - settle >= least + inspections * JITTER
