"""The ports of a managed switch that cables of a lab file go through."""

from __future__ import annotations

from contextlib import suppress

from harness.errors import HarnessError
from harness.labs.description.model import SWITCH, LabFile
from harness.labs.reconnect.record import Connecting, CutRecord
from harness.labs.switch.command_line import CommandLine


class SwitchPorts:
    """The ports of a lab file's switch, shut and opened by one connection."""

    def __init__(self, lab: LabFile, record: CutRecord) -> None:
        """Connect; raises LabError, UsageError. What is shut is noted in the record."""
        assert lab.switch is not None
        self._ports = {nic.name: nic.switch_port for nic in lab.nics if nic.cut == SWITCH}
        self._known: dict[str, bool] = {}
        self._record = record
        self._line = CommandLine(lab.switch)

    @property
    def lost(self) -> str:
        """Why its connection is lost, "" if it is not."""
        return self._line.lost

    def carrier(self, nic: str, *, up: bool) -> None:
        """Open or shut a NIC's port; does nothing for other NICs, or if it is so already.

        Raises LabError.
        """
        if nic not in self._ports or self._known.get(nic) is up:
            return
        self._known.pop(nic, None)
        how = Connecting(port=self._ports[nic])
        if not up:
            self._record.cut(how)
        self._line.port(how.port, up=up)
        if up:
            self._record.connected(how)
        self._known[nic] = up

    def close(self) -> None:
        """Open all ports, if that is possible; what is still shut is in the record."""
        with suppress(HarnessError):
            for nic in [nic for nic, up in self._known.items() if not up]:
                self.carrier(nic, up=True)
        self._line.close()
