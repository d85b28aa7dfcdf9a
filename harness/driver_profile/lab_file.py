"""Profile the test NICs of a lab file's DUT; the far ends of their cables are NICs here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.driver_profile import over_ssh, safety
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import FarEnd, InterfaceFarEnd, Moment
from harness.driver_profile.restore_on_exit import RestoreOnExit, SavedInterface
from harness.errors import LabError, UsageError
from harness.kernels import Say
from harness.labs.description.model import FAR_END, LabFile, LabNic
from harness.labs.description.read import read
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import ExistingNamespace, interfaces
from harness.labs.rack.cutting import Cutters, cutters
from harness.labs.reconnect.client import Reconnector
from harness.labs.ssh.machine import SshMachine
from harness.loop import now
from harness.topology import DUT


def profiles(path: Path, names: Sequence[str], repeat: int, say: Say) -> list[Profile]:
    """Profile the test NICs of a lab file, all or those named; raises UsageError, LabError."""
    lab = read(path)
    nics = chosen(lab, names)
    safety.check_capabilities(safety.capabilities(), in_place=True)
    with SshMachine(DUT, lab.dut) as ssh:
        ssh.connect()
        found = []
        for nic in nics:
            with _far_end(nic) as far, _cutting(lab, nic, far, ssh) as whole:
                found.append(over_ssh.profile(ssh, nic.name, whole, repeat, say))
        return found


def chosen(lab: LabFile, names: Sequence[str]) -> tuple[LabNic, ...]:
    """Return the test NICs of these names, all without any; raises UsageError for another name."""
    known = {nic.name: nic for nic in lab.nics}
    for name in names:
        if name not in known:
            raise UsageError(
                f"{lab.path} has no test NIC {name}", hint=f"it has: {', '.join(known)}"
            )
    return tuple(known[name] for name in names) or lab.nics


@dataclass(frozen=True, slots=True)
class CutFarEnd:
    """A far end with something in its cable that has to cut it, too."""

    far: InterfaceFarEnd
    cutters: Cutters
    nic: LabNic

    @property
    def how(self) -> str:
        """A description of the far end."""
        return f"{self.far.how}, and its cable cut by {self.nic.cut}"

    @property
    def patience(self) -> int:
        """How long to watch for a change, in ns."""
        return self.far.patience

    def carrier(self, *, on: bool) -> Moment:
        """Plug the cable in or out; raises LabError."""
        before = self.far.carrier(on=on).before
        self.cutters.carrier(self.nic.name, up=on)
        return Moment(before, now())

    def send(self, frame: bytes) -> bool:
        """Send a frame towards the interface."""
        return self.far.send(frame)


@contextmanager
def _cutting(lab: LabFile, nic: LabNic, far: InterfaceFarEnd, ssh: SshMachine) -> Iterator[FarEnd]:
    """Yield the far end with what cuts its cable; all is connected again in any case."""
    if nic.cut == FAR_END:
        yield far
        return
    shown = ssh.check("ip -o link show dev %s", nic.name)
    mac = shown.partition("link/ether ")[2].partition(" ")[0]
    with TemporaryDirectory(prefix="network-failover-harness-") as place:
        record = Path(place) / "cut"
        reconnector = Reconnector(lab.path, record)
        try:
            with closing(cutters(replace(lab, nics=(nic,)), {nic.name: mac}, record)) as found:
                found.carrier(nic.name, up=True)
                yield CutFarEnd(far, found, nic)
        finally:
            trouble = reconnector.close()
        if trouble:
            raise LabError(
                f"the cable of {nic.name} may still be cut: {trouble}",
                hint="connect it by hand",
            )


@contextmanager
def _far_end(nic: LabNic) -> Iterator[InterfaceFarEnd]:
    """Yield the far end of a cable, set up; its state is restored in any case."""
    with closing(ExistingNamespace("here")) as home, closing(Control(home)) as control:
        one = safety.check_far_end(interfaces(control), nic.far_end, session_address())
        restorer = RestoreOnExit([SavedInterface(one, home)], [])
        try:
            with closing(InterfaceFarEnd(home, one.name, one.index)) as far:
                far.carrier(on=True)
                yield far
        finally:
            troubles = restorer.close()
        if troubles:
            raise LabError(
                f"{one.name} could not be restored: {'; '.join(troubles)}",
                hint="inspect it with `ip -d link`",
            )
