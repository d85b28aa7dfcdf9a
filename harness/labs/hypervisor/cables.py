"""Cables of a virtual machine, which its hypervisor unplugs and plugs in.

All are plugged in again when this process ends, also by a signal: a shell on the hypervisor's
machine waits for the end of its input.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

import testinfra
from testinfra.host import Host

from harness.errors import LabError
from harness.labs.description.model import HYPERVISOR, LabFile, LabNic, VirtualMachine
from harness.labs.hypervisor import libvirt, virtualbox
from harness.labs.hypervisor.console import Console, LocalStdio
from harness.labs.ssh.address import Address
from harness.labs.ssh.machine import SshMachine
from harness.labs.ssh.stdio import RemoteStdio

FAREWELL = 20.0  # seconds for all cables to be plugged in again


class Plug(NamedTuple):
    """The commands for one cable."""

    pull: str
    plug: str


@dataclass(slots=True)
class HypervisorHost:
    """The machine that runs the hypervisor."""

    host: Host
    _machine: SshMachine | None = None
    _undo: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def at(cls, address: Address | None) -> HypervisorHost:
        """Return this machine, or the one at an address; raises LabError."""
        if address is None:
            return cls(testinfra.get_host("local://"))
        undo = ExitStack()
        machine = undo.enter_context(SshMachine("the hypervisor's machine", address))
        machine.connect(root=False)  # virtual machines belong to a user
        return cls(machine.host, machine, undo)

    def at_the_end(self, command: str) -> Callable[[], None]:
        """Run a command when this process ends; return a function that runs it now."""
        command = f"cat >/dev/null; {command}"
        if self._machine is not None:
            channel = self._machine.channel(command)

            def end() -> None:
                channel.shutdown_write()
                channel.status_event.wait(FAREWELL)
                channel.close()

            return end
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # not in the process group of Ctrl-C
        )
        return lambda: _ended(process)

    def console(self, command: str) -> Console:
        """Return a console that a command starts."""
        if self._machine is not None:
            return Console(RemoteStdio(self._machine.channel(command)))
        return Console(LocalStdio(["/bin/sh", "-c", f"exec {command}"]))

    def close(self) -> None:
        """Close the connection."""
        self._undo.close()


def _ended(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(FAREWELL)


class HypervisorCables:
    """The cables of a lab file's NICs that its hypervisor cuts."""

    def __init__(
        self, server: HypervisorHost, commands: Mapping[str, Plug], uri: str = ""
    ) -> None:
        """Take the commands by the names of NICs; all cables are plugged in when this ends.

        With `uri`, libvirt's, one connected virsh executes them.
        """
        self._server = server
        self._commands = commands
        self._prefix = libvirt.prefix(uri) if uri else ""
        self._console = server.console(self._prefix) if uri else None
        self._known: dict[str, bool] = {}
        self._end = server.at_the_end("; ".join(one.plug for one in commands.values()))

    def carrier(self, nic: str, *, up: bool) -> None:
        """Plug or unplug a NIC's cable; does nothing for other NICs, or if it is so already."""
        if nic not in self._commands or self._known.get(nic) is up:
            return
        self._known.pop(nic, None)
        command = self._commands[nic].plug if up else self._commands[nic].pull
        if wrong := self._do(command):
            raise LabError(
                f"the hypervisor failed on `{command}`: {wrong}",
                hint="try the command by hand, on the machine that runs the hypervisor",
            )
        self._known[nic] = up

    def _do(self, command: str) -> str:
        """Execute a command; return its error, "" for none."""
        if self._console is not None:
            return self._console.do(command.removeprefix(self._prefix))
        done = self._server.host.run(command)
        if not done.rc:
            return ""
        return next(iter(str(done.stderr).strip().splitlines()), "no output")

    def close(self) -> None:
        """Plug all cables in."""
        if self._console is not None:
            self._console.close()
        self._end()
        self._server.close()


def cables(lab: LabFile, macs: Mapping[str, str]) -> HypervisorCables | None:
    """Return the cables that a hypervisor cuts, None where there are none; raises LabError.

    `macs` are the NICs' own MACs by their names.
    """
    nics = [nic for nic in lab.nics if nic.cut == HYPERVISOR]
    if lab.machine is None or not nics:
        return None
    server = HypervisorHost.at(lab.machine.host)
    try:
        commands = {nic.name: _plug(server.host, lab.machine, nic, macs) for nic in nics}
        return HypervisorCables(server, commands, lab.machine.uri)
    except BaseException:
        server.close()
        raise


def _plug(host: Host, machine: VirtualMachine, nic: LabNic, macs: Mapping[str, str]) -> Plug:
    if machine.uri:
        return Plug(*libvirt.commands(host, machine.uri, machine.name, macs[nic.name]))
    return Plug(*virtualbox.commands(host, machine.name, nic.adapter))
