"""Cables of a virtual machine, which its hypervisor unplugs and plugs in.

All are plugged in again when this process ends, also by a signal: on another machine a shell waits
for the end of its input; on this one the record of the run has what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

import testinfra
from testinfra.host import Host

from harness.errors import LabError
from harness.labs.description.model import HYPERVISOR, LabFile, LabNic, VirtualMachine
from harness.labs.hypervisor import libvirt, virtualbox
from harness.labs.hypervisor.virsh import LocalStdio, Virsh
from harness.labs.reconnect.cables import RecordedCables
from harness.labs.reconnect.record import Connecting, CutRecord
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.machine import SshMachine
from harness.labs.ssh.stdio import RemoteStdio

CLOSE_WITHIN = 20.0  # seconds for all cables to be plugged in again


class Plug(NamedTuple):
    """The commands for one cable.

    `not_done` finds in the output of a command that ended well why it has had no effect, "" if it
    has had it (`up`: of `plug`).
    """

    pull: str
    plug: str
    not_done: Callable[[str, bool], str] | None = None


@dataclass(slots=True)
class CommandHost:
    """The machine on which commands cut cables: it runs the hypervisor, or has the USB hub."""

    host: Host
    _machine: SshMachine | None = None
    _undo: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def at(
        cls,
        address: SshAddress | None,
        name: str = "the hypervisor's machine",
        *,
        root: bool = False,
    ) -> CommandHost:
        """Return this machine, or the one at an address; raises LabError.

        Commands there run as its user, or as `root`.
        """
        if address is None:
            return cls(testinfra.get_host("local://"))
        undo = ExitStack()
        machine = undo.enter_context(SshMachine(name, address))
        machine.connect(root=root)  # virtual machines belong to a user
        return cls(machine.host, machine, undo)

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return self._machine is None

    def at_the_end(self, command: str) -> Callable[[], None]:
        """Run a command there when this process ends; return a function that runs it now."""
        assert self._machine is not None
        channel = self._machine.channel(f"cat >/dev/null; {command}")

        def end() -> None:
            channel.shutdown_write()
            channel.status_event.wait(CLOSE_WITHIN)
            channel.close()

        return end

    def virsh(self, command: str) -> Virsh:
        """Return a console that a command starts."""
        if self._machine is not None:
            return Virsh(RemoteStdio(self._machine.channel(command)))
        return Virsh(LocalStdio(["/bin/sh", "-c", f"exec {command}"]))

    def close(self) -> None:
        """Close the connection."""
        self._undo.close()


class CommandCables(RecordedCables):
    """The cables of a lab file's NICs that commands on some machine cut."""

    lost = ""  # each command stands for itself; a virsh that has ended says so at the next one

    def __init__(
        self,
        server: CommandHost,
        commands: Mapping[str, Plug],
        record: CutRecord,
        uri: str = "",
        who: str = "the hypervisor",
    ) -> None:
        """Take the commands by the names of NICs; all cables are plugged in when this ends.

        With `uri`, libvirt's, one connected virsh executes them. `who` is who errors name.
        """
        super().__init__(commands, record)
        self._who = who
        self._server = server
        self._commands = commands
        self._prefix = libvirt.prefix(uri) if uri else ""
        self._virsh = server.virsh(self._prefix) if uri else None
        plug_all = "; ".join(command.plug for command in commands.values())
        self._end = self.connect_all if server.is_local else server.at_the_end(plug_all)

    def _connecting(self, nic: str) -> Connecting | None:
        return Connecting(command=self._commands[nic].plug) if self._server.is_local else None

    def _set(self, nic: str, *, up: bool) -> None:
        chosen = self._commands[nic]
        command = chosen.plug if up else chosen.pull
        if wrong := self._do(command, chosen, up=up):
            raise LabError(
                f"{self._who} failed on `{command}`: {wrong}",
                hint=f"try the command by hand, on the machine of {self._who}",
            )

    def _do(self, command: str, plug: Plug, *, up: bool) -> str:
        """Execute a command; return its error, "" for none."""
        if self._virsh is not None:
            return self._virsh.do(command.removeprefix(self._prefix))
        done = self._server.host.run(command)
        if not done.rc:
            return plug.not_done(str(done.stdout), up) if plug.not_done else ""
        return next(iter(str(done.stderr).strip().splitlines()), "no output")

    def close(self) -> None:
        """Plug all cables in."""
        self._end()
        if self._virsh is not None:
            self._virsh.close()
        self._server.close()


def cables(lab: LabFile, macs: Mapping[str, str], record: CutRecord) -> CommandCables | None:
    """Return the cables that a hypervisor cuts, None where there are none; raises LabError.

    `macs` are the NICs' own MACs by their names.
    """
    nics = [nic for nic in lab.nics if nic.cut == HYPERVISOR]
    if lab.machine is None or not nics:
        return None
    server = CommandHost.at(lab.machine.host)
    try:
        commands = {nic.name: _plug(server.host, lab.machine, nic, macs) for nic in nics}
        return CommandCables(server, commands, record, lab.machine.uri)
    except BaseException:
        server.close()
        raise


def _plug(host: Host, machine: VirtualMachine, nic: LabNic, macs: Mapping[str, str]) -> Plug:
    if machine.uri:
        return Plug(*libvirt.commands(host, machine.uri, machine.name, macs[nic.name]))
    return Plug(*virtualbox.commands(host, machine.name, nic.adapter))
