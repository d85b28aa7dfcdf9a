"""What cuts cables of a lab file besides their far ends: hypervisor, switch, power.

A command may take longer than a recording may stand still: it runs in a thread, and the recording
goes on meanwhile.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

from testinfra.host import Host

from harness.labs.by_command.cables import CommandCables, Plug
from harness.labs.by_command.host import CommandHost
from harness.labs.description.model import LABGRID, SWITCH, USB_POWER, LabFile, LabNic
from harness.labs.fabric.wiring import SetCarrier, by_wire
from harness.labs.hypervisor import cables as hypervisor
from harness.labs.power import labgrid, uhubctl
from harness.labs.reconnect.record import CutRecord
from harness.labs.switch.ports import SwitchPorts
from harness.loop import SECOND, Loop, now

HUB_MACHINE = "the hub's machine"
LONGEST = 120  # seconds for a command: all have time limits of their own, which are shorter


class Cutter(Protocol):
    """What cuts cables of some NICs."""

    @property
    def lost(self) -> str:
        """Why it cannot be used any more, "" if it can."""

    def carrier(self, nic: str, *, up: bool) -> None:
        """Let a NIC have its carrier or not; does nothing for NICs of others. Raises LabError."""

    def close(self) -> None:
        """Let all NICs have their carrier; raises LabError."""


class Cutters:
    """All that cuts cables of a lab file."""

    def __init__(self, record: Path) -> None:
        """Take the path of the run's record of what is cut; raises OSError."""
        self._record = CutRecord(record)
        self._all: list[Cutter] = []
        self._undo = ExitStack()
        self._undo.callback(self._record.close)

    def add(self, make: Callable[[CutRecord], Cutter | None]) -> None:
        """Add one; it is closed with all others."""
        one = make(self._record)
        if one is not None:
            self._all.append(one)
            self._undo.callback(one.close)

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._all)

    @property
    def lost(self) -> str:
        """Why any of them cannot be used any more, "" if all can."""
        return next(filter(None, (one.lost for one in self._all)), "")

    def carrier(self, nic: str, *, up: bool) -> None:
        """Let a NIC have its carrier or not; raises LabError."""
        for one in self._all:
            one.carrier(nic, up=up)

    def close(self) -> None:
        """Let all NICs have their carrier; raises LabError."""
        self._undo.close()


def cutters(lab: LabFile, macs: Mapping[str, str], record: Path) -> Cutters:
    """Return what cuts cables of a lab file besides their far ends; raises LabError.

    `macs` are the NICs' own MACs by their names; what is cut is noted at the path `record`.
    """
    found = Cutters(record)
    try:
        found.add(partial(hypervisor.cables, lab, macs))
        if any(nic.cut == SWITCH for nic in lab.nics):
            found.add(partial(SwitchPorts, lab))
        found.add(partial(_hub_ports, lab))
        found.add(partial(_places, lab))
    except BaseException:
        found.close()
        raise
    return found


def pulling(
    cutters: Cutters | None, nics: Mapping[str, LabNic], loop: Loop | None = None
) -> SetCarrier:
    """Return what cuts the cables of links; `nics` has their NICs by link.

    With a loop, that is served until a cable is cut.
    """
    if not cutters:
        return by_wire

    def follow(link: str, *, up: bool) -> None:
        if link in nics:
            act = partial(cutters.carrier, nics[link].name, up=up)
            in_thread(loop, act) if loop is not None else act()

    return follow


def in_thread(loop: Loop, act: Callable[[], None]) -> None:
    """Do something in a thread while a loop is pumped; raises what that raises."""
    ended, end = socket.socketpair()
    with ended, end, ThreadPoolExecutor(1) as pool:
        future = pool.submit(act)
        future.add_done_callback(lambda _: end.send(b"."))
        forget = loop.watch(ended, lambda: None)
        try:
            loop.pump(now() + LONGEST * SECOND, future.done)
        finally:
            forget()
        future.result()


def _hub_ports(lab: LabFile, record: CutRecord) -> CommandCables | None:
    nics = [nic for nic in lab.nics if nic.cut == USB_POWER]
    if not nics:
        return None
    server = CommandHost.at(lab.hub_host, HUB_MACHINE, root=True)
    if lab.hub_host is None:
        for nic in nics:
            uhubctl.demand_not_its_power(server.host, "far end", nic.far_end, nic)

    def plug(host: Host, nic: LabNic) -> Plug:
        def not_done(output: str, up: bool) -> str:  # noqa: FBT001
            return uhubctl.not_done(output, nic.hub_port, up=up)

        return Plug(*uhubctl.commands(host, nic), not_done)

    return _by_commands(server, nics, plug, record, "uhubctl")


def _places(lab: LabFile, record: CutRecord) -> CommandCables | None:
    nics = [nic for nic in lab.nics if nic.cut == LABGRID]

    def plug(host: Host, nic: LabNic) -> Plug:
        return Plug(*labgrid.commands(host, nic, lab.coordinator))

    if not nics:
        return None
    return _by_commands(CommandHost.at(None), nics, plug, record, "labgrid")


def _by_commands(
    server: CommandHost,
    nics: list[LabNic],
    plug: Callable[[Host, LabNic], Plug],
    record: CutRecord,
    who: str,
) -> CommandCables:
    try:
        commands = {nic.name: plug(server.host, nic) for nic in nics}
        return CommandCables(server, commands, record, who)
    except BaseException:
        server.close()
        raise
