"""The lab whose DUT and cables are real: behind SSH, its test NICs cabled to the tester's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import LabError
from harness.lab import FABRIC
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabFile, LabNic
from harness.labs.description.read import read
from harness.labs.fabric.kernel_support import has_classifiers, lacks_channels
from harness.labs.fabric.nftables import NftWiring
from harness.labs.fabric.switches import Switches
from harness.labs.fabric.wiring import SetCarrier, Wiring
from harness.labs.netns.build import CableEnd, NetnsMachine, build
from harness.labs.netns.interfaces import ExistingNamespace, interfaces
from harness.labs.netns.network import NetnsNetwork
from harness.labs.netns.usb import InitialNamespace, adapters
from harness.labs.rack.cutting import Cutters, cutters, pulling
from harness.labs.rack.plan import End
from harness.labs.rack.safety import in_the_way
from harness.labs.rack.survey import recovered
from harness.labs.rack.trial import CableTrial, Miscabled, park
from harness.labs.restorer.client import InUse, RestorerClient
from harness.labs.ssh.dut import RemoteDut
from harness.loop import Loop
from harness.topology import DUT, LinkPlan, Topology
from harness.units import Span
from harness.waiting import retry_within

LOGIN = 10.0  # seconds for the DUT to answer on SSH
REBOOT = 45.0  # once it has answered: below the time limit of a scenario
VLANS = "test -e /proc/net/vlan || modprobe 8021q"
HANDOVER = 5.0  # seconds for the restorer of an earlier run to restore its NICs


@dataclass(slots=True)
class ConnectedDut:
    """A connected DUT, the restorers of both machines, and facts about the NICs.

    `lags` are in ns by the names of NICs, `macs` their own MACs, `drivers` their drivers;
    `cables` cuts those that the far ends alone do not.
    """

    dut: RemoteDut
    near: RestorerClient
    far: RestorerClient
    lags: Mapping[str, int]
    macs: Mapping[str, str]
    drivers: Mapping[str, str]
    cables: Cutters

    def lost(self) -> str:
        """Return why it is lost, "" if it is not."""
        return self.dut.lost() or self.near.lost or self.far.lost or self.cables.lost


@dataclass(slots=True)
class RackLab:
    """Builds topologies on the machines of a lab file; `restorer` is where the tester's is.

    `ends` are the DUT's ends of cables as the session found them; `record` is the file that has
    which cables are cut, for when this process is killed.
    """

    file: LabFile
    restorer: str
    record: Path
    ends: Mapping[str, End]
    name: str = "rack"
    _running: ConnectedDut | None = None
    _undo: ExitStack = field(default_factory=ExitStack)
    _facts: dict[str, Any] = field(default_factory=dict)
    _classifiers: bool | None = None
    _miscabled: Miscabled | None = None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> RackLab:
        """Return the lab that a session has prepared."""
        file = read(Path(options["lab"]))
        ends = {name: End(**end) for name, end in json.loads(options["ends"]).items()}
        return cls(file, options["restorer"], Path(options["record"]), ends, name=file.path.name)

    def lacks(self, topology: Topology) -> str:
        """Return what of a topology cannot be built here, "" where all of it can."""
        if adapters(topology):
            return "rtl8150 adapters that can be unplugged"
        if topology.ipv6:
            return "IPv6: the NICs of its DUT are left as they are"
        wanted, has = len(_ends(topology)), len(self.file.nics)
        if wanted > has:
            return f"{wanted} test NICs (it has {has})"
        if topology.vlans and self._ready().dut.ssh.run(VLANS).rc:
            return "VLANs: the DUT has no 8021q"
        return lacks_channels(topology)

    def facts(self) -> Mapping[str, Any]:
        """Return the facts about the DUT's kernel, which is not the tester's."""
        if not self._facts:
            running = self._ready()
            drivers = ", ".join(dict.fromkeys(running.drivers.values()))
            lab = f"{self.name}: {self.file.dut} with {drivers}"
            self._facts = {**running.dut.facts(), "lab": lab}
        return self._facts

    def build(self, topology: Topology, loop: Loop) -> NetnsNetwork:
        """Build a topology without its bonds; raises LabError, and leaves nothing."""
        running = self._ready()
        nics = dict(zip(_ends(topology), self.file.nics, strict=False))
        links = tuple(
            _cabled(link, nics[link.name], running) if link.name in nics else link
            for link in topology.links
        )

        def machine(name: str, loop: Loop, undo: ExitStack) -> NetnsMachine:
            return self._machine(running, nics, name, loop, undo)

        def wiring(switches: Switches, machine: NetnsMachine) -> Wiring:
            return self._wiring(switches, machine, pulling(running.cables, nics, loop))

        return build(replace(topology, links=links), loop, machine, wiring)

    def running(self) -> ConnectedDut | None:
        """Return the DUT that is connected, None before the first topology."""
        return self._running

    def close(self) -> None:
        """Restore everything; raises LabError for what could not be restored."""
        running, self._running = self._running, None
        troubles: list[str] = []
        try:
            if running is not None and not running.lost():
                troubles = running.near.release()
        finally:
            self._undo.close()
        if troubles:
            raise LabError(
                f"NICs of the DUT could not be restored: {'; '.join(troubles)}",
                hint="`ip -d link` on the DUT shows their state",
            )

    def _ready(self) -> ConnectedDut:
        """Return the DUT; a lost one is connected again.

        Raises LabError: Miscabled at once if that was found before: a retry does not help.
        """
        if self._miscabled is not None:
            raise self._miscabled
        if self._running is not None and self._running.lost():
            self._running = None
            self._undo.close()
        if self._running is None:
            within = REBOOT if self._facts else LOGIN
            undo = ExitStack()
            try:
                self._running = self._connect(within, undo)
            except BaseException as error:
                undo.close()
                self._miscabled = error if isinstance(error, Miscabled) else None
                raise
            self._undo = undo
        return self._running

    def _connect(self, within: float, undo: ExitStack) -> ConnectedDut:
        with _at_home():
            dut = RemoteDut.connect(self.file.dut, within)
        undo.callback(dut.close)
        dut.ssh.load("bonding", "max_bonds=0")
        near = RestorerClient.on(dut.ssh, self.file.silence)
        undo.callback(near.close)
        retry_within(near.lock, on=InUse, within=HANDOVER)
        recovered(near)
        self._demand_free(dut)
        macs = {name: near.save(name, end.undo) for name, end in self.ends.items()}
        far = RestorerClient.at(self.restorer)
        undo.callback(far.close)
        drivers = {name: end.driver for name, end in self.ends.items()}
        with _at_home():
            pulled = cutters(self.file, macs, self.record)
        undo.callback(pulled.close)
        pull = pulling(pulled, {nic.name: nic for nic in self.file.nics})
        lags = CableTrial(dut, near, far, self.file.nics, pull).lags(drivers)
        return ConnectedDut(dut, near, far, lags, macs, drivers, pulled)

    def _demand_free(self, dut: RemoteDut) -> None:
        """Raise LabError if a NIC that was free when the run was planned is now in use."""
        found = interfaces(RemoteHost(dut.home))
        for nic in self.file.nics:
            if why := in_the_way(found, nic.name, nic, dut.ssh.session):
                raise LabError(
                    f"DUT {nic.name} is left alone, as it {why}",
                    hint=f"`harness doctor --lab {self.file.path}` says what to do",
                )

    def _machine(
        self,
        running: ConnectedDut,
        nics: Mapping[str, LabNic],
        name: str,
        loop: Loop,
        undo: ExitStack,
    ) -> NetnsMachine:
        host = running.dut.fresh(loop, undo)
        agent = f"/proc/{running.dut.work.pid}/ns/net"

        def lay(link: str, index: int, mac: str, far: CableEnd) -> int:
            nic = nics[link]
            running.cables.carrier(nic.name, up=True)  # an earlier run may have cut it
            undo.callback(park, running.near, nic.name)
            number, _ = running.near.lend(nic.name, agent, link, index, mac)
            undo.callback(park, running.far, nic.far_end)
            # No frame is sent with a port's MAC: only machines' ends are given another MAC.
            own = "" if far.namespace.name == FABRIC else far.mac
            fabric = f"/proc/self/fd/{far.namespace.fd}"
            got, _ = running.far.lend(nic.far_end, fabric, far.name, far.number, own)
            if got != far.number:
                raise LabError(
                    "the tester's kernel does not renumber a NIC that is moved",
                    hint="the tester needs Linux 5.13 or later",
                )
            return number

        return NetnsMachine(host, ExistingNamespace(name), lay)

    def _wiring(self, switches: Switches, machine: NetnsMachine, follow: SetCarrier) -> Wiring:
        """Return the faults of switches by the tester's tc, or else by its nftables."""
        if self._classifiers is None:
            self._classifiers = has_classifiers()
        if self._classifiers:
            return Wiring(switches, machine.host, follow)
        return NftWiring(switches, machine.host, follow, space=machine.namespace)


def _ends(topology: Topology) -> list[str]:
    """Return the links that end at the DUT, those of guests at its bridges among them."""
    bridges = {bridge.name for bridge in topology.bridges}
    ends = {DUT, *bridges}
    return [link.name for link in topology.links if {link.a, link.b} & ends]


def _cabled(link: LinkPlan, nic: LabNic, running: ConnectedDut) -> LinkPlan:
    """Return a link with its NIC's driver, the lag of that driver, and the NIC's own MAC."""
    lag = Span(running.lags[nic.name])
    plan = replace(link, nic=running.drivers[nic.name], lag=lag, exists=True)
    return replace(plan, mac=running.macs[nic.name]) if DUT in (link.a, link.b) else plan


@contextmanager
def _at_home() -> Iterator[None]:
    """Run the block in the machine's initial namespace, which has the route to the DUT."""
    home = InitialNamespace()
    try:
        with home.inside():
            yield
    finally:
        home.close()
