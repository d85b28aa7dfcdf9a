"""The ports of a managed switch that cables of a lab file go through."""

from __future__ import annotations

from harness.labs.description.model import SWITCH, LabFile
from harness.labs.reconnect.cables import RecordedCables
from harness.labs.reconnect.record import Connecting, CutRecord
from harness.labs.switch.command_line import CommandLine


class SwitchPorts(RecordedCables):
    """The ports of a lab file's switch, shut and opened by one connection."""

    def __init__(self, lab: LabFile, record: CutRecord) -> None:
        """Connect; raises LabError, UsageError. What is shut is noted in the record."""
        assert lab.switch is not None
        self._ports = {nic.name: nic.switch_port for nic in lab.nics if nic.cut == SWITCH}
        super().__init__(self._ports, record)
        self._line = CommandLine(lab.switch)

    @property
    def lost(self) -> str:
        """Why its connection is lost, "" if it is not."""
        return self._line.lost

    def close(self) -> None:
        """Open all ports, if that is possible, and close the connection."""
        self.connect_all()
        self._line.close()

    def _connecting(self, nic: str) -> Connecting:
        return Connecting(port=self._ports[nic])

    def _set(self, nic: str, *, up: bool) -> None:
        self._line.port(self._ports[nic], up=up)
