"""Additional addresses of machines, such as a service's: added, removed, moved."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from harness.errors import ScenarioError
from harness.loop import now
from harness.record.journal import Effect, FaultContext
from harness.rtnl import messages

# IPv4 without an on-link route, as keepalived adds it; an IPv6 network has to be on the link.
PREFIXES = {4: 32, 6: 64}


@dataclass(frozen=True, slots=True)
class AddressedInterface:
    """An interface of a machine to which addresses are added; `where` names it in the history."""

    context: FaultContext
    machine: str
    name: str
    where: str

    def add(self, address: str, *, dad: bool = False) -> Effect:
        """Add an address, IPv4 with prefix length 32 or IPv6 with 64; no gratuitous ARP is sent.

        With `dad` an IPv6 address is tentative until no duplicate was found (RFC 4862, 5.4).
        Raises ScenarioError for text that is no address, KernelRefused if it is already assigned.
        """
        try:
            text = str(ip_address(address))
        except ValueError as error:
            raise ScenarioError(
                f'{self.where} cannot have "{address}": {error}', hint="give one like 192.0.2.100"
            ) from None
        self._set("add_address", text, on=True, dad=dad)
        gone = False

        def end() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self._set("drop_address", text, on=False)

        return Effect(end)

    def _set(self, action: str, address: str, *, on: bool, dad: bool = False) -> None:
        def do() -> None:
            number = self.context.network.ifindex(self.machine, self.name)
            what = f"address {address} of {self.machine}"
            prefix = PREFIXES[ip_address(address).version]
            if on:
                change = messages.new_address(what, number, address, prefix, dad=dad)
            else:
                change = messages.old_address(what, number, address, prefix)
            self.context.network.host(self.machine).send(change)
            self.context.added.note(address, now(), self.machine if on else "")

        self.context.apply(self.where, action, "stimulus", do, address=address)
