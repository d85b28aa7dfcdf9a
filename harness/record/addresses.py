"""Second addresses of machines, such as a service's: given, taken away, moved elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from harness.errors import ScenarioError
from harness.record.site import Lasting, Site


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
            self.site.wiring.address(self.machine, self.name, address, on=on)

        self.site.did(self.where, action, "stimulus", do, address=address)
