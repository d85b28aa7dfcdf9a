"""The machine on which commands cut cables, this one or another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import testinfra
from testinfra.host import Host

from harness.labs.by_command.stdio import LocalStdio, Stdio
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.machine import SshMachine
from harness.labs.ssh.stdio import RemoteStdio

CLOSE_WITHIN = 20.0  # seconds for all cables to be connected again


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

    def stdio(self, command: str) -> Stdio:
        """Start a command that ends with this; return its standard input and output."""
        stdio: Stdio
        if self._machine is not None:
            stdio = RemoteStdio(self._machine.channel(command))
        else:
            stdio = LocalStdio(["/bin/sh", "-c", f"exec {command}"])
        self._undo.callback(stdio.close)
        return stdio

    def close(self) -> None:
        """End what it started here, and close the connection."""
        self._undo.close()
