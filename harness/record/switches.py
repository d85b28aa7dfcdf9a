"""Verbs on an emulated switch, and its automatic reactions to faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import ScenarioError
from harness.lab import Pin
from harness.record.journal import Lasting, Site
from harness.record.sending import Pace, Sender
from harness.record.switch_features import PortSecurity, UplinkDetection
from harness.suggest import suggesting
from harness.topology import Named
from harness.units import Span, ms, timed

PortAddresses = Literal["learned", "configured"]


@dataclass(frozen=True, slots=True)
class Switch:
    """An emulated switch."""

    name: str
    site: Site

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a switch")

    def power_off(self) -> Lasting:
        """Take the switch's power: all its neighbours lose carrier, its table is forgotten."""

        def do() -> None:
            self.site.fabric.power(self.name, on=False)
            self.site.fabric.table(self.name, "flush")

        self.site.did(self.name, "power_off", "fault", do)
        return Lasting(self.power_on)

    def power_on(self) -> None:
        """Give the switch its power back."""
        self.site.did(
            self.name, "power_on", "repair", lambda: self.site.fabric.power(self.name, on=True)
        )

    def flush_fdb(self) -> None:
        """Let the switch forget all addresses it has learned."""
        self.site.did(
            self.name, "flush_fdb", "stimulus", lambda: self.site.fabric.table(self.name, "flush")
        )

    def keep_fdb(self) -> None:
        """Keep what was learned at a port that is unplugged, until the MAC is seen elsewhere.

        That is a switch that goes by age alone, and ages slowly.
        """
        self.site.did(
            self.name, "keep_fdb", "stimulus", lambda: self.site.fabric.table(self.name, "keep")
        )

    def pin(self, mac: str, link: Named) -> Lasting:
        """Bind an address to the port of a link for good: the switch no longer relearns it."""

        def pin(*, on: bool) -> None:
            self.site.fabric.table(self.name, Pin(link.name, mac, on))

        self.site.did(self.name, "pin", "fault", lambda: pin(on=True), mac=mac, port=link.name)
        return Lasting(
            lambda: self.site.did(self.name, "unpin", "repair", lambda: pin(on=False), mac=mac)
        )

    def send(
        self,
        frame: object,
        labelled: object = None,
        /,
        *,
        by: Named,
        every: Span | None = None,
        count: int | None = None,
        during: Span | None = None,
    ) -> Lasting:
        """Send a frame of the switch's own out of one port, as a machine's `send` does.

        That is how BPDUs and LLDP come: a switch forwards no LLDP that another sent.
        """
        ports = {port.link: port for port in self.site.network.ports if port.switch == self.name}
        if by.name not in ports:
            raise self.site.topology.missing(f"port of {self.name}", by.name, list(ports))
        label, data = (str(frame), labelled) if labelled is not None else ("", frame)
        sender = Sender(self.site, self.name, by.name, ports[by.name])
        return sender.send(data, Pace(every, count, during), label)

    @timed
    def ufd(self, uplink: Named, *, down_after: Span, up_after: Span = 0 * ms) -> None:
        """Switch uplink failure detection on: the ports of machines follow the uplink's carrier.

        They are shut when the uplink was without carrier for `down_after`, and opened again when
        it has had it for `up_after` (trunk failover, link-state tracking).
        """
        if min(down_after.ns, up_after.ns) < 0:
            raise ScenarioError(
                f"switch {self.name} cannot follow {uplink.name} before it changes",
                hint="delays are 0 ms or longer",
            )
        ports = _uplink_ports(self.site, self.name, uplink.name)
        guard = UplinkDetection(
            self.site, self.name, uplink.name, ports, down_after.ns, up_after.ns
        )
        self.site.fabric.listen(guard)
        self.site.did(
            self.name, "ufd", "stimulus", lambda: None, uplink=uplink.name, ports=list(ports)
        )

    def secure(self, addresses: PortAddresses = "learned") -> None:
        """Switch port security on: one MAC for each port of a machine; another shuts the port.

        `learned`: the first one seen from now on, until the port loses its carrier. `configured`:
        that of the NIC, for good. A MAC that belongs to another of these ports is a violation
        too. A port that was shut stays so until `enable`.
        """
        if addresses not in ("learned", "configured"):
            raise ScenarioError(
                f'switch {self.name} cannot secure "{addresses}" addresses',
                hint="addresses is learned or configured",
            )
        guard = PortSecurity.of(self.site, self.name, fixed=addresses == "configured")
        self.site.fabric.listen(guard)

        def forget() -> None:  # what came in before tells nothing when it comes again
            self.site.fabric.table(self.name, "flush")

        self.site.did(self.name, "secure", "stimulus", forget, addresses=addresses)

    def enable(self, link: Named) -> None:
        """Open a port again that port security shut."""
        self.site.did(
            link.name,
            "enable",
            "repair",
            lambda: self.site.fabric.carrier(link.name, on=True, why=PortSecurity.WHY),
        )


def _uplink_ports(site: Site, switch: str, uplink: str) -> tuple[str, ...]:
    """Return the links between a switch and machines; raises ScenarioError for a wrong uplink."""
    ports = site.topology.machine_links(switch)
    has = [link.name for link in site.topology.links_of(switch) if link.name not in ports]
    if uplink not in has:
        raise site.topology.missing(f"uplink of {switch}", uplink, has)
    return ports
