"""Profile the test NICs of a lab file's DUT; the far ends of their cables are NICs here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from harness.driver_profile import over_ssh, safety
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import InterfaceFarEnd
from harness.driver_profile.restore_on_exit import RestoreOnExit, SavedInterface
from harness.errors import LabError, UsageError
from harness.kernels import Say
from harness.labs.description.model import LabFile, LabNic
from harness.labs.description.read import read
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import Existing, interfaces
from harness.labs.ssh.machine import SshMachine
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
            with _far_end(nic) as far:
                found.append(over_ssh.profile(ssh, nic.name, far, repeat, say))
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


@contextmanager
def _far_end(nic: LabNic) -> Iterator[InterfaceFarEnd]:
    """Yield the far end of a cable, set up; its state is restored in any case."""
    with closing(Existing("here")) as home, closing(Control(home)) as control:
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
