"""Verbs on a cable: what can be done to a link, written into the history.

Every verb takes effect at once and lasts until its opposite, or until the topology goes. What it
returns can stand in a `with`: then it ends with the block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import ScenarioError
from harness.lab import ALL_FRAMES, Way
from harness.loop import now
from harness.record.journal import Lasting, Role, Site
from harness.suggest import suggesting
from harness.topology import DUT
from harness.units import Span, ms, timed

Direction = Literal["out", "in", "both"]
SIDES: tuple[Way, ...] = ("out", "in")


@dataclass(frozen=True, slots=True)
class Cable:
    """A link; `out` is the direction away from the DUT, `in` the direction towards it."""

    name: str
    site: Site

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a cable")

    @property
    def mac(self) -> str:
        """The MAC that the machine's NIC at this cable was made with."""
        link = self.site.topology.link(self.name)
        machines = {machine.name for machine in self.site.topology.machines}
        machine = link.a if link.a in machines else link.b
        return self.site.network.mac(machine, self.name)

    def cut(self) -> Lasting:
        """Pull the cable at its far end: the near end loses its carrier."""
        self._do("cut", "fault", lambda: self.site.fabric.carrier(self.name, on=False))
        return Lasting(self.heal)

    def heal(self) -> None:
        """Put the cable back; a switch that holds new ports back lets this one wait."""
        self._do("heal", "repair", lambda: self.site.fabric.carrier(self.name, on=True))

    @timed
    def flap(self, *, down: Span, times: int = 1, up: Span | None = None) -> None:
        """Pull and put back the cable `times` times: `down` without, then `up` with carrier."""
        for nth in range(times):
            if nth:
                self.site.journal.pause(up or down)
            self.cut()
            self.site.journal.pause(down)
            self.heal()

    def lose(self, direction: Direction = "both", *, percent: float = ALL_FRAMES) -> Lasting:
        """Lose frames silently: the carrier stays up."""
        if not 0 < percent <= ALL_FRAMES:
            raise ScenarioError(
                f"link {self.name} cannot lose {percent} % of its frames",
                hint="percent lies above 0 and reaches 100",
            )
        shape, sides = self.site.fabric.shape, _sides(self.name, direction)

        def do(share: float) -> None:
            for side in sides:
                seed = self.site.lots.draw(self.name, side)
                shape(self.name, side, percent=share, seed=seed)

        self._do("lose", "fault", lambda: do(percent), direction=direction, percent=percent)
        return Lasting(lambda: self._do("deliver", "repair", lambda: do(0), direction=direction))

    @timed
    def delay(self, by: Span, direction: Direction = "both") -> Lasting:
        """Deliver every frame later."""
        if by.ns <= 0:
            raise ScenarioError(
                f"link {self.name} cannot delay frames by {by}", hint="give more than 0 ms"
            )
        shape, sides = self.site.fabric.shape, _sides(self.name, direction)

        def do(delay_ns: int) -> None:
            for side in sides:
                shape(self.name, side, delay=delay_ns)

        self._do("delay", "fault", lambda: do(by.ns), direction=direction, by_ms=by.ns / ms.ns)
        return Lasting(lambda: self._do("undelay", "repair", lambda: do(0), direction=direction))

    def deliver(self, direction: Direction = "both") -> None:
        """End loss and delay."""
        sides = _sides(self.name, direction)

        def do() -> None:
            for side in sides:
                self.site.fabric.shape(self.name, side, percent=0)
                self.site.fabric.shape(self.name, side, delay=0)

        self._do("deliver", "repair", do, direction=direction)

    def admin_down(self) -> Lasting:
        """Set the DUT's interface at this cable administratively down."""
        self._do("admin_down", "fault", lambda: self.site.admin(DUT, self.name, up=False))
        return Lasting(self.admin_up)

    def admin_up(self) -> None:
        """Set the DUT's interface at this cable administratively up."""
        self._do("admin_up", "repair", lambda: self.site.admin(DUT, self.name, up=True))

    @timed
    def heal_late(self, forwarding_after: Span) -> None:
        """Put the cable back into a port that shows carrier at once but forwards only later.

        That is a switch port in the listening and learning states (bonding.rst 13.1).
        """
        until = now() + forwarding_after.ns

        def do() -> None:
            self.site.held[self.name] = until
            self.site.fabric.gate(self.name, open=False)
            self.site.fabric.carrier(self.name, on=True)

        def forward(at: int) -> None:
            if self.site.held.get(self.name, 0) <= at:  # no later repair made it wait again
                self._do("forward", "repair", lambda: self.site.fabric.gate(self.name, open=True))

        self._do("heal_late", "repair", do, forwarding_after_ms=forwarding_after.ns / ms.ns)
        self.site.journal.expect(until)
        self.site.loop.at(until, forward)

    def mute_garp(self, address: str) -> Lasting:
        """Let the switch drop gratuitous ARP for an address that comes in by this cable."""

        def switch(*, on: bool) -> None:
            self.site.fabric.gate(self.name, open=not on, announcing=address)

        self._do("mute_garp", "stimulus", lambda: switch(on=True), address=address)
        return Lasting(
            lambda: self._do("unmute_garp", "stimulus", lambda: switch(on=False), address=address)
        )

    def _do(self, action: str, role: Role, do: Callable[[], None], **what: object) -> None:
        self.site.did(self.name, action, role, do, **what)


def _sides(link: str, direction: Direction) -> tuple[Way, ...]:
    if direction not in (*SIDES, "both"):
        raise ScenarioError(
            f'link {link} has no direction "{direction}" (has: {", ".join(SIDES)}, both)',
            hint="out leads away from the dut",
        )
    return SIDES if direction == "both" else (direction,)
