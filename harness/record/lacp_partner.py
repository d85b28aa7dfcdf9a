"""LACP that the harness speaks itself at ports of a switch: a partner that scenarios control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from harness import lacpdu
from harness.errors import ScenarioError
from harness.lab import FABRIC, Port, Sender, Stream
from harness.lacp_port import LacpPort, LacpSettings
from harness.record.filters import slow_protocols
from harness.record.journal import Effect, FaultContext, Role
from harness.record.sending import RecordedSender, send_or_drop
from harness.suggest import suggesting
from harness.units import MS, Span, in_ms

TICK = 50 * MS  # the longest delay of the answer to a change or a LACPDU
SYSTEM = "02:00:00:ac:00:{:02x}"  # of the partner at each switch, unless another is given


class PartnerSettings(TypedDict, total=False):
    """The keyword arguments of `Switch.speak_lacp` (harness.lacp_port.LacpSettings)."""

    system: str
    system_priority: int
    key: int
    port_priority: int
    active: bool
    fast: bool
    aggregatable: bool
    in_sync: bool | None
    collecting: bool | None
    distributing: bool | None
    hear: bool
    every: Span | None


@dataclass(slots=True, eq=False)
class LacpPartner:
    """A partner at some ports of a switch; it sends while a recording goes on."""

    context: FaultContext
    where: str
    settings: LacpSettings
    _ports: Mapping[int, tuple[LacpPort, Sender]]
    _tap: Stream
    _silent: bool = field(default=False)

    if not TYPE_CHECKING:
        __getattr__ = suggesting("an LACP partner")

    @classmethod
    def at(
        cls, context: FaultContext, switch: str, ports: Mapping[str, Port], given: PartnerSettings
    ) -> LacpPartner:
        """Return a partner that begins to speak at ports of a switch, by their links."""
        switches = [plan.name for plan in context.topology.switches]
        system = given.get("system") or SYSTEM.format(switches.index(switch) + 1)
        settings = replace(LacpSettings(**given), system=system)
        host = context.network.host(FABRIC)
        speaking: dict[int, tuple[LacpPort, Sender]] = {}
        for number, (link, port) in enumerate(ports.items(), 1):
            sender = RecordedSender(context, switch, link, port)
            speaking[port.index] = (
                LacpPort(number, sender.mac, settings),
                host.sender(sender.device),
            )
        where = next(iter(ports)) if len(ports) == 1 else switch
        tap = host.tap(slow_protocols(min(speaking)))
        partner = cls(context, where, settings, speaking, tap)
        partner._note("speak_lacp", "stimulus", ports=list(ports), lacp=_shown(settings))
        context.loop.every(TICK, partner._tick)
        return partner

    @property
    def system(self) -> str:
        """The MAC of its system, as its LACPDUs have it now."""
        return self.settings.system

    def change(self, **settings: Unpack[PartnerSettings]) -> None:
        """Change its settings; a LACPDU with them is sent at once."""
        self.settings = replace(self.settings, **settings)
        for port, _ in self._ports.values():
            port.settings = self.settings
        shown = {name: value for name, value in _shown(self.settings).items() if name in settings}
        self._note("change_lacp", "stimulus", lacp=shown)

    def silence(self) -> Effect:
        """Send no LACPDU any more, until the returned effect is ended; the carrier stays up."""
        self._note("silence_lacp", "fault")
        self._silent = True
        return Effect(self._resume)

    def _resume(self) -> None:
        self._note("resume_lacp", "repair")
        self._silent = False

    def _note(self, action: str, role: Role, **what: object) -> None:
        self.context.apply(self.where, action, role, lambda: None, **what)

    def _tick(self, at: int) -> None:
        for frame in self._tap.take():
            pdu = lacpdu.read(frame.data)
            if pdu is not None and frame.device in self._ports:
                self._ports[frame.device][0].receive(pdu, at)
        for port, sender in () if self._silent else self._ports.values():
            if (due := port.due(at)) is not None:
                send_or_drop(sender, due.encode())


def check(where: str, given: PartnerSettings) -> None:
    """Raise ScenarioError for settings that do not fit into a LACPDU, or a pace of 0."""
    for name in ("system_priority", "key", "port_priority"):
        number = given.get(name, 0)
        if not isinstance(number, int) or not 0 <= number < 1 << 16:
            raise ScenarioError(
                f"the LACP partner at {where} cannot have the {name} {number}",
                hint="it is a number from 0 to 65535",
            )
    every = given.get("every")
    if every is not None and every.ns < TICK:
        raise ScenarioError(
            f"the LACP partner at {where} cannot send a LACPDU every {in_ms(every.ns)}",
            hint=f"every is {in_ms(TICK)} or longer",
        )


def _shown(settings: LacpSettings) -> dict[str, object]:
    """Return the settings as JSON values, without those that follow the protocol."""
    named = {name: getattr(settings, name) for name in LacpSettings.__dataclass_fields__}
    every = settings.every and {"every": in_ms(settings.every.ns)}
    return {k: v for k, v in named.items() if v is not None and k != "every"} | (every or {})
