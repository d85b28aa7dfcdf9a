"""Faults of a USB network adapter: those of a cable, and those of USB and the chip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.lab import Adapters
from harness.record.cable import SIDES, Cable, Direction
from harness.record.journal import Effect, Role
from harness.suggest import suggesting
from harness.units import Span, ms, timed


@dataclass(frozen=True, slots=True)
class UsbNic(Cable):
    """A USB network adapter of the DUT, driven by the kernel's rtl8150, and its network cable."""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a USB adapter")

    def unplug(self) -> Effect:
        """Unplug the adapter from USB: its interface, a slave, is removed."""
        self._act("unplug", "fault", lambda nics: nics.unplug(self.name))
        return Effect(self.replug)

    def replug(self) -> None:
        """Plug the adapter in again: a new interface is created, which is in no bond."""
        self._act("replug", "repair", lambda nics: nics.plug(self.name))

    @timed
    def slow_interrupts(self, every: Span) -> Effect:
        """Let the chip report its link state less often than the host polls."""
        if every.ns <= 0:
            raise ScenarioError(
                f"{self.name} cannot interrupt every {every}", hint="every is longer than 0 ms"
            )
        self._fail("slow_interrupts", interrupt_every=every.ns)
        return Effect(lambda: self._end_fault("quick_interrupts", interrupt_every=0))

    def stall_interrupts(self) -> Effect:
        """Let the interrupt endpoint answer every poll with STALL."""
        self._fail("stall_interrupts", stalled=True)
        return Effect(lambda: self._end_fault("unstall_interrupts", stalled=False))

    def misreport_link(self, *, every: int = 2) -> Effect:
        """Let one in `every` interrupt packets report the opposite link state."""
        if every < 1:
            raise ScenarioError(
                f"{self.name} cannot misreport in one of {every} packets",
                hint="every is 1 or more",
            )
        self._fail("misreport_link", lie_every=every)
        return Effect(lambda: self._end_fault("report_link", lie_every=0))

    def drop_bulk(self, direction: Direction = "both") -> Effect:
        """Accept bulk transfers and drop their frames; `out` are frames from the DUT."""
        if direction not in (*SIDES, "both"):
            raise ScenarioError(
                f'{self.name} has no bulk pipe "{direction}" (has: {", ".join(SIDES)}, both)',
                hint="out leads away from the dut",
            )
        sides = frozenset(SIDES if direction == "both" else (direction,))
        self._fail("drop_bulk", dropped=self._nics.dropped(self.name) | sides)
        return Effect(
            lambda: self._end_fault("deliver_bulk", dropped=self._nics.dropped(self.name) - sides)
        )

    def half_duplex(self) -> Effect:
        """Let the other end of the network cable be able of half duplex only.

        The driver reads the duplex on request: bonding requests it when a slave's link comes up,
        and when it is enslaved.
        """
        self._fail("half_duplex", half_duplex=True)
        return Effect(lambda: self._end_fault("full_duplex", half_duplex=False))

    @property
    def mii_refusal(self) -> str:
        """The errno with which the driver refuses the ioctl of `mii-tool`; "" if it answers."""
        return self._nics.mii_refusal(self.name)

    @property
    def _nics(self) -> Adapters:
        nics = self.context.network.adapters
        assert nics is not None, f"{self.name} is a link of another topology"
        return nics

    def _fail(self, action: str, **faults: object) -> None:
        fields = {name: _plain(value) for name, value in faults.items()}
        self._act(action, "fault", lambda nics: nics.fail(self.name, **faults), **fields)

    def _end_fault(self, action: str, **faults: object) -> None:
        self._act(action, "repair", lambda nics: nics.fail(self.name, **faults))

    def _act(
        self, action: str, role: Role, do: Callable[[Adapters], None], **what: object
    ) -> None:
        self.context.apply(self.name, action, role, lambda: do(self._nics), **what)


def _plain(value: object) -> object:
    """Return a fault's setting as a history has it: times in ms, sets in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value / ms.ns if isinstance(value, int) and value >= ms.ns else value
