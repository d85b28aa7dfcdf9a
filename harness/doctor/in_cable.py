"""Checks of what cuts cables besides the far ends: a managed switch, ports of a USB hub, places.

Nothing is shut, and nothing loses its power.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.errors import HarnessError
from harness.labs.by_command.host import CommandHost
from harness.labs.description.model import LABGRID, SWITCH, USB_POWER, LabFile, LabNic
from harness.labs.power import labgrid, uhubctl
from harness.labs.rack.cutting import HUB_MACHINE
from harness.labs.switch.command_line import CommandLine


def rows(lab: LabFile) -> Iterator[tuple[str, CheckResult]]:
    """Yield a result for the switch, and one for each port of a hub and each place."""
    if any(nic.cut == SWITCH for nic in lab.nics):
        yield "switch", _found(partial(_switch, lab))
    for nic in lab.nics:
        if nic.cut == USB_POWER:
            yield f"power {nic.hub}:{nic.hub_port}", _found(partial(_hub_port, lab, nic))
        if nic.cut == LABGRID:
            yield f"place {nic.place}", _found(partial(_place, lab, nic))


def _found(check: Callable[[], CheckResult]) -> CheckResult:
    try:
        return check()
    except HarnessError as error:
        return CheckResult(BAD, error.message, error.hint)


def _switch(lab: LabFile) -> CheckResult:
    assert lab.switch is not None
    with closing(CommandLine(lab.switch)):
        pass
    ports = [f"{nic.name} at {nic.switch_port}" for nic in lab.nics if nic.cut == SWITCH]
    text = f"{lab.switch.address}, {lab.switch.type}, may be configured; {', '.join(ports)}"
    return CheckResult(GOOD, text)


def _hub_port(lab: LabFile, nic: LabNic) -> CheckResult:
    with closing(CommandHost.at(lab.hub_host, HUB_MACHINE, root=True)) as server:
        if lab.hub_host is None:
            uhubctl.demand_not_its_power(server.host, "far end", nic.far_end, nic)
        _, on = uhubctl.commands(server.host, nic)
        powered = uhubctl.powered(server.host, nic)
    text = f"{nic.name}: uhubctl can switch it; it has {'power' if powered else 'no power'}"
    return CheckResult(GOOD, text) if powered else CheckResult(LACKING, text, on)


def _place(lab: LabFile, nic: LabNic) -> CheckResult:
    with closing(CommandHost.at(None)) as server:
        labgrid.commands(server.host, nic, lab.coordinator)
    return CheckResult(GOOD, f"{nic.name}: acquired, labgrid can switch its power")
