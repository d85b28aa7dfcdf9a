"""rtnetlink requests and the kernel's replies, as bytes."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from harness.errors import KernelRefused
from harness.rtnl.encoding import encoded
from harness.rtnl.reduced import HEADER, attributes, reduced

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE = 20, 21, 24
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30
REQUEST, ACK, DUMP, REPLACE, EXCL, CREATE = 1, 4, 0x300, 0x100, 0x200, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
CAPPED, ACK_TLVS = 0x100, 0x200
SOL_NETLINK, CAP_ACK, EXT_ACK = 270, 10, 11
NLMSGERR_ATTR_MSG = 1
IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI = 0x1, 0x80, 0x100, 0x200  # linux/if.h
ETH_DATA_LEN = 1500  # linux/if_ether.h
IFA_F_NODAD = 0x02
AF_BRIDGE = 7
NUD_REACHABLE, NUD_NOARP, NUD_PERMANENT = 0x02, 0x40, 0x80
NTF_MASTER, NTF_EXT_LEARNED, NTF_STICKY = 0x04, 0x10, 0x40
RT_TABLE_MAIN, RTPROT_STATIC, RTN_UNICAST = 254, 4, 1
BUFFER = 1 << 20

IFINFOMSG = 16  # bytes of struct ifinfomsg; the last four say what a request changes
# IFLA_ADDRESS, MASTER, OPERSTATE, LINKINFO, CARRIER: what a recording reads of a link
STATE = frozenset({1, 10, 16, 18, 33})
NDMSG = 12  # bytes of struct ndmsg
NEIGHBOUR = frozenset({2, 5})  # NDA_LLADDR, VLAN
STATES_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Request:
    """An encoded rtnetlink request, with a description for error messages."""

    what: str
    data: bytes


def request(what: str, kind: int, flags: int, message: Any) -> Request:
    """Return a request from one of pyroute2's messages."""
    message["header"]["type"] = kind
    message["header"]["flags"] = flags | REQUEST | ACK
    return Request(what, encoded(message))


def link_message(index: int = 0, *, up: bool | None = None, **attrs: Any) -> Any:
    """Return an ifinfmsg; `attrs` are names without IFLA_ in lower case."""
    message = ifinfmsg()
    message["index"] = index
    if up is not None:
        message["flags"] = IFF_UP if up else 0
        message["change"] = IFF_UP
    message["attrs"] = [(f"IFLA_{name.upper()}", value) for name, value in attrs.items()]
    return message


def kind_of(kind: str, data: list[tuple[str, Any]] | None = None) -> dict[str, Any]:
    """Return the IFLA_LINKINFO of a kind of device and its settings."""
    attrs: list[tuple[str, Any]] = [("IFLA_INFO_KIND", kind)]
    if data:
        attrs.append(("IFLA_INFO_DATA", {"attrs": data}))
    return {"attrs": attrs}


def new_link(what: str, index: int, name: str, info: dict[str, Any], **attrs: Any) -> Request:
    """Return the request that creates a device."""
    message = link_message(index, ifname=name, linkinfo=info, **attrs)
    return request(what, RTM_NEWLINK, CREATE | EXCL, message)


def new_vlan(what: str, index: int, name: str, below: int, number: int) -> list[Request]:
    """Return the requests that create a VLAN on a device, and set it up."""
    info = kind_of("vlan", [("IFLA_VLAN_ID", number)])
    return [new_link(what, index, name, info, link=below), set_link(what, index, up=True)]


def set_link(what: str, index: int, *, up: bool | None = None, **attrs: Any) -> Request:
    """Return the request that changes a device."""
    return request(what, RTM_NEWLINK, 0, link_message(index, up=up, **attrs))


def as_new(what: str, index: int, **attrs: Any) -> Request:
    """Return the request that sets what users change of an Ethernet device to its default.

    It is down, has ARP and the usual MTU, and receives only what is for it.
    """
    message = link_message(index, up=False, mtu=ETH_DATA_LEN, **attrs)
    message["change"] |= IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP
    return request(what, RTM_NEWLINK, 0, message)


def delete_link(what: str, index: int) -> Request:
    """Return the request that deletes a device."""
    return request(what, RTM_DELLINK, 0, link_message(index))


def new_address(what: str, index: int, address: str, prefix: int, *, dad: bool = False) -> Request:
    """Return the request that adds an address to a device.

    Without `dad` an IPv6 address is usable at once: no duplicate is looked for.
    """
    message = _address_message(index, address, prefix)
    if message["family"] == socket.AF_INET6 and not dad:
        message["flags"] = IFA_F_NODAD
    return request(what, RTM_NEWADDR, CREATE | EXCL, message)


def old_address(what: str, index: int, address: str, prefix: int) -> Request:
    """Return the request that deletes an address of a device."""
    return request(what, RTM_DELADDR, 0, _address_message(index, address, prefix))


def _address_message(index: int, address: str, prefix: int) -> Any:
    message = ifaddrmsg()
    message["family"] = socket.AF_INET6 if ":" in address else socket.AF_INET
    message["prefixlen"], message["index"] = prefix, index
    message["attrs"] = [("IFA_ADDRESS", address), ("IFA_LOCAL", address)]
    return message


def default_route(what: str, gateway: str) -> Request:
    """Return the request that adds a default route."""
    message = rtmsg()
    message["family"], message["table"] = socket.AF_INET, RT_TABLE_MAIN
    message["proto"], message["type"] = RTPROT_STATIC, RTN_UNICAST
    message["attrs"] = [("RTA_GATEWAY", gateway)]
    return request(what, RTM_NEWROUTE, CREATE | EXCL, message)


