"""Faults and settings of an emulated switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Unpack

from harness.errors import ScenarioError
from harness.lab import Pin
from harness.record.journal import Effect, FaultContext
from harness.record.lacp_partner import LacpPartner, PartnerSettings, check
from harness.record.sending import Pace, RecordedSender
from harness.record.switch_features import PortSecurity, UplinkDetection
from harness.suggest import suggesting
from harness.topology import NamedPart
from harness.units import MS, Span, ms, timed

PortAddresses = Literal["learned", "configured"]


@dataclass(frozen=True, slots=True)
class Switch:
    """An emulated switch."""

    name: str
    context: FaultContext

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a switch")

    def power_off(self) -> Effect:
        """Power the switch off: all its neighbours lose carrier, and its FDB is flushed."""

        def do() -> None:
            self.context.fabric.power(self.name, on=False)
            self.context.fabric.table(self.name, "flush")

        self.context.apply(self.name, "power_off", "fault", do)
        return Effect(self.power_on)

    def power_on(self) -> None:
        """Power the switch on."""
        self.context.apply(
            self.name, "power_on", "repair", lambda: self.context.fabric.power(self.name, on=True)
        )

    def flush_fdb(self) -> None:
        """Flush all learned entries of the FDB, while no probe is under way.

        So the next probe is flooded: nothing has brought its destination into the table again.
        """
        self.context.journal.wait_for_gap()
        self.context.apply(
            self.name,
            "flush_fdb",
            "stimulus",
            lambda: self.context.fabric.table(self.name, "flush"),
        )

    def keep_fdb(self) -> None:
        """Keep the FDB entries of a port that loses carrier, until the MAC is seen elsewhere.

        This is a switch that removes entries by age only, with a long ageing time.
        """
        self.context.apply(
            self.name, "keep_fdb", "stimulus", lambda: self.context.fabric.table(self.name, "keep")
        )

    @timed
    def age_fdb(self, after: Span) -> None:
        """Set the ageing time (first 300 s): an FDB entry that no frame renews is removed.

        The kernel looks for such entries at this interval, so one may stay for twice as long.
        """
        self.context.apply(
            self.name,
            "age_fdb",
            "stimulus",
            lambda: self.context.fabric.table(self.name, after),
            ms=after.ns // MS,
        )

    def pin(self, mac: str, link: NamedPart) -> Effect:
        """Add a static FDB entry for a MAC at the port of a link: the switch never relearns it."""

        def pin(*, on: bool) -> None:
            self.context.fabric.table(self.name, Pin(link.name, mac, on))

        self.context.apply(
            self.name, "pin", "fault", lambda: pin(on=True), mac=mac, port=link.name
        )
        return Effect(
            lambda: self.context.apply(
                self.name, "unpin", "repair", lambda: pin(on=False), mac=mac
            )
        )

    def send(
        self,
        frame: object,
        labelled: object = None,
        /,
        *,
        by: NamedPart,
        every: Span | None = None,
        count: int | None = None,
        during: Span | None = None,
    ) -> Effect:
        """Send a frame out of one port, as a machine's `send` does.

        BPDUs and LLDP frames originate at the switch itself: none is forwarded.
        """
        ports = {
            port.link: port for port in self.context.network.ports if port.switch == self.name
        }
        if by.name not in ports:
            raise self.context.topology.missing(f"port of {self.name}", by.name, list(ports))
        label, data = (str(frame), labelled) if labelled is not None else ("", frame)
        sender = RecordedSender(self.context, self.name, by.name, ports[by.name])
        return sender.send(data, Pace(every, count, during), label)

    def speak_lacp(self, *links: NamedPart, **settings: Unpack[PartnerSettings]) -> LacpPartner:
        """Speak LACP at the ports of links, by LACPDUs of the harness, as one system with one key.

        `active`, `fast`, `in_sync` ... are its settings (harness.lacp_port.LacpSettings). The
        ports are those of a channel with `lacp="harness"`; raises ScenarioError for others.
        """
        check(self.name, settings)
        own = {port.link: port for port in self.context.network.ports if port.switch == self.name}
        plan = next(
            switch for switch in self.context.topology.switches if switch.name == self.name
        )
        known = [link for c in plan.channels if c.lacp == "harness" for link in c.links]
        for link in links:
            if link.name not in known:
                what = f"port of {self.name} at which the harness speaks LACP"
                raise self.context.topology.missing(what, link.name, known)
        ports = {link.name: own[link.name] for link in links}
        return LacpPartner.at(self.context, self.name, ports, settings)

    @timed
    def ufd(self, uplink: NamedPart, *, down_after: Span, up_after: Span = 0 * ms) -> None:
        """Enable uplink failure detection: the ports of machines follow the uplink's carrier.

        They are shut when the uplink has had no carrier for `down_after`, and opened when it has
        had carrier for `up_after` (also known as trunk failover or link-state tracking).
        """
        if min(down_after.ns, up_after.ns) < 0:
            raise ScenarioError(
                f"switch {self.name} cannot follow {uplink.name} before it changes",
                hint="delays are 0 ms or longer",
            )
        ports = _uplink_ports(self.context, self.name, uplink.name)
        guard = UplinkDetection(
            self.context, self.name, uplink.name, ports, down_after.ns, up_after.ns
        )
        self.context.fabric.listen(guard)
        self.context.apply(
            self.name, "ufd", "stimulus", lambda: None, uplink=uplink.name, ports=list(ports)
        )

    def secure(self, addresses: PortAddresses = "learned") -> None:
        """Enable port security: one MAC for each port of a machine; any other MAC shuts the port.

        `learned`: the first MAC seen from now on, until the port loses carrier. `configured`: the
        MAC of the NIC, permanently. A MAC that belongs to another of these ports is a violation
        too. A port that was shut stays shut until `enable`.
        """
        if addresses not in ("learned", "configured"):
            raise ScenarioError(
                f'switch {self.name} cannot secure "{addresses}" addresses',
                hint="addresses is learned or configured",
            )
        guard = PortSecurity.of(self.context, self.name, fixed=addresses == "configured")
        self.context.fabric.listen(guard)

        def forget() -> None:  # a known MAC would not be reported when it is seen again
            self.context.fabric.table(self.name, "flush")

        self.context.apply(self.name, "secure", "stimulus", forget, addresses=addresses)

    def enable(self, link: NamedPart) -> None:
        """Open a port that port security has shut."""
        self.context.apply(
            link.name,
            "enable",
            "repair",
            lambda: self.context.fabric.carrier(link.name, on=True, why=PortSecurity.WHY),
        )


def _uplink_ports(context: FaultContext, switch: str, uplink: str) -> tuple[str, ...]:
    """Return the links between a switch and machines; raises ScenarioError for a wrong uplink."""
    ports = context.topology.machine_links(switch)
    has = [link.name for link in context.topology.links_of(switch) if link.name not in ports]
    if uplink not in has:
        raise context.topology.missing(f"uplink of {switch}", uplink, has)
    return ports
