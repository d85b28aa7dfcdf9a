"""Profile the driver of a NIC that QEMU emulates, on the DUT of `--lab qemu`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from harness.driver_profile import over_ssh
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import InterfaceFarEnd, Moment
from harness.kernels import Say
from harness.labs.agent.host import RemoteHost
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import ExistingNamespace
from harness.labs.qemu.lab import LOGIN
from harness.labs.qemu.machine import Qemu
from harness.labs.qemu.wires import QemuNic, QemuNics
from harness.labs.ssh.machine import SshMachine
from harness.loop import now
from harness.rtnl import messages
from harness.topology import DUT

MAC = "02:00:00:00:00:02"


@dataclass(slots=True)
class QemuFarEnd:
    """The far end of a cable to a NIC in QEMU: QEMU sets its link state, a tap carries frames."""

    machine: Qemu
    nic: QemuNic
    tap: InterfaceFarEnd
    how: str
    patience: int = InterfaceFarEnd.patience

    def carrier(self, *, on: bool) -> Moment:
        """Set the link state of the NIC."""
        before = now()
        self.machine.carrier(self.nic.name, up=on)
        return Moment(before, now())

    def send(self, frame: bytes) -> bool:
        """Send a frame to the NIC."""
        return self.tap.send(frame)


def profile(image: Mapping[str, str], driver: str, repeat: int, say: Say) -> Profile:
    """Start a DUT with a NIC of a model, and profile the NIC's driver; raises LabError."""
    with ExitStack() as undo:
        machine = Qemu(image, Path(tempfile.gettempdir()))
        undo.callback(machine.close)
        ssh = undo.enter_context(SshMachine(DUT, machine.address))
        ssh.connect(LOGIN)
        nics = QemuNics(machine, RemoteHost(ssh.agent()))
        nic = nics.plugged(MAC, driver)
        home = undo.enter_context(closing(ExistingNamespace("tester")))
        with closing(Control(home)) as control:
            control.send(messages.set_link(f"tap of {driver}", nic.tap, up=True))
        tap = undo.enter_context(closing(InterfaceFarEnd(home, nic.name, nic.tap)))
        link = nics.arrived(nic).get_attr("IFLA_IFNAME")
        cable = QemuFarEnd(machine, nic, tap, f"QEMU's set_link for a {driver}")
        return over_ssh.profile(ssh, link, cable, repeat, say)
