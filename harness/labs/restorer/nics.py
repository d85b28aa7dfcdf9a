"""The state of a NIC, and how it is moved and restored.

It is sent to a machine with the restorer's program, behind harness.labs.restorer.links.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import os
import struct
import subprocess
import time
from typing import Any

from harness.labs.restorer.links import (
    ADDRESS,
    CHANGED,
    IFF_UP,
    IFNAME,
    MASTER,
    MTU,
    NET_NS_FD,
    NEW_IFINDEX,
    Link,
    Rtnetlink,
)

ARRIVAL = 3  # seconds for the kernel to move a NIC back from a namespace that was removed
COMMAND = 10  # seconds for a command that returns a NIC to a service


class SavedNic:
    """A NIC: its initial state (`state`, for JSON), and where it is now.

    `place` is a descriptor of the namespace that it was moved to, None while it is in its original
    one; `called` is its name there.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.place: int | None = None
        self.called = str(state["name"])

    def find(self, home: int) -> tuple[Rtnetlink, Link] | None:
        """Return the link and the rtnetlink socket of its namespace, None if it is in neither."""
        for place in (self.place, home):
            if place is None:
                continue
            kernel = Rtnetlink(place)
            link = self._pick(kernel.links(), strayed=place == home)
            if link is not None:
                return kernel, link
            kernel.close()
        return None

    def _pick(self, links: list[Link], *, strayed: bool) -> Link | None:
        """Return it among links.

        One that the kernel has moved back still has its temporary name, and another NIC may have
        its original name: only the permanent MAC identifies it.
        """
        own, mac = self.state["own_mac"], self.state["mac"]
        if strayed and own:
            return next((link for link in links if link.own_mac == own), None)
        wanted = self.state["name"] if strayed else self.called
        for link in links:
            if link.name == wanted:
                return link
        return next((link for link in links if strayed and link.mac == mac), None)

    def rename_aside(self, home: int) -> None:
        """Rename a NIC that the kernel has moved back: its name may be another NIC's."""
        found = self.find(home)
        if found is None:
            return
        kernel, link = found
        try:
            if kernel.namespace == home and link.name != self.state["name"]:
                kernel.change(link.index, 0, CHANGED)
                kernel.change(link.index, attrs={IFNAME: b"strayed%d\0" % link.index})
        finally:
            kernel.close()

    def move(
        self, home: int, to: int, called: str, number: int = 0, mac: str = ""
    ) -> tuple[int, str]:
        """Move it to a namespace, where it is down; return its index and MAC; raises OSError."""
        until = time.monotonic() + ARRIVAL
        found = self.find(home)
        while found is None and time.monotonic() < until:
            time.sleep(0.05)
            found = self.find(home)
        if found is None:
            raise OSError(errno.ENODEV, f"{self.state['name']} is gone")
        kernel, link = found
        try:
            kernel.change(link.index, 0, CHANGED)
            if link.mtu != self.state["mtu"]:  # a scenario has set it
                with contextlib.suppress(OSError):  # its restoring reports it
                    kernel.change(link.index, attrs={MTU: struct.pack("=I", self.state["mtu"])})
            if mac and mac != link.mac:
                kernel.change(link.index, attrs={ADDRESS: bytes.fromhex(mac)})
            self._move_link(kernel, link, home, to, called, number)
        finally:
            kernel.close()
        link = _link_named(to, called)
        return link.index, link.mac

    def _move_link(
        self, kernel: Rtnetlink, link: Link, home: int, to: int, called: str, number: int
    ) -> None:
        attrs = {NET_NS_FD: struct.pack("=I", to), IFNAME: called.encode() + b"\0"}
        numbered = dict(attrs)
        numbered[NEW_IFINDEX] = struct.pack("=i", number)
        try:
            kernel.change(link.index, attrs=numbered if number else attrs)
        except OSError as error:
            if any(one.name == link.name for one in kernel.links()):
                if to != home or error.errno not in (errno.EBUSY, errno.EEXIST):
                    raise
                kernel.change(link.index, attrs=attrs)  # its old index is in use
            else:  # it has moved, but could not have that name there
                self._set_place(home, to, link.name)
                raise
        self._set_place(home, to, called)

    def _set_place(self, home: int, place: int, called: str) -> None:
        """Note its present namespace and name."""
        before, self.place = self.place, None if place == home else os.dup(place)
        self.called = called
        if before is not None:
            os.close(before)

    def restore(self, home: int) -> list[str]:
        """Restore its initial state; return texts of what could not be restored."""
        troubles: list[str] = []
        state, name = self.state, self.state["name"]
        try:
            if self.place is not None or not self._is_home(home):
                self.move(home, home, name, state["index"])
            link, kernel = _link_named(home, name), Rtnetlink(home)
        except OSError as error:
            return [f"{name}: {error.strerror or error}"]
        try:
            _settings(kernel, link, state, troubles)
        finally:
            kernel.close()
        for argv in state["undo"]:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=COMMAND, check=False)
        return troubles

    def _is_home(self, home: int) -> bool:
        found = self.find(home)
        if found is None:
            return False
        found[0].close()
        return bool(found[1].name == self.state["name"])


