"""/etc/network/interfaces in the spellings of ifenslave and of ifupdown2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig
from harness.config.writers.above import Family, dotted, families, uppers


def interfaces(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return stanzas for ifupdown with ifenslave, or for ifupdown2: both take these words."""
    lines = [line for bond in bonds for line in _stanzas(bond.name, bond.ip, _bond(bond))]
    for upper in uppers(bonds):
        lines += _stanzas(upper.name, upper.ip, _upper(upper))
    return {"interfaces": "\n".join(lines)}


def _bond(bond: BondConfig) -> Iterator[str]:
    yield f"bond-slaves {' '.join(bond.slave_names) or 'none'}"
    for name, value in bond.asked.items():
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        if name == "use_carrier":
            text = "1" if value == "on" else "0"
        yield f"bond-{name.replace('_', '-')} {text}"
    queues = [(slave.name, option.text) for slave in bond.slaves for option in slave.given]
    if queues:
        yield f"bond-queue-id {' '.join(f'{slave}:{number}' for slave, number in queues)}"


def _upper(upper: Upper) -> Iterator[str]:
    if upper.kind == "bridge":
        yield f"bridge-ports {' '.join(upper.below)}"
        return
    yield f"vlan-raw-device {upper.below[0]}"
    if not dotted(upper):
        yield f"vlan-id {upper.vlan}"


def _stanzas(name: str, ip: Addressing, own: Iterable[str]) -> Iterator[str]:
    """Yield a stanza with an interface's own lines, and one for each further address.

    A stanza has one method, and before ifupdown 0.8 one address.
    """
    four, six = families(ip)
    bodies = [*_bodies(four, "inet"), *_bodies(six, "inet6")]
    if not four.dynamic and not four.addresses:
        bodies.insert(0, ("inet manual", []))
    bodies[0][1].extend([f"mtu {ip.mtu}"] * bool(ip.mtu) + list(own))
    yield f"auto {name}"
    for method, lines in bodies:
        yield f"iface {name} {method}"
        yield from (f"    {line}" for line in lines)
        yield ""


def _bodies(one: Family, family: str) -> Iterator[tuple[str, list[str]]]:
    """Yield method and lines of the stanzas of one address family."""
    if one.dynamic:
        yield f"{family} {'auto' if one.version == 6 else 'dhcp'}", []
    for nth, text in enumerate(one.addresses):
        gateway = [f"gateway {one.gateway}"] if one.gateway and not nth else []
        yield f"{family} static", [f"address {text}", *gateway]
