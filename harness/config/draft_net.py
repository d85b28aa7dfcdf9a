"""The IP configuration of an interface while it is being read."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from harness.config.addressing import Addressing
from harness.config.model import Remark
from harness.config.place import Place, StatementId

MAX_MTU = 2**31


@dataclass(slots=True)
class DraftNet:
    """The IP configuration of one interface: a bond, a slave, or an upper device of a bond.

    `mtu_used` are the statements that set the MTU that is in force.
    """

    format: str
    addresses: list[str] = field(default_factory=list)
    gateways: list[str] = field(default_factory=list)
    dhcp4: bool = False
    dhcp6: bool = False
    mtu: int = 0
    remarks: list[Remark] = field(default_factory=list)
    used: set[StatementId] = field(default_factory=set)
    mtu_used: set[StatementId] = field(default_factory=set)

    def mark_used(self, *places: Place) -> None:
        """Mark statements as part of this configuration, or as without effect."""
        self.used.update(place.statement_id for place in places)

    def set_dynamic(self, place: Place, *, four: bool = False, six: bool = False) -> None:
        """Note that IPv4 or IPv6 addresses come from the network."""
        self.dhcp4, self.dhcp6 = self.dhcp4 or four, self.dhcp6 or six
        self.mark_used(place)

    def address(self, text: str, mask: str, place: Place) -> None:
        """Add an address; `mask` is a prefix length, a netmask, or "" if the text has it."""
        whole = f"{text}/{mask}" if mask and "/" not in text else text
        self.mark_used(place)
        try:
            found = str(ipaddress.ip_interface(whole))
        except ValueError:
            self._wrong(whole, "is no address", place, "write 192.0.2.1/24")
            return
        if found not in self.addresses:
            self.addresses.append(found)

    def gateway(self, text: str, place: Place) -> None:
        """Add the address of a default gateway."""
        self.mark_used(place)
        try:
            found = str(ipaddress.ip_address(text))
        except ValueError:
            self._wrong(text, "is no gateway's address", place, "write 192.0.2.254")
            return
        if found not in self.gateways:
            self.gateways.append(found)

    def set_mtu(self, text: str, place: Place) -> None:
        """Set the MTU."""
        if text.isascii() and text.isdigit() and 0 < int(text[:9]) < MAX_MTU:
            if self.mtu != int(text):
                self.mtu_used.clear()  # the last one counts
            self.mtu = int(text)
            self.mtu_used.add(place.statement_id)
        else:
            self._wrong(text, "is no MTU", place, "write a number of bytes such as 9000")

    def mark_implied(self, text: str, place: Place) -> None:
        """Mark a network or broadcast address that the addresses imply as used."""
        networks = [ipaddress.ip_interface(address).network for address in self.addresses]
        implied = {str(n.network_address) for n in networks}
        if text in implied | {str(n.broadcast_address) for n in networks}:
            self.mark_used(place)

    def _wrong(self, text: str, why: str, place: Place, hint: str) -> None:
        self.mark_used(place)
        self.remarks.append(Remark(text, f"{text} {why}", place, hint, self.format))

    def frozen(self) -> Addressing:
        """Return the configuration that was read."""
        found, gates = tuple(self.addresses), tuple(self.gateways)
        return Addressing(found, self.dhcp4, self.dhcp6, gates, self.mtu)
