"""Checks of a DUT in a hypervisor, and of the adapters whose cables it unplugs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.errors import HarnessError
from harness.labs.by_command.host import CommandHost
from harness.labs.description.model import HYPERVISOR, LabFile, LabNic, VirtualMachine
from harness.labs.hypervisor import libvirt
from harness.labs.hypervisor.virtualbox import RUNS, VBoxManage, VmInfo


def rows(lab: LabFile) -> Iterator[tuple[str, CheckResult]]:
    """Yield the machine's state and its adapters; nothing for a lab without a hypervisor."""
    if lab.machine is None:
        return
    if lab.machine.uri:
        yield "libvirt", _libvirt(lab.machine)
        return
    name = lab.machine.name
    try:
        found = _machine(lab.machine)
    except HarnessError as error:
        yield "VirtualBox", CheckResult(BAD, error.message, error.hint)
        return
    if found.state == RUNS:
        yield "VirtualBox", CheckResult(GOOD, f"{name} is running")
    else:
        start = f"VBoxManage startvm {name} --type headless"
        yield "VirtualBox", CheckResult(BAD, f"{name} is not running: {found.state}", start)
    for nic in lab.nics:
        if nic.cut == HYPERVISOR:
            yield f"adapter {nic.adapter}", _adapter(found, nic, name)


def _libvirt(machine: VirtualMachine) -> CheckResult:
    try:
        with closing(CommandHost.at(machine.host)) as server:
            found = libvirt.adapters(server.host, machine.uri, machine.name)
    except HarnessError as error:
        return CheckResult(BAD, error.message, error.hint)
    return CheckResult(GOOD, f"{machine.name} is running; adapters {', '.join(found)}")


def _machine(machine: VirtualMachine) -> VmInfo:
    """Ask the VirtualBox of this machine or of another one; raises LabError."""
    with closing(CommandHost.at(machine.host)) as server:
        return VBoxManage(server.host).machine(machine.name)


def _adapter(found: VmInfo, nic: LabNic, name: str) -> CheckResult:
    one = found.adapters.get(nic.adapter)
    if one is None:
        has = ", ".join(map(str, found.adapters))
        return CheckResult(BAD, f"{nic.name} has no such adapter", f"adapter is one of: {has}")
    where = f"{one.attached} {one.network}".strip()
    text = (
        f"{nic.name}: {one.chip} on {where}, MAC {one.mac}, promiscuous policy {one.promiscuous}"
    )
    if one.connected:
        return CheckResult(GOOD, f"{text}, cable connected")
    plug = f"VBoxManage controlvm {name} setlinkstate{nic.adapter} on"
    return CheckResult(LACKING, f"{text}, cable pulled", plug)
