"""Link and neighbour notifications as events of a history: one for each change."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness import lacpdu
from harness.history import Event
from harness.rtnl import messages
from harness.units import NOTICEABLE

SLAVE_LINK = {0: "up", 1: "fail", 2: "down", 3: "back"}  # BOND_LINK_* of net/bonding.h
NO_CARRIER = ("DOWN", "LOWERLAYERDOWN")  # operational states (rfc2863_policy)
SLAVE_STATE = {0: "active", 1: "backup"}


class LinkStates:
    """Turns decoded link messages of the DUT into events, one for each change."""

    def __init__(self, names: Mapping[int, str], machine: str) -> None:
        self._names = names
        self._machine = machine
        self._seen: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._unprocessed: set[str] = set()

    def now_is(self, kind: str, where: str) -> Mapping[str, Any] | None:
        """Return the last known data of a kind of event at a place."""
        return self._seen.get((kind, where))

    def awaits_linkwatch(self, name: str) -> bool:
        """Return whether an interface has carrier that the kernel has not processed yet.

        linkwatch does that up to a second later, unless the interface was a slave when its
        carrier came (linkwatch_urgent_event). Until then a bond sends no peer notifications from
        it (bond_should_notify_peers).
        """
        return name in self._unprocessed

    def heard(self, seen: Iterable[tuple[int, int, int, bytes, int]]) -> Iterator[Event]:
        """Yield the events of some datagrams, with `late` where it shows (harness.lab.Seen)."""
        decoders = {messages.RTM_NEWLINK: self.changes, messages.RTM_DELLINK: self.gone}
        for datagram in seen:
            for at, kind, message in messages.notifications([datagram]):
                if kind in decoders:
                    events = decoders[kind](at, messages.decode_state(message))
                    yield from _late(events, datagram[-1])

    def changes(self, at: int, link: Any) -> Iterator[Event]:
        """Yield an event for each state in a link message that has changed."""
        name = self._names.get(link["index"])
        if name is None or link["family"] == messages.AF_BRIDGE:
            return
        self._note_linkwatch(name, link)
        for kind, where, data in self._facts(name, link):
            if self._seen.get((kind, where)) != data:
                self._seen[kind, where] = data
                yield Event(at, kind, where, data)

    def gone(self, at: int, link: Any) -> Iterator[Event]:
        """Yield the events of a deleted device: no carrier, no slave of a bond."""
        name = self._names.get(link["index"])
        if name is None or link["family"] == messages.AF_BRIDGE:
            return
        nothing: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("carrier", f"{self._machine}/{name}", {"up": False}),
            ("slave", name, {"bond": None, "link": None, "state": None}),
        )
        for kind, where, data in nothing:
            if self._seen.get((kind, where), data) != data:
                self._seen[kind, where] = data
                yield Event(at, kind, where, data)

    def _note_linkwatch(self, name: str, link: Any) -> None:
        if link.get_attr("IFLA_CARRIER") and link.get_attr("IFLA_OPERSTATE") in NO_CARRIER:
            self._unprocessed.add(name)
        else:
            self._unprocessed.discard(name)

    def _facts(self, name: str, link: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
        place = f"{self._machine}/{name}"
        yield "admin", place, {"up": bool(link["flags"] & messages.IFF_UP)}
        yield "carrier", place, {"up": bool(link.get_attr("IFLA_CARRIER"))}
        yield "mac", place, {"mac": link.get_attr("IFLA_ADDRESS")}
        info = link.get_attr("IFLA_LINKINFO")
        if info is None:
            return
        if info.get_attr("IFLA_INFO_SLAVE_KIND") == "bond":
            data = info.get_attr("IFLA_INFO_SLAVE_DATA")
            yield "slave", name, self._slave(link, data)
            if data.get_attr("IFLA_BOND_SLAVE_AD_AGGREGATOR_ID") is not None:
                yield "lacp", name, _lacp(data)
        if info.get_attr("IFLA_INFO_KIND") == "bond":
            data = info.get_attr("IFLA_INFO_DATA")
            yield "active", name, {"slave": self._active(data)}
            if (aggregator := data.get_attr("IFLA_BOND_AD_INFO")) is not None:
                yield "aggregator", name, _aggregator(aggregator)

    def _active(self, data: Any) -> str | None:
        """Return the active slave's name; without one the attribute is absent."""
        raw = data.get_attr("IFLA_BOND_ACTIVE_SLAVE")
        return self._names.get(int.from_bytes(raw, sys.byteorder)) if raw else None

    def _slave(self, link: Any, data: Any) -> dict[str, Any]:
        return {
            "bond": self._names.get(link.get_attr("IFLA_MASTER")),
            "link": SLAVE_LINK.get(data.get_attr("IFLA_BOND_SLAVE_MII_STATUS")),
            "state": SLAVE_STATE.get(data.get_attr("IFLA_BOND_SLAVE_STATE")),
        }


def _late(events: Iterable[Event], late: int) -> Iterator[Event]:
    if late < NOTICEABLE:
        yield from events
        return
    for event in events:
        yield replace(event, data={**event.data, "late": late})


def _lacp(data: Any) -> dict[str, Any]:
    """Return LACP's state of a slave (bond_fill_slave_info)."""
    return {
        "aggregator": data.get_attr("IFLA_BOND_SLAVE_AD_AGGREGATOR_ID"),
        "actor": lacpdu.bits(data.get_attr("IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE")),
        "partner": lacpdu.bits(data.get_attr("IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE")),
    }


def _aggregator(data: Any) -> dict[str, Any]:
    """Return the active aggregator of a bond (bond_fill_info)."""
    return {
        "aggregator": data.get_attr("IFLA_BOND_AD_INFO_AGGREGATOR"),
        "ports": data.get_attr("IFLA_BOND_AD_INFO_NUM_PORTS"),
        "actor_key": data.get_attr("IFLA_BOND_AD_INFO_ACTOR_KEY"),
        "partner_key": data.get_attr("IFLA_BOND_AD_INFO_PARTNER_KEY"),
        "partner": data.get_attr("IFLA_BOND_AD_INFO_PARTNER_MAC"),
    }


def fdb_events(
    taken: Iterable[tuple[int, int, bytes]], ports: Mapping[int, tuple[str, str]]
) -> Iterator[Event]:
    """Yield where switches learned, moved or forgot MACs; `ports` are (switch, link) by number."""
    learned: dict[tuple[str, str], str | None] = {}
    for at, kind, message in taken:
        if kind not in {messages.RTM_NEWNEIGH, messages.RTM_DELNEIGH}:
            continue
        entry = messages.decode_neighbour(message)
        place = ports.get(entry["ifindex"])
        mac = entry.get_attr("NDA_LLADDR")
        if entry["family"] != messages.AF_BRIDGE or place is None or mac is None:
            continue
        if messages.of_vlan(entry):
            continue
        switch, link = place
        port = link if kind == messages.RTM_NEWNEIGH else None
        if learned.get((switch, mac), "") != port:
            learned[switch, mac] = port
            yield Event(at, "fdb", switch, {"mac": mac, "port": port})
