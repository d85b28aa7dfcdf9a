"""Make the header of a history: kernel, topology and bonds of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import KernelRefused
from harness.history import About, BondAbout, Event, KernelAbout
from harness.judge import unknown_speed
from harness.lab import Host, Network
from harness.record.bond import Bond, plain
from harness.record.files import read
from harness.topology import DUT, link_ends, mac_of

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
    events: Iterable[Event] = (),
) -> About:
    """Return the header of a recording; `facts` are those of `record.net.Stage`."""
    plan, moved = network.topology, tuple(sorted(added))
    kept_down = unknown_speed.kept_down(events)
    return About(
        scenario=scenario,
        topology=plan.name,
        lab=facts["lab"],
        kernel=_kernel(facts),
        bonds={bond.name: _bond(bond, network, kept_down) for bond in bonds},
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


def _bond(bond: Bond, network: Network, kept_down: frozenset[str]) -> BondAbout:
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
            if (name in kept_down or options["mode"] == "802.3ad")
            and _tells_no_speed(network.host(DUT), name)
        ),
    )


def _tells_no_speed(host: Host, name: str) -> bool:
    """Return whether an interface that has a carrier tells no speed or duplex (net-sysfs.c)."""
    files = ("carrier", "speed", "duplex")
    try:
        texts = [(read(host, f"/sys/class/net/{name}/{file}") or "").strip() for file in files]
    except KernelRefused:  # it is down
        return False
    return texts[0] == "1" and (texts[1] == UNKNOWN_SPEED or texts[2] == "unknown")
