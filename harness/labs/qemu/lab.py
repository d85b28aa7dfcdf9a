"""The lab whose DUT is in QEMU, behind SSH; switches and other machines are namespaces here."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from harness.drivers import QEMU_DEVICES, emulated
from harness.labs.agent.host import RemoteHost
from harness.labs.fabric.kernel_support import lacks_channels
from harness.labs.fabric.nftables import NftWiring
from harness.labs.fabric.switches import Switches
from harness.labs.netns.build import CableEnd, NetnsMachine, build
from harness.labs.netns.interfaces import ExistingNamespace
from harness.labs.netns.network import NetnsNetwork
from harness.labs.netns.usb import adapters, owner_of
from harness.labs.qemu.machine import Qemu
from harness.labs.qemu.wires import DutEnd, QemuNics, back
from harness.labs.ssh.dut import RemoteDut
from harness.labs.ssh.usb import RemoteController, RemoteUsb
from harness.loop import Loop
from harness.topology import DUT, LinkPlan, Topology
from harness.units import MS

# Each probe costs about five frames, two process switches and a packet of SSH: 1 ms of an emulated
# processor on an idle machine, several ms on a busy one.
PACE = {"tcg": 12 * MS}
LOGIN = 20.0  # seconds for the DUT's SSH server to answer


@dataclass(slots=True)
class RunningDut:
    """A running DUT: QEMU, its SSH connection, and its NICs."""

    machine: Qemu
    dut: RemoteDut
    nics: QemuNics
    usb: RemoteController | None = None

    def lost(self) -> str:
        """Return why it cannot be used any more, "" if it can."""
        usb = self.usb.lost if self.usb else ""
        return self.machine.trouble() or self.dut.lost() or self.nics.lost or usb

    def controller(self) -> RemoteController:
        """Return its virtual USB controller, whose relay runs from the first time on."""
        self.usb = self.usb or RemoteController(self.dut)
        return self.usb

    def close(self) -> None:
        """Switch it off."""
        self.dut.close()
        self.machine.close()


@dataclass(slots=True)
class QemuLab:
    """Builds topologies whose DUT is in QEMU, the links' NICs of each model of `nics` in turn."""

    image: Mapping[str, str]
    nics: tuple[str, ...]
    name: str = "qemu"
    _running: RunningDut | None = None
    _facts: dict[str, Any] = field(default_factory=dict)

    def lacks(self, topology: Topology) -> str:
        """Return what of a topology cannot be built here, "" where all of it can."""
        if topology.ipv6:
            return "IPv6: its DUT has it switched off"
        if any(owner_of(topology, link) != DUT for link in adapters(topology)):
            return "rtl8150 adapters of other machines than the DUT"
        return lacks_channels(topology)

    def facts(self) -> Mapping[str, Any]:
        """Return the facts about the DUT's kernel, which is not the tester's."""
        if not self._facts:
            found = self._ready().dut.facts()
            lab = f"{self.name} ({found['kernel']})"
            pace = PACE.get(self.image["accelerator"], 0)
            self._facts = {**found, "lab": lab, "nic": ", ".join(self.nics), "pace": pace}
        return self._facts

    def build(self, topology: Topology, loop: Loop) -> NetnsNetwork:
        """Build a topology without its bonds; raises LabError, and leaves nothing."""
        running = self._ready()
        cabled = self._with_nics(topology)

        def wiring(switches: Switches, machine: NetnsMachine) -> NftWiring:
            return NftWiring(
                switches, machine.host, space=machine.namespace, follow=running.nics.carrier
            )

        models = {link.name: link.nic for link in _ending_in_dut(cabled)}
        return build(cabled, loop, partial(self._machine, models), wiring)

    def _with_nics(self, topology: Topology) -> Topology:
        """Return a topology with the models of NICs at the DUT's links.

        They follow a link's place among all, as its MAC does: a NIC is used again for its MAC.
        """
        ends = {link.name for link in _ending_in_dut(topology)}
        devices = [QEMU_DEVICES[name] for name in self.nics]
        links = (
            replace(link, nic=devices[place % len(devices)])
            if link.name in ends and not emulated(link.nic, exists=link.exists)
            else link
            for place, link in enumerate(topology.links)
        )
        return replace(topology, links=tuple(links))

    def running(self) -> RunningDut | None:
        """Return the DUT that runs, None before the first topology."""
        return self._running

    def shell(self) -> list[str]:
        """Return the command of a shell in the DUT, in the network of its topology."""
        running = self._ready()
        to = running.machine.address
        argv = ["ssh", "-F", "none", "-q", "-t", "-p", str(to.port), "-i", to.key]
        argv += ["-o", f"UserKnownHostsFile={to.known_hosts}", f"{to.user}@{to.host}"]
        inner = f"mount -t sysfs sysfs /sys; PS1='{DUT}# ' exec sh -i"
        space = f"--net=/proc/{running.dut.work.pid}/ns/net"
        return [*argv, f"exec busybox nsenter {space} busybox unshare -m sh -c {quote(inner)}"]

    def close(self) -> None:
        """Switch the DUT off."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def _ready(self) -> RunningDut:
        """Return the DUT; restore it first if it has ended or lost its agent."""
        if self._running is not None and self._running.lost():
            self.close()
        if self._running is None:
            self._running = self._restore()
        return self._running

    def _restore(self) -> RunningDut:
        machine = Qemu(self.image, Path(tempfile.gettempdir()))
        try:
            dut = RemoteDut.connect(machine.address, LOGIN)
        except BaseException:
            machine.close()
            raise
        return RunningDut(machine, dut, QemuNics(machine, RemoteHost(dut.home)))

    def _machine(
        self, models: Mapping[str, str], name: str, loop: Loop, undo: ExitStack
    ) -> NetnsMachine:
        running = self._ready()
        dut = running.dut
        undo.callback(running.nics.forget)
        host = dut.fresh(loop, undo)
        laid: list[DutEnd] = []
        undo.callback(back, host, laid, dut.home.pid)

        def lay(link: str, index: int, mac: str, far: CableEnd) -> int:
            near = DutEnd(link, index, mac, models[link])
            running.nics.lay(near, far, dut.work.pid, undo)
            laid.append(near)
            return index

        def usb(_: NetnsNetwork, loop: Loop) -> RemoteUsb:
            return RemoteUsb(dut, running.controller, loop, undo)

        return NetnsMachine(host, ExistingNamespace(name), lay, usb)


def _ending_in_dut(topology: Topology) -> list[LinkPlan]:
    """Return the links that end at the DUT or at one of its bridges."""
    nodes = (DUT, *(bridge.name for bridge in topology.bridges))
    return [link for node in nodes for link in topology.links_of(node)]
