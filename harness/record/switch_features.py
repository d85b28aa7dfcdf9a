"""What a switch does by itself: uplink failure detection and port security.

Both are driven by what the kernel tells of the switch's ports, and write what they do into the
history as reactions: no fault, no repair, so no figure counts from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.lab import Port
from harness.loop import now
from harness.record.journal import Site
from harness.units import in_ms


@dataclass(slots=True)
class UplinkDetection:
    """Shuts `ports` when a switch's uplink has been without carrier for some time, in ns.

    An uplink that changes again meanwhile starts the time anew.
    """

    site: Site
    switch: str
    uplink: str
    ports: tuple[str, ...]
    down_after: int
    up_after: int
    _shut: bool = False
    _changes: int = 0

    def address(self, port: Port, mac: str) -> None:
        """Take no note of addresses."""

    def carrier(self, port: Port, *, up: bool) -> None:
        """Take note of a port that gains or loses its carrier."""
        if (port.switch, port.link) != (self.switch, self.uplink):
            return
        self._changes += 1
        this = self._changes
        due = now() + (self.up_after if up else self.down_after)

        def act(_: int) -> None:
            if this == self._changes and self._shut == up:
                self._set(up=up)

        self.site.journal.expect(due)
        self.site.loop.at(due, act)

    def _set(self, *, up: bool) -> None:
        def do() -> None:
            for link in self.ports:
                self.site.fabric.carrier(link, on=up, why=f"ufd {self.uplink}")

        self._shut = not up
        after = in_ms(self.up_after if up else self.down_after)
        why = f"{self.uplink} {'up' if up else 'down'} for {after}: {', '.join(self.ports)}"
        action = "open_ports" if up else "shut_ports"
        self.site.did(self.switch, action, "reaction", do, why=why, ports=list(self.ports))


@dataclass(slots=True)
class PortSecurity:
    """Shuts a port at which another address than its own comes in, or one of another port.

    `fixed` addresses are those of the NICs; others are learned and forgotten with the carrier.
    The frame that gives an address away still passes: the port is shut behind it.
    """

    WHY: ClassVar[str] = "security"

    site: Site
    switch: str
    ports: tuple[str, ...]
    fixed: bool
    _bound: dict[str, str] = field(default_factory=dict)
    _shut: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, site: Site, switch: str, *, fixed: bool) -> PortSecurity:
        """Return the port security of a switch, on all ports where machines are."""
        ports = site.topology.machine_links(switch)
        owners = {link: str(site.topology.leads_to(switch, link)) for link in ports}
        macs = {link: site.network.mac(owner, link) for link, owner in owners.items()}
        bound = macs if fixed else {}
        return cls(site, switch, ports, fixed, bound)

    def carrier(self, port: Port, *, up: bool) -> None:
        """Forget what was learned at a port that loses its carrier; open is what has it again."""
        if port.switch != self.switch:
            return
        if up:
            self._shut.discard(port.link)
        elif not self.fixed:
            self._bound.pop(port.link, None)

    def address(self, port: Port, mac: str) -> None:
        """Take note of an address that comes in by a port."""
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
        self.site.journal.expect(now())
        self.site.did(
            link,
            "shut_port",
            "reaction",
            lambda: self.site.fabric.carrier(link, on=False, why=self.WHY),
            why=why,
            saw=mac,
            allowed=allowed,
        )
