"""Do the steps of a schedule on a bond."""

from __future__ import annotations

from typing import Any

from harness.explore.schedule import FaultStep
from harness.record.bond import Bond
from harness.record.net import Net


def do(net: Net, bond: Bond, step: FaultStep) -> None:
    """Do one step, at once; raises KernelRefused."""
    if step.action == "set":
        setting: Any = {step.where: step.setting}  # by a name that is data
        net.dut.set(**setting)
    elif step.action == "prio":
        net.dut.set_slave(getattr(net, step.where), prio=int(step.value))
    elif step.action == "set_mac":
        net.dut.set_mac(bond, step.value)
    elif step.action == "lose" and step.value:
        getattr(net, step.where).lose(direction=step.value)
    elif step.action in ("enslave", "release"):
        getattr(net.dut, step.action)(bond, getattr(net, step.where))
    else:
        getattr(getattr(net, step.where), step.action)()