def kept_entry(what: str, index: int, mac: str) -> Request:
    """Return the request that lets a bridge keep a learned entry when its port loses carrier.

    Such an entry does not age, and moves when its MAC is seen at another port (br_fdb_update).
    """
    message = ndmsg()
    message["family"], message["ifindex"] = AF_BRIDGE, index
    message["state"], message["flags"] = NUD_REACHABLE, NTF_MASTER | NTF_EXT_LEARNED
    message["attrs"] = [("NDA_LLADDR", mac)]
    return request(what, RTM_NEWNEIGH, CREATE | REPLACE, message)


def fdb_entry(what: str, index: int, mac: str, *, pinned: bool) -> Request:
    """Return the request that adds or deletes a static FDB entry at a bridge port."""
    message = ndmsg()
    message["family"], message["ifindex"] = AF_BRIDGE, index
    # A static entry alone would still move to the port where its MAC is seen (br_fdb_update).
    message["state"], message["flags"] = NUD_NOARP, NTF_MASTER | NTF_STICKY
    message["attrs"] = [("NDA_LLADDR", mac)]
    if pinned:
        return request(what, RTM_NEWNEIGH, CREATE | REPLACE, message)
    return request(what, RTM_DELNEIGH, 0, message)


def dump_request(message: Any, kind: int) -> Request:
    """Return the dump request of a message."""
    message["header"]["type"] = kind
    message["header"]["flags"] = REQUEST | DUMP
    return Request(f"dump {kind}", encoded(message))


class Dumps(Protocol):
    """Answers dump requests: a namespace's control socket, or a host behind an agent."""

    def dump(self, request: Request, kind: int) -> list[bytes]:
        """Return the messages of type `kind` that answer a dump request."""


def dump_links(kernel: Dumps) -> list[bytes]:
    """Return one RTM_NEWLINK message, without its header, for each device of a namespace."""
    return kernel.dump(dump_request(ifinfmsg(), RTM_GETLINK), RTM_NEWLINK)


def all_neighbours() -> Request:
    """Return the request for the FDBs of all bridges; RTM_NEWNEIGH messages answer it."""
    message = ndmsg()
    message["family"] = AF_BRIDGE
    return dump_request(message, RTM_GETNEIGH)


def learned(bodies: Iterable[bytes], index: int) -> list[str]:
    """Return the MACs that a bridge has learned at one of its ports."""
    return [
        str(entry.get_attr("NDA_LLADDR"))
        for entry in map(decode_neighbour, bodies)
        if entry["ifindex"] == index
        and not entry["state"] & (NUD_PERMANENT | NUD_NOARP)
        and not of_vlan(entry)
    ]


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (type, flags, sequence, whole message) of each netlink message in a datagram."""
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, flags, seq, _ = HEADER.unpack_from(data, at)
        if length < HEADER.size:
            return
        yield kind, flags, seq, data[at : at + length]
        at += (length + 3) & ~3


def notifications(
    seen: Iterable[tuple[int, int, int, bytes, int]],
) -> Iterator[tuple[int, int, bytes]]:
    """Yield (time in ns, type, message) of each notification in some datagrams."""
    for at, _, _, data, _ in seen:
        for kind, _, _, message in messages(data):
            yield at, kind, message


def index_of(message: bytes) -> int:
    """Return the interface index of an ifinfmsg, without decoding it."""
    (index,) = struct.unpack_from("=i", message, HEADER.size + 4)
    return int(index)


def decode_link(message: bytes) -> Any:
    """Return a decoded ifinfmsg."""
    link = ifinfmsg(message)
    link.decode()
    return link


def decode_state(message: bytes) -> Any:
    """Return an ifinfmsg with the attributes that a recording reads; it must not be changed."""
    at = HEADER.size + IFINFOMSG
    # The end of an ifinfomsg says what a request changes; notifications differ in it.
    return _link(reduced(RTM_NEWLINK, message[HEADER.size : at - 4] + bytes(4), message, STATE))


@lru_cache(maxsize=STATES_KEPT)
def _link(message: bytes) -> Any:
    return decode_link(message)


def decode_neighbour(message: bytes) -> Any:
    """Return an ndmsg with its MAC and VLAN; it must not be changed."""
    header = message[HEADER.size : HEADER.size + NDMSG]
    return _neighbour(reduced(RTM_NEWNEIGH, header, message, NEIGHBOUR))


@lru_cache(maxsize=STATES_KEPT)
def _neighbour(message: bytes) -> Any:
    entry = ndmsg(message)
    entry.decode()
    return entry


def of_vlan(entry: Any) -> bool:
    """Return whether an entry is for a VLAN: each entry has such a duplicate, without effect."""
    return entry.get_attr("NDA_VLAN") is not None


def numbered(data: bytes, seq: int, *, quiet: bool = False) -> bytes:
    """Return a request with a sequence number, which identifies its reply.

    A `quiet` one is answered only if the kernel refuses it.
    """
    length, kind, flags, _, port = HEADER.unpack_from(data)
    flags = flags & ~ACK if quiet else flags
    return HEADER.pack(length, kind, flags, seq, port) + data[HEADER.size :]


def refusal(what: str, flags: int, body: bytes) -> KernelRefused | None:
    """Return the error of an NLMSG_ERROR, None for an acknowledgement."""
    (code,) = struct.unpack_from("=i", body, HEADER.size)
    if code == 0:
        return None
    detail = _detail(body) if flags & ACK_TLVS else ""
    hint = "the user may not do this here" if -code in {errno.EPERM, errno.EACCES} else ""
    return KernelRefused(what, -code, detail=detail, hint=hint)


def _detail(body: bytes) -> str:
    """Return the message of an extended acknowledgement (netlink_ack_tlv_fill)."""
    known = dict(attributes(body, HEADER.size + 4 + HEADER.size))
    return known.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode(errors="replace")
