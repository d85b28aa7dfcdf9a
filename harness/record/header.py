"""Make the header of a history: kernel, topology and bonds of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import KernelRefused
from harness.history import About, BondAbout, KernelAbout
from harness.lab import Host, Network
from harness.record.bond import Bond, plain
from harness.record.files import read
from harness.topology import DUT, link_ends, mac_of

NEED_SPEED = ("802.3ad", "balance-tlb", "balance-alb")  # bond_needs_speed_duplex
UNKNOWN_SPEED = "-1"


def broken_by(error: BaseException) -> str:
    """Return an error in one line: it ended a recording."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def about(
    scenario: str,
    facts: Mapping[str, Any],
    network: Network,
    bonds: Iterable[Bond],
    added: Iterable[str],
) -> About:
    """Return the header of a recording; `facts` are those of `record.net.Stage`."""
    plan, moved = network.topology, tuple(sorted(added))
    return About(
        scenario=scenario,
        topology=plan.name,
        lab=facts["lab"],
        kernel=_kernel(facts),
        bonds={bond.name: _bond(bond, network) for bond in bonds},
        target=next((m.address for m in plan.machines if m.name == "target"), None),
        added=moved,
        edges=_edges(network) if moved else (),
    )


def _kernel(facts: Mapping[str, Any]) -> KernelAbout:
    return KernelAbout(
        release=facts["kernel"],
        hz=facts["hz"],
        clock=facts["clock"],
        jitter=facts["jitter"],
        bonding=facts["bonding"],
        user=facts["user"],
        unread=facts["unread"],
    )


def _edges(network: Network) -> tuple[str, ...]:
    """Return the links that end at a machine: a frame that enters there was sent by one."""
    return tuple(sorted({link for _, link in link_ends(network.topology)}))


def _bond(bond: Bond, network: Network) -> BondAbout:
    options = bond.in_force[0]  # later changes are recorded as events
    later = {name: setting for name, setting in bond.options.items() if setting != options[name]}
    return BondAbout(
        slaves=tuple(bond.plan.slaves),
        options={name: plain(options[name]) for name in options},
        seen={name: plain(value) for name, value in bond.seen.items()},
        changed={name: plain(value) for name, value in options.changed().items()},
        later={name: plain(value) for name, value in later.items()},
        mac=mac_of(network.topology, DUT, bond.plan.slaves[0]),
        address=network.topology.bond_address(bond.plan),
        lag=bond.lag.ns,
        lacks=network.lacks(bond.plan, options),
        speedless=tuple(
            name
            for name in bond.plan.slaves
            if options["mode"] in NEED_SPEED
            and _unused(network.host(DUT), name, lacp=options["mode"] == "802.3ad")
        ),
    )


def _unused(host: Host, name: str, *, lacp: bool) -> bool:
    """Return whether a slave with a carrier is not used, and its driver tells no speed or duplex.

    It is down; in 802.3ad its port has no LACP, even if it is up (ad_update_actor_keys). The files
    are those of net-sysfs.c and bond_sysfs_slave.c.
    """

    def shown(file: str) -> str:
        return (read(host, f"/sys/class/net/{name}/{file}") or "").strip()

    try:
        if shown("speed") != UNKNOWN_SPEED and shown("duplex") != "unknown":
            return False
        return shown("carrier") == "1" and (lacp or shown("bonding_slave/mii_status") == "down")
    except KernelRefused:  # the interface is down
        return False
