"""The transmit hash of each policy, as bonding.rst has it under "xmit_hash_policy".

The documentation does not say how ports and IPv4 addresses become numbers: the driver takes the 32
bits as they are in memory (bond_ip_hash in bond_main.c), which matters with three slaves and more.
Nor does it say what "slave count" counts: the slaves that can transmit, in the order in which they
were enslaved (bond_update_slave_arr).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, ip_address

from harness.flows import GRE, IPIP, IPV4, IPV6, TCP, UDP, VLAN, Flow


def layer2(flow: Flow) -> int:
    """Return source MAC[5] XOR destination MAC[5] XOR packet type ID."""
    kind = VLAN if flow.vlan else flow.type_id
    return _source(flow)[5] ^ flow.dst_mac[5] ^ kind


def layer23(flow: Flow) -> int:
    """Return the hash of layer 2 and the IP addresses; of other packets, that of layer 2."""
    return _folded(layer2(flow), flow) if _is_ip(flow) else layer2(flow)


def layer34(flow: Flow) -> int:
    """Return the hash of ports and IP addresses; of other packets, that of layer 2.

    Ports are those of TCP and UDP, unless the packet is a fragment; other protocols have none.
    """
    if not _is_ip(flow):
        return layer2(flow)
    has_ports = flow.protocol in (TCP, UDP) and not flow.fragment
    ports = flow.sport.to_bytes(2) + flow.dport.to_bytes(2) if has_ports else bytes(4)
    return _folded(_number(ports), flow) >> 1


def encap23(flow: Flow) -> int:
    """Return that of layer2+3 over the IP addresses of the innermost header of a tunnel."""
    return _folded(layer2(flow), innermost(flow)) if _is_ip(flow) else layer2(flow)


def encap34(flow: Flow) -> int:
    """Return that of layer3+4 over the innermost headers of a tunnel."""
    return layer34(innermost(flow)) if _is_ip(flow) else layer2(flow)


def vlan_srcmac(flow: Flow) -> int:
    """Return (source MAC vendor) XOR (source MAC dev): the hash of a frame without a VLAN ID.

    Only the tag of a VLAN interface counts, no tag in the frame itself (bond_vlan_srcmac_hash).
    """
    source = _source(flow)
    return int.from_bytes(source[:3]) ^ int.from_bytes(source[3:])


POLICIES: dict[str, Callable[[Flow], int]] = {
    "layer2": layer2,
    "layer2+3": layer23,
    "layer3+4": layer34,
    "encap2+3": encap23,
    "encap3+4": encap34,
    "vlan+srcmac": vlan_srcmac,
}


def slave_by_hash(policy: str, flow: Flow, slaves: Sequence[str], vlan: int = 0) -> str:
    """Return the slave for a flow: hash modulo slave count; raises KeyError for no policy.

    `vlan` is the number of the VLAN interface by which it is sent.
    """
    tag = vlan if policy == "vlan+srcmac" else 0
    return slaves[(POLICIES[policy](flow) ^ tag) % len(slaves)]


def innermost(flow: Flow) -> Flow:
    """Return the headers within all tunnels (IPIP and GRE) of a flow."""
    while flow.inner is not None and flow.protocol in (IPIP, GRE):
        flow = flow.inner
    return flow


def _is_ip(flow: Flow) -> bool:
    return not flow.vlan and flow.type_id in (IPV4, IPV6)


def _source(flow: Flow) -> bytes:
    return bytes.fromhex(flow.src_mac.replace(":", ""))


def _folded(hashed: int, flow: Flow) -> int:
    """Return a hash with the addresses, folded: XOR with itself shifted right by 16, then by 8."""
    hashed ^= _address(flow.src) ^ _address(flow.dst)
    hashed ^= hashed >> 16
    return hashed ^ hashed >> 8


def _address(text: str) -> int:
    """Return an IPv4 address as a number; an IPv6 address by ipv6_addr_hash (net/ipv6.h)."""
    address = ip_address(text)
    words = [address.packed[at : at + 4] for at in range(0, len(address.packed), 4)]
    if isinstance(address, IPv4Address):
        return _number(words[0])
    hashed = 0
    for word in words:
        hashed ^= _number(word)
    return hashed


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, sys.byteorder)
