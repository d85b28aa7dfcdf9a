"""A port that speaks LACP (IEEE 802.1AX-2014, 6.4), and can be told to do so wrongly.

It is the partner of a bond under test where the kernel's own LACP must not judge itself. It knows
no clock and no socket: times are arguments, in ns.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.lacpdu import Lacpdu, PortInfo
from harness.units import MS, Span

SECOND = 1000 * MS
FAST, SLOW = 1 * SECOND, 30 * SECOND  # Fast_Periodic_Time, Slow_Periodic_Time
SHORT, LONG = 3 * FAST, 3 * SLOW  # Short_Timeout_Time, Long_Timeout_Time
LEAST_SPACING = 100 * MS  # the least time between two LACPDUs that follow from changes


@dataclass(frozen=True, slots=True, kw_only=True)
class LacpSettings:
    """What a port tells of itself, and what it does not do as the standard has it.

    A port that is not `active` sends only to a partner that is; `fast` is the short timeout, by
    which it asks for a LACPDU each second. What is None follows the protocol: `in_sync`,
    `collecting`, `distributing`. A port that does not `hear` tells for ever what it knew before.
    `every` sends at that pace, whatever the partner asks for.
    """

    system: str = ""
    system_priority: int = 32768
    key: int = 1
    port_priority: int = 32768
    active: bool = True
    fast: bool = True
    aggregatable: bool = True
    in_sync: bool | None = None
    collecting: bool | None = None
    distributing: bool | None = None
    hear: bool = True
    every: Span | None = None


@dataclass(slots=True)
class LacpPort:
    """A port, by its number, that sends from a MAC; `partner` is what it has heard of."""

    number: int
    mac: str
    settings: LacpSettings
    partner: PortInfo = field(default_factory=PortInfo)
    _heard: int | None = None
    _last: Lacpdu | None = None
    _sent: int = 0

    def receive(self, pdu: Lacpdu, at: int) -> None:
        """Take in a LACPDU of the partner (the receive machine)."""
        if self.settings.hear:
            self.partner, self._heard = pdu.actor, at

    def due(self, at: int) -> Lacpdu | None:
        """Return the LACPDU that is to be sent now, None for none."""
        pdu = Lacpdu(self.mac, self._actor(at), self.partner)
        if not self._wants(pdu, at):
            return None
        self._last, self._sent = pdu, at
        return pdu

    def _wants(self, pdu: Lacpdu, at: int) -> bool:
        """Return whether something has changed, or a period is over (the periodic machine)."""
        since, settings = at - self._sent, self.settings
        if settings.every is not None:
            return self._last is None or since >= settings.every.ns
        if not settings.active and self._heard is None:
            return False
        if pdu != self._last:
            return self._last is None or since >= LEAST_SPACING
        if not settings.active and "activity" not in self.partner.state:
            return False
        slow = self._heard is not None and "timeout" not in self.partner.state
        return since >= (SLOW if slow else FAST)

    def _actor(self, at: int) -> PortInfo:
        settings = self.settings
        return PortInfo(
            system=settings.system,
            system_priority=settings.system_priority,
            key=settings.key,
            port=self.number,
            port_priority=settings.port_priority,
            state=frozenset(name for name, on in self._state(at).items() if on),
        )

    def _state(self, at: int) -> dict[str, bool]:
        """Return each bit of the port's state.

        It is in sync as soon as it has heard its partner, without the selection's wait-while
        timer, and collects and distributes together once the partner is in sync too.
        """
        settings, heard = self.settings, self._heard
        timeout = SHORT if settings.fast else LONG
        current = heard is not None and (not settings.hear or at - heard <= timeout)
        in_sync = _given(settings.in_sync, current)
        both = in_sync and "synchronization" in self.partner.state
        collecting = _given(settings.collecting, both)
        return {
            "activity": settings.active,
            "timeout": settings.fast,
            "aggregation": settings.aggregatable,
            "synchronization": in_sync,
            "collecting": collecting,
            "distributing": _given(settings.distributing, collecting),
            "defaulted": heard is None,
            "expired": heard is not None and not current,
        }


def _given(given: bool | None, otherwise: bool) -> bool:  # noqa: FBT001
    return otherwise if given is None else given
