"""In a guest: create an emulated NIC, profile it, and report line by line to the host.

Lines of `stream.jsonl` are {"say": text}, {"profile": facts} or {"error": text, "hint": text}.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.driver_profile.farend import FarEnd, InterfaceFarEnd
from harness.driver_profile.lease import ProfileRequest
from harness.driver_profile.run import environment, here
from harness.drivers import RTL8150
from harness.errors import HarnessError, KernelRefused, LabError
from harness.guests import modules
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.lab import FABRIC
from harness.labs.fabric.switches import port_name
from harness.labs.netns.build import build
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import ExistingNamespace, interfaces, move
from harness.labs.netns.trial_bond import new_cable
from harness.labs.rtl8150 import vhci
from harness.loop import Loop
from harness.rtnl import messages
from harness.topology import DUT, LinkPlan, MachinePlan, SwitchPlan, Topology

NIC, FAR, MAC = "eth1", "port1", "02:00:00:00:00:02"
SWITCH = "sw"
Tell = Callable[..., None]


def main(directory: Path) -> None:
    """Run the job, in the guest."""
    job = Job.load(directory)
    with ReportFile(directory, sync=job.writeback) as stream:
        try:
            stream.write(profile=_profiled(job, stream.write))
        except HarnessError as error:
            stream.write(error=error.message, hint=error.hint)


def _profiled(job: Job, tell: Tell) -> dict[str, Any]:
    nic, repeat = job.options["nic"], job.options["repeat"]
    if job.dut:
        from harness.driver_profile import in_qemu  # noqa: PLC0415  (a guest has no paramiko)

        return in_qemu.profile(job.dut, nic, repeat, lambda text: tell(say=text)).plain()
    around = environment(job.clock)
    with ExitStack() as undo:
        far = EMULATED[nic](undo)
        found = here(ProfileRequest(NIC), around, repeat, lambda text: tell(say=text), far)
    return found.plain()


def veth(_: ExitStack) -> None:
    """Create a veth pair with the NIC as one end; the far end is found automatically."""
    control = Control(ExistingNamespace("here"))
    new_cable(control, NIC, FAR)
    control.send(messages.set_link("MAC", interfaces(control)[NIC].index, address=MAC))


def dummy(_: ExitStack) -> None:
    """Create a dummy device, which drops all frames and reports nothing."""
    control = Control(ExistingNamespace("here"))
    try:
        control.send(messages.new_link("dummy", 0, NIC, messages.kind_of("dummy"), address=MAC))
    except KernelRefused as refused:
        raise LabError(refused.message, hint="this kernel has no driver `dummy`") from refused


def rtl8150(undo: ExitStack) -> FarEnd:
    """Plug in a USB adapter; the far end of its cable is a port of an emulated switch."""
    modules.need(*vhci.MODULES)
    link = LinkPlan(NIC, DUT, SWITCH, nic=RTL8150, mac=MAC)
    topology = Topology("profile", (MachinePlan(DUT),), (SwitchPlan(SWITCH),), (link,), ())
    network = build(topology, Loop())
    undo.callback(network.close)
    adapter = move("adapter", network.ifindex(DUT, NIC), ExistingNamespace("here"))
    network.host(DUT).send(adapter)
    (port,) = network.ports
    far = InterfaceFarEnd(network.spaces[FABRIC], port_name(port), port.index)
    undo.callback(far.close)
    return far


EMULATED: dict[str, Callable[[ExitStack], FarEnd | None]] = {
    "veth": veth,
    "dummy": dummy,
    "rtl8150": rtl8150,
}
