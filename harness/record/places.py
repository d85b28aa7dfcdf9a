"""The devices whose frames are recorded, by interface index: machine or switch, and link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.lab import FABRIC, Network
from harness.topology import DUT, links_at

Places = Mapping[str, dict[int, tuple[str, str]]]


def named(network: Network, dut: Mapping[int, str], machines: Iterable[str]) -> Places:
    """Return the places of the fabric and of some machines; `dut` are the DUT's devices."""
    places = {
        FABRIC: {port.index: (port.switch, port.link) for port in network.ports},
        DUT: {index: (DUT, name) for index, name in dut.items()},
    }
    for machine in machines:
        if machine != DUT:
            names = links_at(network.topology, machine)
            places[machine] = {network.ifindex(machine, n): (machine, n) for n in names}
    return places
