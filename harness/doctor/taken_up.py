"""NICs that are down, set up while cables are tested, and put back as they were in any case."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.errors import LabError
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabFile
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import Interface, interfaces
from harness.labs.rack.safety import in_the_way
from harness.labs.restorer.client import RestorerClient, socket_in
from harness.labs.ssh.machine import SshMachine
from harness.rtnl import messages

GLANCE = 0.2
CARRIER = 8.0  # seconds for copper to negotiate, and for a driver that looks every two seconds
Interfaces = dict[str, Interface]


@contextmanager
def taken_up(
    lab: LabFile, here: Control, dut: SshMachine, there: RemoteHost
) -> Iterator[tuple[Interfaces, Interfaces]]:
    """Set free NICs of a lab up, on both machines; the value is what they are then.

    Restorers put them back: at the end of the block, and when this is killed or the DUT lost.
    Raises LabError, InUse where another tester has the DUT.
    """
    with ExitStack() as undo:
        near = RestorerClient.on(dut, lab.silence)
        undo.callback(near.close)
        near.lock()
        place = Path(undo.enter_context(tempfile.TemporaryDirectory()))
        far = RestorerClient.here(socket_in(place))
        undo.callback(far.close)
        ours, theirs = interfaces(here), interfaces(there)
        for nic in lab.nics:
            if not in_the_way(ours, nic.far_end, nic, session_address()):
                _up(far, here, ours[nic.far_end])
            if not in_the_way(theirs, nic.name, nic, dut.session):
                _up(near, there, theirs[nic.name])
        ends = [nic.far_end for nic in lab.nics], [nic.name for nic in lab.nics]
        until = time.monotonic() + CARRIER
        while time.monotonic() < until and not (_carry(ours, ends[0]) and _carry(theirs, ends[1])):
            time.sleep(GLANCE)
            ours, theirs = interfaces(here), interfaces(there)
        yield ours, theirs
        troubles = [f"{one.host} {text}" for one in (near, far) for text in one.release()]
        if troubles:
            raise LabError(
                f"NICs could not be set down again: {'; '.join(troubles)}",
                hint="look at them with `ip -d link`",
            )


def _up(restorer: RestorerClient, host: Control | RemoteHost, one: Interface) -> None:
    if not one.up:
        restorer.save(one.name)
        host.send(messages.set_link(one.name, one.index, up=True))


def _carry(found: Interfaces, names: Sequence[str]) -> bool:
    """Return whether all of some interfaces that are there are up with carrier.

    A NIC that is down may have carrier too: some drivers look at their chip only while it is up.
    """
    return all(found[name].up and found[name].carrier for name in names if name in found)
