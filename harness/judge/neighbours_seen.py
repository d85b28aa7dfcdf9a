"""Neighbour discovery of a bond: the solicitations of its monitor, its announcements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.history import Event, History
from harness.judge import traffic
from harness.judge.measure import bond_of, fault_at, option_at, slaves_of
from harness.ndisc import ALL_NODES
from harness.topology import DUT


class SeenNeighbour(NamedTuple):
    """A message: when it entered the fabric (ns), by which slave, with which addresses.

    `to` is the IPv6 destination, `ip` the target: the address that is solicited or advertised.
    """

    at: int
    port: str
    mac: str
    sender: str
    to: str
    ip: str
    override: bool


def probes(history: History, slave: str) -> list[SeenNeighbour]:
    """Return the solicitations of a bond's monitor that left a slave since the disturbance.

    Solicitations by which the DUT itself resolves a target's address are among them.
    """
    bond, start = bond_of(history, slave), traffic.disturb_at(history)
    return [
        _seen(event)
        for event in _sent(history, bond, "solicitation")
        if event.at >= start
        and event.where.endswith(f"/{slave}")
        and event["target_ip"] in option_at(history, bond, "ns_ip6_target", event.at)
    ]


def announcements(history: History, bond: str) -> list[SeenNeighbour]:
    """Return the unsolicited advertisements to all nodes that left a bond since the fault."""
    start = fault_at(history, slaves_of(history, bond))
    return [
        _seen(event)
        for event in _sent(history, bond, "advertisement")
        if event.at >= start and not event["solicited"] and event["to_ip"] == ALL_NODES
    ]


def _sent(history: History, bond: str, message: str) -> Iterator[Event]:
    """Yield the messages that entered a switch where a slave's link ends."""
    slaves, ends = slaves_of(history, bond), {DUT, *traffic.path(history)}
    for event in history.select("nd", message=message):
        owner, _, port = event.where.rpartition("/")
        if owner not in ends and port in slaves:
            yield event


def _seen(event: Event) -> SeenNeighbour:
    data = event.data
    return SeenNeighbour(
        event.at,
        event.where.rpartition("/")[2],
        data["src"],
        data["sender_ip"],
        data["to_ip"],
        data["target_ip"],
        data["override"],
    )
