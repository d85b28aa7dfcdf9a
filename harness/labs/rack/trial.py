"""Test the cables of a rack before anything is recorded: both ends, and the driver's carrier lag.

A cable that differs from the lab file, or a driver that reports its carrier later than assumed,
would look like a fault of the kernel.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from harness.drivers import known_lag
from harness.errors import HarnessError, LabError
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabNic
from harness.labs.fabric.wiring import SetCarrier, by_wire
from harness.labs.netns.control import Control
from harness.labs.netns.namespace import Namespace
from harness.labs.restorer.client import RestorerClient
from harness.labs.ssh.dut import RemoteDut
from harness.loop import SECOND
from harness.rtnl import messages
from harness.units import MS

CARRIER = 15.0  # seconds for a cable to get its carrier: copper negotiates for some 2 to 4 s
ROUNDS = 3
SHORTEST = 0.0005  # seconds between two looks at a carrier
MARGIN = 2  # a driver that polls may take twice as long as in three trials


class Miscabled(LabError):
    """A cable differs from the lab file, or has no carrier: no scenario can run."""


@dataclass(slots=True)
class CableTrial:
    """The cables of a rack, between a namespace of the tester and one of the DUT's agent."""

    dut: RemoteDut
    near: RestorerClient
    far: RestorerClient
    nics: tuple[LabNic, ...]
    pull: SetCarrier = by_wire

    def lags(self, drivers: dict[str, str]) -> dict[str, int]:
        """Return the carrier lag of each NIC's driver, in ns; raises Miscabled."""
        with ExitStack() as undo:
            place = Namespace("the cables' trial")
            undo.callback(place.close)
            control = Control(place)
            undo.callback(control.close)
            numbers = self._lay(place, undo)
            seen = [self._round(control, numbers) for _ in range(ROUNDS)]
        found = {}
        for nic in self.nics:
            shown = MARGIN * max(one[nic.name] for one in seen)
            usual = max(shown, known_lag(drivers.get(nic.name, "")).ns)
            found[nic.name] = nic.lag * MS or usual
        return found

    def _lay(self, place: Namespace, undo: ExitStack) -> dict[str, int]:
        """Move all NICs to their namespaces; return the far ends' interface indexes by NIC."""
        self.dut.work.ask("fresh")
        host, numbers, nears = RemoteHost(self.dut.work), {}, []
        for nic in self.nics:
            undo.callback(park, self.near, nic.name)
            number, _ = self.near.lend(nic.name, f"/proc/{self.dut.work.pid}/ns/net", nic.name)
            nears.append(messages.set_link(f"DUT {nic.name}", number, up=True))
            undo.callback(park, self.far, nic.far_end)
            numbers[nic.name], _ = self.far.lend(
                nic.far_end, f"/proc/self/fd/{place.fd}", nic.far_end
            )
        host.send(*nears)
        return numbers

    def _round(self, control: Control, numbers: dict[str, int]) -> dict[str, int]:
        """Plug all cables in, then pull them out one after the other; return the longest times."""
        for nic in self.nics:
            self._switch(control, nic, numbers, up=True)
        up = self._up(time.monotonic_ns())
        down: dict[str, int] = {}
        for nic in self.nics:
            self._switch(control, nic, numbers, up=False)
            begun = time.monotonic_ns()  # the fault's own duration is recorded
            down[nic.name] = self._down(nic, begun, set(numbers) - set(down))
        return {name: max(up[name], down[name]) for name in numbers}

    def _switch(self, control: Control, nic: LabNic, numbers: dict[str, int], *, up: bool) -> None:
        control.send(messages.set_link(f"tester {nic.far_end}", numbers[nic.name], up=up))
        self.pull(nic.name, up=up)

    def _up(self, begun: int) -> dict[str, int]:
        """Return after how many ns each NIC has its carrier; raises LabError."""
        found: dict[str, int] = {}
        waiting = {nic.name: nic.far_end for nic in self.nics}
        while waiting:
            for name in list(waiting):
                if self._carrier(name):
                    found[name] = time.monotonic_ns() - begun
                    del waiting[name]
            if waiting:
                _pause(begun)
            if waiting and time.monotonic_ns() - begun > CARRIER * SECOND:
                name, far = next(iter(waiting.items()))
                raise Miscabled(
                    f"DUT {name} has no carrier {CARRIER:g} s after {far} went up",
                    hint="check the cable; `harness doctor --lab FILE` says where it ends",
                )
        return found

    def _down(self, nic: LabNic, begun: int, plugged: set[str]) -> int:
        """Return after how many ns a NIC, and no other, has lost its carrier; raises LabError."""
        took = 0
        while not took:
            if not self._carrier(nic.name):
                took = time.monotonic_ns() - begun
            lost = [one for one in plugged - {nic.name} if not self._carrier(one)]
            if lost:
                raise Miscabled(
                    f"{nic.far_end} went down, and DUT {min(lost)} lost its carrier, "
                    f"the lab file has it at {nic.name}",
                    hint="`harness doctor --lab FILE` shows where each cable ends",
                )
            if not took:
                _pause(begun)
            if not took and time.monotonic_ns() - begun > CARRIER * SECOND:
                raise Miscabled(
                    f"DUT {nic.name} keeps its carrier though {nic.far_end} is down",
                    hint="the far end's driver must switch its transmitter off: try another NIC",
                )
        return took

    def _carrier(self, name: str) -> bool:
        host = RemoteHost(self.dut.work)
        try:
            return host.shell.read(f"/sys/class/net/{name}/carrier").strip() == "1"
        except OSError:  # EINVAL: it is down
            return False


def _pause(begun: int) -> None:
    """Wait before the next look, for a hundredth of the time since `begun` (ns)."""
    time.sleep(max(SHORTEST, (time.monotonic_ns() - begun) / SECOND / 100))


def park(restorer: RestorerClient, name: str) -> None:
    """Move a NIC to its restorer's namespace, if possible."""
    with suppress(HarnessError):  # the next use of a lost restorer raises
        restorer.park(name)
