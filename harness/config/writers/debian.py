"""/etc/network/interfaces in the spellings of ifenslave and of ifupdown2."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from harness.config.model import BondConfig


def ifenslave(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return stanzas for ifupdown with ifenslave."""
    return {"interfaces": "\n".join(line for bond in bonds for line in _bond(bond))}


def ifupdown2(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return stanzas for ifupdown2, which writes use_carrier as yes or no."""
    return {"interfaces": "\n".join(line for bond in bonds for line in _bond(bond))}


def _bond(bond: BondConfig) -> Iterator[str]:
    found = [ipaddress.ip_interface(text) for text in bond.addresses]
    four = [str(one) for one in found if one.version == 4]
    yield f"auto {bond.name}"
    yield f"iface {bond.name} inet {'static' if four else 'manual'}"
    yield from (f"    address {text}" for text in four[:1])
    yield f"    bond-slaves {' '.join(bond.slave_names) or 'none'}"
    for name, value in bond.asked.items():
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        if name == "use_carrier":
            text = "1" if value == "on" else "0"
        yield f"    bond-{name.replace('_', '-')} {text}"
    queues = [(slave.name, one.text) for slave in bond.slaves for one in slave.given]
    if queues:
        yield f"    bond-queue-id {' '.join(f'{slave}:{number}' for slave, number in queues)}"
    yield ""
    yield from _more(bond, four[1:], "inet")
    yield from _more(bond, [str(one) for one in found if one.version == 6], "inet6")


def _more(bond: BondConfig, addresses: list[str], family: str) -> Iterator[str]:
    for text in addresses:
        yield f"iface {bond.name} {family} static"
        yield f"    address {text}"
        yield ""
