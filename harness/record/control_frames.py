"""The frames of a recording that machines and switches act upon: ARP, IPv6's, LACPDUs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness import frames, lacpdu, ndisc
from harness.history import Event
from harness.record.data_frames import DataFrames

ARP, SLOW, IPV6 = b"\x08\x06", lacpdu.ETHERTYPE, ndisc.ETHERTYPE


@dataclass(slots=True)
class ControlFrames:
    """Captured frames by Ethertype: time (ns), machine or switch and link, bytes."""

    _kept: dict[bytes, list[tuple[int, str, bytes]]] = field(
        default_factory=lambda: {ARP: [], SLOW: [], IPV6: []}
    )
    _data: DataFrames = field(default_factory=DataFrames)

    def keep(self, at: int, node: str, link: str, data: bytes, *, tagged: bool = False) -> None:
        """Keep a frame of a known device (`link`) if it is of these protocols."""
        if self._data.keep(at, node, link, data, tagged=tagged):
            return
        kind = data[12:14]
        if link and kind in self._kept:
            self._kept[kind].append((at, f"{node}/{link}", data))

    def replied_for(self) -> set[str]:
        """Return the addresses for which an ARP reply was captured."""
        seen = (frames.read_arp(data) for _, _, data in self._kept[ARP])
        return {arp.sender_ip for arp in seen if arp is not None and arp.op == "reply"}

    def events(self, addresses: list[str], targets: list[str]) -> Iterator[Event]:
        """Yield an event for each frame; `addresses` and `targets` classify ARP frames."""
        yield from self._data.events()
        for at, place, data in self._kept[ARP]:
            arp = frames.read_arp(data)
            if arp is not None:
                kind = frames.kind_of(arp, addresses, targets)
                yield Event(at, "arp", place, frames.fields(arp, kind))
        for at, place, data in self._kept[IPV6]:
            neighbour = ndisc.read(data)
            if neighbour is not None:
                yield Event(at, "nd", place, neighbour.fields())
        for at, place, data in self._kept[SLOW]:
            pdu = lacpdu.read(data)
            if pdu is not None:
                ends = {"actor": pdu.actor.fields(), "partner": pdu.partner.fields()}
                yield Event(at, "lacpdu", place, {"src": pdu.src, **ends})
