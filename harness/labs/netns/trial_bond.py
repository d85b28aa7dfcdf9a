"""A bond for a trial, of existing interfaces: errors, active slave, MACs.

Unlike bonds of topologies it is created step by step, because each step's result matters.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.bonding import BondOptions, Setting
from harness.bonding.wire import decode
from harness.errors import KernelRefused
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import Interface, interfaces
from harness.rtnl import bonds, messages
from harness.rtnl.link_states import SLAVE_LINK


@dataclass(frozen=True, slots=True)
class BondView:
    """A bond as the kernel shows it: its active slave, all MACs, each slave's link state."""

    active: str
    macs: Mapping[str, str]
    links: Mapping[str, str]


class TrialBond:
    """A bond in a namespace, which exists until `close`."""

    def __init__(self, control: Control, name: str, options: BondOptions) -> None:
        """Make the bond; raises KernelRefused."""
        self.name = name
        self._control = control
        control.send(bonds.new_bond(name, 0, options, self._numbers()))
        self.index = self._all()[name].index
        control.send(messages.set_link(f"bond {name} up", self.index, up=True))

    def close(self) -> None:
        """Remove the bond; its slaves are released and regain their own addresses."""
        with suppress(KernelRefused):
            self._control.send(messages.delete_link(f"bond {self.name}", self.index))

    def enslave(self, slave: str) -> None:
        """Enslave an interface; raises KernelRefused with the kernel's errno."""
        one = self._all()[slave]
        # bond_enslave sets the slave up itself, and refuses one that is up.
        self._control.send(messages.set_link(f"{slave} down", one.index, up=False))
        what = f"slave {slave} of {self.name}"
        self._control.send(messages.set_link(what, one.index, master=self.index))

    def set(self, **options: Any) -> None:
        """Change options, naming slaves by name; raises KernelRefused."""
        asked = BondOptions.unchecked(**options)
        self._control.send(bonds.change(self.name, self.index, asked, self._numbers()))

    def set_mac(self, mac: str) -> None:
        """Change the bond's own address; raises KernelRefused."""
        what = f"address of {self.name}"
        self._control.send(messages.set_link(what, self.index, address=mac))

    def view(self) -> BondView:
        """Return its current state."""
        links = {link["index"]: link for link in self._control.links() if link["family"] == 0}
        names = {index: str(link.get_attr("IFLA_IFNAME")) for index, link in links.items()}
        active = bonds.data_of(links[self.index]).get("IFLA_BOND_ACTIVE_SLAVE", b"")
        states = {
            names[index]: _state(link)
            for index, link in links.items()
            if link.get_attr("IFLA_MASTER") == self.index
        }
        return BondView(
            active=names.get(int.from_bytes(active, sys.byteorder), ""),
            macs={names[index]: link.get_attr("IFLA_ADDRESS") for index, link in links.items()},
            links=states,
        )

    def options(self) -> Mapping[str, Setting]:
        """Return the options that the kernel says are in effect."""
        links = {link["index"]: link for link in self._control.links()}
        names = {index: str(link.get_attr("IFLA_IFNAME")) for index, link in links.items()}
        return decode(bonds.data_of(links[self.index]), names)

    def _numbers(self) -> dict[str, int]:
        return {one.name: one.index for one in self._all().values()}

    def _all(self) -> dict[str, Interface]:
        return interfaces(self._control)


def _state(link: Any) -> str:
    """Return a slave's link state in the bond: up, fail, down or back."""
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
    return SLAVE_LINK.get(data.get_attr("IFLA_BOND_SLAVE_MII_STATUS"), "") if data else ""


def new_cable(control: Control, near: str, far: str) -> None:
    """Make a cable, a veth pair, with both its ends up; raises KernelRefused."""
    peer = {"attrs": [("IFLA_IFNAME", far)]}
    info = messages.kind_of("veth", [("VETH_INFO_PEER", peer)])
    control.send(messages.new_link(f"cable {near}", 0, near, info))
    found = interfaces(control)
    for name in (near, far):
        control.send(messages.set_link(f"{name} up", found[name].index, up=True))
