"""Verbs on a USB adapter: all that a cable has, and what goes wrong with USB and the chip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.lab import Adapters
from harness.record.cable import SIDES, Cable, Direction
from harness.record.journal import Lasting, Role
from harness.suggest import suggesting
from harness.units import Span, ms, timed


@dataclass(frozen=True, slots=True)
class UsbNic(Cable):
    """A USB network adapter of the DUT, driven by the kernel's rtl8150, and its network cable."""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a USB adapter")

    def unplug(self) -> Lasting:
        """Pull the adapter out of the USB: its interface goes, and with it the slave."""
        self._act("unplug", "fault", lambda nics: nics.unplug(self.name))
        return Lasting(self.replug)

    def replug(self) -> None:
        """Plug the adapter in again: its interface comes anew, and belongs to no bond."""
        self._act("replug", "repair", lambda nics: nics.plug(self.name))

    @timed
    def slow_interrupts(self, every: Span) -> Lasting:
        """Let the chip report its link less often than the host asks for."""
        if every.ns <= 0:
            raise ScenarioError(
                f"{self.name} cannot interrupt every {every}", hint="every is longer than 0 ms"
            )
        self._fail("slow_interrupts", interrupt_every=every.ns)
        return Lasting(lambda: self._mend("quick_interrupts", interrupt_every=0))

    def stall_interrupts(self) -> Lasting:
        """Let the interrupt pipe answer with nothing but a STALL."""
        self._fail("stall_interrupts", stalled=True)
        return Lasting(lambda: self._mend("unstall_interrupts", stalled=False))

    def babble(self, *, every: int = 2) -> Lasting:
        """Let one of `every` so many interrupt packets tell the opposite of the link's state."""
        if every < 1:
            raise ScenarioError(
                f"{self.name} cannot lie in one of {every} packets", hint="every is 1 or more"
            )
        self._fail("babble", lie_every=every)
        return Lasting(lambda: self._mend("tell_the_truth", lie_every=0))

    def drop_bulk(self, direction: Direction = "both") -> Lasting:
        """Take bulk transfers, and let their frames go nowhere: `out` are those of the DUT."""
        if direction not in (*SIDES, "both"):
            raise ScenarioError(
                f'{self.name} has no bulk pipe "{direction}" (has: {", ".join(SIDES)}, both)',
                hint="out leads away from the dut",
            )
        sides = frozenset(SIDES if direction == "both" else (direction,))
        self._fail("drop_bulk", dropped=self._nics.dropped(self.name) | sides)
        return Lasting(
            lambda: self._mend("deliver_bulk", dropped=self._nics.dropped(self.name) - sides)
        )

    @property
    def mii_refusal(self) -> str:
        """With which errno the driver refuses what `mii-tool` asks; "" where it answers."""
        return self._nics.mii_refusal(self.name)

    @property
    def _nics(self) -> Adapters:
        nics = self.site.network.adapters
        assert nics is not None, f"{self.name} is a link of another topology"
        return nics

    def _fail(self, action: str, **faults: object) -> None:
        told = {name: _plain(value) for name, value in faults.items()}
        self._act(action, "fault", lambda nics: nics.fail(self.name, **faults), **told)

    def _mend(self, action: str, **faults: object) -> None:
        self._act(action, "repair", lambda nics: nics.fail(self.name, **faults))

    def _act(
        self, action: str, role: Role, do: Callable[[Adapters], None], **what: object
    ) -> None:
        self.site.did(self.name, action, role, lambda: do(self._nics), **what)


def _plain(value: object) -> object:
    """Return a fault's setting as a history has it: times in ms, sets in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value / ms.ns if isinstance(value, int) and value >= ms.ns else value
