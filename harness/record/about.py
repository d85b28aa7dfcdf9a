"""The description of a recording: what stands on the first line of its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.bonding import Setting
from harness.labs.netns.built import Built
from harness.record.dut import Bond
from harness.topology import DUT


def described(built: Built, bonds: Iterable[Bond]) -> dict[str, Any]:
    """Return what a history says of the topology and its bonds (harness.history, about)."""
    plan = built.topology
    return {
        "topology": plan.name,
        "lab": "netns",
        "bonds": {bond.name: _bond(bond, built) for bond in bonds},
        "target": next((m.address for m in plan.machines if m.name == "target"), None),
    }


def _bond(bond: Bond, built: Built) -> dict[str, Any]:
    return {
        "slaves": list(bond.plan.slaves),
        "options": {name: _plain(bond.options[name]) for name in bond.options},
        "seen": {name: _plain(value) for name, value in bond.seen.items()},
        "changed": {name: _plain(value) for name, value in bond.options.changed().items()},
        "mac": built.mac(DUT, bond.plan.slaves[0]),
        "address": built.topology.bond_address(bond.plan),
        **({"lag": bond.lag.ns} if bond.lag.ns else {}),
    }


def _plain(setting: Setting) -> object:
    """Return a setting as JSON has it, so that a history equals what comes back from its file."""
    return list(setting) if isinstance(setting, tuple) else setting
