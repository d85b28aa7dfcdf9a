"""Cables of a virtual machine, which its hypervisor unplugs and plugs in."""

from __future__ import annotations

from collections.abc import Mapping

from harness.labs.by_command.cables import CommandCables, Plug
from harness.labs.by_command.host import CommandHost
from harness.labs.description.model import HYPERVISOR, LabFile
from harness.labs.hypervisor import libvirt, virtualbox
from harness.labs.hypervisor.virsh import Virsh
from harness.labs.reconnect.record import CutRecord

WHO = "the hypervisor"


class LibvirtCables(CommandCables):
    """The cables that libvirt cuts, by one connected virsh; once it ends, commands say so."""

    def __init__(
        self, server: CommandHost, commands: Mapping[str, Plug], record: CutRecord, uri: str
    ) -> None:
        """Start virsh on the machine of the hypervisor."""
        super().__init__(server, commands, record, WHO)
        self._prefix = libvirt.prefix(uri)
        self._virsh = Virsh(server.stdio(self._prefix))

    def _execute(self, command: str) -> tuple[str, str]:
        """Execute a command; return its output, which is not read, and its error, "" for none."""
        return "", self._virsh.do(command.removeprefix(self._prefix))


def cables(lab: LabFile, macs: Mapping[str, str], record: CutRecord) -> CommandCables | None:
    """Return the cables that a hypervisor cuts, None where there are none; raises LabError.

    `macs` are the NICs' own MACs by their names.
    """
    machine, nics = lab.machine, [nic for nic in lab.nics if nic.cut == HYPERVISOR]
    if machine is None or not nics:
        return None
    server = CommandHost.at(machine.host)
    host, uri, name = server.host, machine.uri, machine.name
    try:
        if uri:
            of_libvirt = {
                nic.name: Plug(*libvirt.commands(host, uri, name, macs[nic.name])) for nic in nics
            }
            return LibvirtCables(server, of_libvirt, record, uri)
        commands = {nic.name: Plug(*virtualbox.commands(host, name, nic.adapter)) for nic in nics}
        return CommandCables(server, commands, record, WHO)
    except BaseException:
        server.close()
        raise