def _link_named(namespace: int, name: str) -> Link:
    """Return the link of a name in a namespace; raises OSError."""
    kernel = Rtnetlink(namespace)
    try:
        for link in kernel.links():
            if link.name == name:
                return link
    finally:
        kernel.close()
    raise OSError(errno.ENODEV, f"{name} is not there")


def _settings(kernel: Rtnetlink, link: Link, state: dict[str, Any], troubles: list[str]) -> None:
    """Set the original MAC, MTU, master, flags, addresses and routes of a link."""

    def attempt(what: str, call: Any, *arguments: Any, **more: Any) -> None:
        try:
            call(*arguments, **more)
        except OSError as error:
            troubles.append(f"{what} of {state['name']}: {error.strerror}")

    if link.mac != state["mac"]:
        attempt("down", kernel.change, link.index, 0, IFF_UP)
        mac = {ADDRESS: bytes.fromhex(state["mac"])}
        attempt("MAC", kernel.change, link.index, attrs=mac)
    if link.mtu != state["mtu"]:
        attempt("MTU", kernel.change, link.index, attrs={MTU: struct.pack("=I", state["mtu"])})
    if state["master"] and not link.master:  # before it is up: a bond refuses a slave that is up
        attempt("the master", _enslave, kernel, link.index, state["master"])
    attempt("flags", kernel.change, link.index, state["flags"], CHANGED)
    for what, messages in (("an address", state["addresses"]), ("a route", state["routes"])):
        for message in messages:
            attempt(what, kernel.add_again, base64.b64decode(message), link.index)


def _enslave(kernel: Rtnetlink, index: int, master: str) -> None:
    """Make a link a slave or port of its master again, whose index may have changed."""
    for link in kernel.links():
        if link.name == master:
            kernel.change(index, attrs={MASTER: struct.pack("=I", link.index)})
            return
    raise OSError(errno.ENODEV, f"{master} is not there")


def state_of(home: int, name: str, undo: list[list[str]]) -> dict[str, Any]:
    """Return the state of a NIC in its original namespace; raises OSError if it is not there."""
    link, kernel = _link_named(home, name), Rtnetlink(home)
    try:
        dumps = {"addresses": kernel.addresses, "routes": kernel.routes}
        found: dict[str, Any] = {
            key: [base64.b64encode(one).decode() for one in dump(link.index)]
            for key, dump in dumps.items()
        }
        masters = [one.name for one in kernel.links() if one.index == link.master]
    finally:
        kernel.close()
    found.update(name=name, index=link.index, mac=link.mac, own_mac=link.own_mac)
    found.update(mtu=link.mtu, flags=link.flags & CHANGED, undo=undo)
    found["master"] = masters[0] if masters else ""
    return found
