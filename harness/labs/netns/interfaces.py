"""Namespaces that exist already, by name, their interfaces, and devices on top of those."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from harness.errors import UsageError
from harness.labs.netns.namespace import CURRENT, Namespace
from harness.rtnl import messages
from harness.rtnl.messages import Dumps, Request

RTM_NEWROUTE, RTM_GETADDR, RTM_GETROUTE = 24, 22, 26
IFF_LOOPBACK = 0x8
RT_SCOPE_LINK = 253
NAMED = Path("/run/netns")
CABLES = ("veth",)  # devices whose IFLA_LINK is their other end, not a lower device


class ExistingNamespace(Namespace):
    """An existing network namespace; entering the current one is a no-op."""

    def __init__(self, name: str, path: str = CURRENT) -> None:
        """Open the namespace at a path; raises UsageError where there is none."""
        self.name = name
        try:
            self.fd = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise UsageError(
                f"namespace {name} could not be opened: {error.strerror}",
                hint="name one that `ip netns list` shows, a process id, or a path",
            ) from error
        ours = Path(CURRENT).stat()
        own = os.fstat(self.fd)
        self._here = (own.st_dev, own.st_ino) == (ours.st_dev, ours.st_ino)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Run the block in the namespace; entering the current one would require privileges."""
        if self._here:
            yield
        else:
            with super().inside():
                yield


def namespace(text: str) -> ExistingNamespace:
    """Return the namespace that a user names: /run/netns's, a process's, or a path's."""
    if "/" in text:
        return ExistingNamespace(text, text)
    return ExistingNamespace(text, f"/proc/{text}/ns/net" if text.isdigit() else str(NAMED / text))


@dataclass(frozen=True, slots=True)
class Interface:
    """The state of an interface; `peer` is the index of its peer or lower device, 0 for none.

    `addresses` has no link-local ones (fe80::), which the kernel assigns; `stacked` are the names
    of its upper devices; `far`: whether its peer is in another namespace.
    """

    index: int
    name: str
    kind: str
    mac: str
    flags: int
    master: str = ""
    addresses: tuple[str, ...] = ()
    default_route: bool = False
    stacked: tuple[str, ...] = ()
    peer: int = 0
    far: bool = False
    carrier: bool = False

    @property
    def up(self) -> bool:
        """Whether it is administratively up."""
        return bool(self.flags & messages.IFF_UP)


def interfaces(kernel: Dumps) -> dict[str, Interface]:
    """Return the interfaces of a namespace by name."""
    decoded = [messages.decode_link(link) for link in messages.dump_links(kernel)]
    links = {link["index"]: link for link in decoded if link["family"] == 0}
    addresses = _addresses(kernel)
    defaults = _defaults(kernel)
    names = {index: str(link.get_attr("IFLA_IFNAME")) for index, link in links.items()}
    on = _stacked(links, names)
    found = [
        _interface(link, names, addresses.get(index, ()), on.get(index, ()), index in defaults)
        for index, link in links.items()
    ]
    return {one.name: one for one in found}


def _interface(
    link: Any,
    names: dict[int, str],
    addresses: tuple[str, ...],
    stacked: tuple[str, ...],
    routed: bool,  # noqa: FBT001
) -> Interface:
    index, peer = link["index"], link.get_attr("IFLA_LINK") or 0
    return Interface(
        index=index,
        name=names[index],
        kind=_kind(link),
        mac=link.get_attr("IFLA_ADDRESS") or "",
        flags=link["flags"],
        master=names.get(link.get_attr("IFLA_MASTER") or 0, ""),
        addresses=addresses,
        default_route=routed,
        stacked=stacked,
        peer=peer if peer != index else 0,
        far=link.get_attr("IFLA_LINK_NETNSID") is not None,
        carrier=bool(link.get_attr("IFLA_CARRIER")),
    )


def _kind(link: Any) -> str:
    info = link.get_attr("IFLA_LINKINFO")
    return str(info.get_attr("IFLA_INFO_KIND") or "") if info else ""


def _stacked(links: dict[int, Any], names: dict[int, str]) -> dict[int, tuple[str, ...]]:
    """Return the names of upper devices (VLAN, macvlan, tunnel) by index of the lower one."""
    on: dict[int, tuple[str, ...]] = {}
    for index, link in links.items():
        lower = link.get_attr("IFLA_LINK") or index
        elsewhere = link.get_attr("IFLA_LINK_NETNSID") is not None
        if lower != index and not elsewhere and _kind(link) not in CABLES:
            on[lower] = (*on.get(lower, ()), names[index])
    return on


def _addresses(kernel: Dumps) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for body in kernel.dump(messages.dump_request(ifaddrmsg(), RTM_GETADDR), messages.RTM_NEWADDR):
        message = ifaddrmsg(body)
        message.decode()
        own = message["family"] == socket.AF_INET6 and message["scope"] == RT_SCOPE_LINK
        address = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        if address and not own:
            index = message["index"]
            found[index] = (*found.get(index, ()), str(address))
    return found


def _defaults(kernel: Dumps) -> set[int]:
    """Return the interface indexes of all default routes."""
    found: set[int] = set()
    for body in kernel.dump(messages.dump_request(rtmsg(), RTM_GETROUTE), RTM_NEWROUTE):
        message = rtmsg(body)
        message.decode()
        if message["dst_len"] == 0 and message["type"] == 1:  # RTN_UNICAST
            hops = message.get_attr("RTA_MULTIPATH") or []
            found |= {hop["oif"] for hop in hops} | {message.get_attr("RTA_OIF") or 0}
    return found - {0}


def set_flags(what: str, index: int, flags: int, mask: int) -> Request:
    """Return the request that sets those of an interface's flags that are in the mask."""
    message = messages.link_message(index)
    message["flags"], message["change"] = flags & mask, mask
    return messages.request(what, messages.RTM_NEWLINK, 0, message)


def move(what: str, index: int, to: Namespace) -> Request:
    """Return the request that moves an interface to another namespace, where it is down."""
    return messages.set_link(what, index, net_ns_fd=to.fd)
