"""Automatic actions of a switch: uplink failure detection and port security.

Both follow the kernel's notifications about the switch's ports, and record their actions as
reactions, not as faults or repairs: no figure counts from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.lab import Port
from harness.loop import now
from harness.record.journal import FaultContext
from harness.topology import mac_of
from harness.units import in_ms


@dataclass(slots=True)
class UplinkDetection:
    """Shuts `ports` when a switch's uplink has had no carrier for `down_after` ns.

    A change of the uplink in between restarts the time.
    """

    context: FaultContext
    switch: str
    uplink: str
    ports: tuple[str, ...]
    down_after: int
    up_after: int
    _shut: bool = False
    _changes: int = 0

    def address(self, port: Port, mac: str) -> None:
        """Ignore addresses."""

    def carrier(self, port: Port, *, up: bool) -> None:
        """Handle a port that gains or loses carrier."""
        if (port.switch, port.link) != (self.switch, self.uplink):
            return
        self._changes += 1
        this = self._changes
        due = now() + (self.up_after if up else self.down_after)

        def act(_: int) -> None:
            if this == self._changes and self._shut == up:
                self._set(up=up)

        self.context.journal.expect(due)
        self.context.loop.at(due, act)

    def _set(self, *, up: bool) -> None:
        def do() -> None:
            for link in self.ports:
                self.context.fabric.carrier(link, on=up, why=f"ufd {self.uplink}")

        self._shut = not up
        after = in_ms(self.up_after if up else self.down_after)
        why = f"{self.uplink} {'up' if up else 'down'} for {after}: {', '.join(self.ports)}"
        action = "open_ports" if up else "shut_ports"
        self.context.apply(self.switch, action, "reaction", do, why=why, ports=list(self.ports))


@dataclass(slots=True)
class PortSecurity:
    """Shuts a port at which a MAC other than its own enters, or the MAC of another port.

    `fixed` MACs are those of the NICs; otherwise a port learns its MAC, until it loses carrier.
    The frame that violates the rule is still forwarded: the port is shut after it.
    """

    WHY: ClassVar[str] = "security"

    context: FaultContext
    switch: str
    ports: tuple[str, ...]
    fixed: bool
    _bound: dict[str, str] = field(default_factory=dict)
    _shut: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, context: FaultContext, switch: str, *, fixed: bool) -> PortSecurity:
        """Return the port security of a switch, for all ports of machines."""
        ports = context.topology.machine_links(switch)
        owners = {link: str(context.topology.leads_to(switch, link)) for link in ports}
        macs = {link: mac_of(context.topology, owner, link) for link, owner in owners.items()}
        bound = macs if fixed else {}
        return cls(context, switch, ports, fixed, bound)

    def carrier(self, port: Port, *, up: bool) -> None:
        """Forget the MAC of a port that loses carrier; a port that gains it is open."""
        if port.switch != self.switch:
            return
        if up:
            self._shut.discard(port.link)
        elif not self.fixed:
            self._bound.pop(port.link, None)

    def address(self, port: Port, mac: str) -> None:
        """Learn the MAC that enters a port, or shut the port."""
        if port.switch != self.switch or port.link not in self.ports or port.link in self._shut:
            return
        holder = next((link for link, own in self._bound.items() if own == mac), None)
        if holder == port.link:
            return
        if holder is None and port.link not in self._bound:
            self._bound[port.link] = mac
            return
        self._violated(port.link, mac, holder)

    def _violated(self, link: str, mac: str, holder: str | None) -> None:
        allowed = self._bound.get(link)
        why = f"port security: saw {mac}"
        why += f", allowed {allowed}" if allowed else f", which belongs to port {holder}"
        self._shut.add(link)
        self.context.journal.expect(now())
        self.context.apply(
            link,
            "shut_port",
            "reaction",
            lambda: self.context.fabric.carrier(link, on=False, why=self.WHY),
            why=why,
            saw=mac,
            allowed=allowed,
        )
