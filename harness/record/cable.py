"""Faults and repairs of a cable; each is written into the history.

A fault takes effect at once and lasts until its repair, or until the topology is torn down. The
Effect that it returns can be used in a `with`: the fault is then repaired when the block ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import ScenarioError
from harness.lab import ALL_FRAMES, Way
from harness.loop import now
from harness.record.journal import Effect, FaultContext, Role
from harness.suggest import suggesting
from harness.topology import DUT, mac_of
from harness.units import Span, ms, timed

Direction = Literal["out", "in", "both"]
SIDES: tuple[Way, ...] = ("out", "in")


@dataclass(frozen=True, slots=True)
class Cable:
    """A link; `out` is the direction away from the DUT, `in` the direction towards it."""

    name: str
    context: FaultContext

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a cable")

    @property
    def mac(self) -> str:
        """The permanent MAC of the machine's NIC at this cable."""
        link = self.context.topology.link(self.name)
        machines = {machine.name for machine in self.context.topology.machines}
        machine = link.a if link.a in machines else link.b
        return mac_of(self.context.topology, machine, self.name)

    def cut(self) -> Effect:
        """Pull the cable at its far end: the near end loses carrier."""
        self._do("cut", "fault", lambda: self.context.fabric.carrier(self.name, on=False))
        return Effect(self.heal)

    def heal(self) -> None:
        """Put the cable back: the near end gets carrier again."""
        self._do("heal", "repair", lambda: self.context.fabric.carrier(self.name, on=True))

    @timed
    def flap(self, *, down: Span, times: int = 1, up: Span | None = None) -> None:
        """Pull the cable `times` times: `down` without carrier, then `up` with carrier."""
        for nth in range(times):
            if nth:
                self.context.journal.pause(up or down)
            self.cut()
            self.context.journal.pause(down)
            self.heal()

    def lose(self, direction: Direction = "both", *, percent: float = ALL_FRAMES) -> Effect:
        """Drop frames, all or `percent` of them; the carrier stays up."""
        if not 0 < percent <= ALL_FRAMES:
            raise ScenarioError(
                f"link {self.name} cannot lose {percent} % of its frames",
                hint="percent is greater than 0 and at most 100",
            )
        shape, sides = self.context.fabric.shape, _sides(self.name, direction)

        def do(share: float) -> None:
            for side in sides:
                seed = self.context.seeds.next(self.name, side)
                shape(self.name, side, percent=share, seed=seed)

        self._do("lose", "fault", lambda: do(percent), direction=direction, percent=percent)
        return Effect(lambda: self._do("deliver", "repair", lambda: do(0), direction=direction))

    @timed
    def delay(self, by: Span, direction: Direction = "both") -> Effect:
        """Delay every frame."""
        if by.ns <= 0:
            raise ScenarioError(
                f"link {self.name} cannot delay frames by {by}", hint="give more than 0 ms"
            )
        shape, sides = self.context.fabric.shape, _sides(self.name, direction)

        def do(delay_ns: int) -> None:
            for side in sides:
                shape(self.name, side, delay=delay_ns)

        self._do("delay", "fault", lambda: do(by.ns), direction=direction, by_ms=by.ns / ms.ns)
        return Effect(lambda: self._do("undelay", "repair", lambda: do(0), direction=direction))

    def deliver(self, direction: Direction = "both") -> None:
        """End loss and delay."""
        sides = _sides(self.name, direction)

        def do() -> None:
            for side in sides:
                self.context.fabric.shape(self.name, side, percent=0)
                self.context.fabric.shape(self.name, side, delay=0)

        self._do("deliver", "repair", do, direction=direction)

    def admin_down(self) -> Effect:
        """Set the DUT's interface at this cable administratively down."""
        self._do("admin_down", "fault", lambda: self.context.admin(DUT, self.name, up=False))
        return Effect(self.admin_up)

    def admin_up(self) -> None:
        """Set the DUT's interface at this cable administratively up."""
        self._do("admin_up", "repair", lambda: self.context.admin(DUT, self.name, up=True))

    @timed
    def heal_late(self, forwarding_after: Span) -> None:
        """Put the cable back into a port that has carrier at once but forwards only later.

        That is a switch port in the listening and learning states (bonding.rst 13.1).
        """
        until = now() + forwarding_after.ns

        def do() -> None:
            self.context.held_until[self.name] = until
            self.context.fabric.gate(self.name, open=False)
            self.context.fabric.carrier(self.name, on=True)

        def forward(at: int) -> None:
            if (
                self.context.held_until.get(self.name, 0) <= at
            ):  # no later heal_late extended the time
                self._do(
                    "forward", "repair", lambda: self.context.fabric.gate(self.name, open=True)
                )

        self._do("heal_late", "repair", do, forwarding_after_ms=forwarding_after.ns / ms.ns)
        self.context.journal.expect(until)
        self.context.loop.at(until, forward)

    def mute_garp(self, address: str) -> Effect:
        """Let the switch drop gratuitous ARP for an address that enters by this cable."""

        def switch(*, on: bool) -> None:
            self.context.fabric.gate(self.name, open=not on, announcing=address)

        self._do("mute_garp", "stimulus", lambda: switch(on=True), address=address)
        return Effect(
            lambda: self._do("unmute_garp", "stimulus", lambda: switch(on=False), address=address)
        )

    def _do(self, action: str, role: Role, do: Callable[[], None], **what: object) -> None:
        self.context.apply(self.name, action, role, do, **what)


def _sides(link: str, direction: Direction) -> tuple[Way, ...]:
    if direction not in (*SIDES, "both"):
        raise ScenarioError(
            f'link {link} has no direction "{direction}" (has: {", ".join(SIDES)}, both)',
            hint="out leads away from the dut",
        )
    return SIDES if direction == "both" else (direction,)
