"""Cables that something besides their far ends cuts, noted in the record while they are cut."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from contextlib import suppress

from harness.errors import HarnessError
from harness.labs.reconnect.record import Connecting, CutRecord


class RecordedCables(ABC):
    """The cables of some NICs, by the NICs' names."""

    def __init__(self, nics: Collection[str], record: CutRecord) -> None:
        self._nics = nics
        self._record = record
        self._known: dict[str, bool] = {}  # none where the last attempt has failed

    def carrier(self, nic: str, *, up: bool) -> None:
        """Let a NIC have its carrier or not; does nothing for other NICs, or if it is so already.

        Raises LabError.
        """
        if nic not in self._nics or self._known.get(nic) is up:
            return
        self._known.pop(nic, None)
        how = self._connecting(nic)
        if how is not None and not up:
            self._record.cut(how)
        self._set(nic, up=up)
        if how is not None and up:
            self._record.connected(how)
        self._known[nic] = up

    def connect_all(self) -> None:
        """Connect all that are cut, if that is possible; what is still cut is in the record."""
        with suppress(HarnessError):
            for nic in [nic for nic, up in self._known.items() if not up]:
                self.carrier(nic, up=True)

    @abstractmethod
    def _connecting(self, nic: str) -> Connecting | None:
        """Return how the record has to connect a cable, None where something else will."""

    @abstractmethod
    def _set(self, nic: str, *, up: bool) -> None:
        """Connect or cut a cable; raises LabError."""
