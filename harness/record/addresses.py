"""Second addresses of machines, such as a service's: given, taken away, moved elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from harness.errors import ScenarioError
from harness.loop import now
from harness.record.journal import Lasting, Site
from harness.rtnl import messages

ALONE = 32  # the prefix of an address that brings no network, as keepalived adds it


@dataclass(frozen=True, slots=True)
class Interface:
    """A machine's interface that can have addresses; `where` names it in the history."""

    site: Site
    machine: str
    name: str
    where: str

    def add(self, address: str) -> Lasting:
        """Give it another IPv4 address, alone in its network; nothing announces it.

        Raises ScenarioError for what is none, KernelRefused where the machine has it already.
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

        return Lasting(end)

    def _set(self, action: str, address: str, *, on: bool) -> None:
        def do() -> None:
            change = messages.new_address if on else messages.old_address
            number = self.site.network.number(self.machine, self.name)
            what = f"address {address} of {self.machine}"
            self.site.network.host(self.machine).send(change(what, number, address, ALONE))
            self.site.added.note(address, now(), self.machine if on else "")

        self.site.did(self.where, action, "stimulus", do, address=address)
