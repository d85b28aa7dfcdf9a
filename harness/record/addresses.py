"""Additional addresses of machines, such as a service's: added, removed, moved."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from harness.errors import ScenarioError
from harness.loop import now
from harness.record.journal import Effect, FaultContext
from harness.rtnl import messages

HOST_PREFIX = 32  # an address without an on-link route, as keepalived adds it


@dataclass(frozen=True, slots=True)
class AddressedInterface:
    """An interface of a machine to which addresses are added; `where` names it in the history."""

    context: FaultContext
    machine: str
    name: str
    where: str

    def add(self, address: str) -> Effect:
        """Add an IPv4 address with prefix length 32; no gratuitous ARP is sent.

        Raises ScenarioError for text that is no address, KernelRefused if it is already assigned.
        """
        try:
            text = str(IPv4Address(address))
        except AddressValueError as error:
            raise ScenarioError(
                f'{self.where} cannot have "{address}": {error}', hint="give one like 192.0.2.100"
            ) from None
        self._set("add_address", text, on=True)
        gone = False

        def end() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self._set("drop_address", text, on=False)

        return Effect(end)

    def _set(self, action: str, address: str, *, on: bool) -> None:
        def do() -> None:
            change = messages.new_address if on else messages.old_address
            number = self.context.network.number(self.machine, self.name)
            what = f"address {address} of {self.machine}"
            self.context.network.host(self.machine).send(
                change(what, number, address, HOST_PREFIX)
            )
            self.context.added.note(address, now(), self.machine if on else "")

        self.context.apply(self.where, action, "stimulus", do, address=address)
