"""The description of a recording: what stands on the first line of its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.lab import Network
from harness.promises import without_partner
from harness.record.bond import Bond, plain
from harness.topology import DUT


def described(network: Network, bonds: Iterable[Bond], added: Iterable[str]) -> dict[str, Any]:
    """Return what a history says of the topology and its bonds (harness.history, about)."""
    plan = network.topology
    return {
        "topology": plan.name,
        "bonds": {bond.name: _bond(bond, network) for bond in bonds},
        "target": next((m.address for m in plan.machines if m.name == "target"), None),
        **({"added": sorted(added), "edges": _edges(network)} if added else {}),
    }


def _edges(network: Network) -> list[str]:
    """Return the cables at whose ends machines are: what enters there comes from a machine."""
    return sorted({link for one in network.topology.machines for link in network.links(one.name)})


def _bond(bond: Bond, network: Network) -> dict[str, Any]:
    options = bond.in_force[0]  # what was changed meanwhile stands with the change
    later = {name: setting for name, setting in bond.options.items() if setting != options[name]}
    lacks = without_partner(network.topology, bond.plan, options)
    return {
        "slaves": list(bond.plan.slaves),
        "options": {name: plain(options[name]) for name in options},
        "seen": {name: plain(value) for name, value in bond.seen.items()},
        "changed": {name: plain(value) for name, value in options.changed().items()},
        "mac": network.mac(DUT, bond.plan.slaves[0]),
        "address": network.topology.bond_address(bond.plan),
        **({"lag": bond.lag.ns} if bond.lag.ns else {}),
        **({"later": {name: plain(value) for name, value in later.items()}} if later else {}),
        **({"lacks": lacks.message} if lacks else {}),
    }
