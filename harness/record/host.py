"""What any machine can do: send frames, have further addresses, run commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from harness import frames
from harness.record.addresses import Interface
from harness.record.journal import Lasting, Role
from harness.record.sending import Pace, Sender
from harness.record.shell import Done, Shell
from harness.topology import Named
from harness.units import Span, s


class Host(ABC):
    """A machine of a topology; `by` is one of its interfaces, if not said its usual one."""

    __slots__ = ()

    @abstractmethod
    def _sender(self, by: Named | None = None) -> Sender:
        """Return the interface that sends; raises ScenarioError for an unknown one."""

    @abstractmethod
    def _shell(self) -> Shell:
        """Return what runs commands on the machine."""

    @abstractmethod
    def _holder(self, by: Named | None = None) -> Interface:
        """Return the interface that has the machine's addresses."""

    def send(
        self,
        frame: object,
        labelled: object = None,
        /,
        *,
        by: Named | None = None,
        every: Span | None = None,
        count: int | None = None,
        during: Span | None = None,
    ) -> Lasting:
        """Send a frame of your own, once or `every` so often; `send("bpdu", frame)` names it.

        A frame is bytes, or what scapy builds: `Ether(dst=...) / ...`. It goes on until `count`
        frames, until the span `during` is over, or until what is returned ends; the recording
        lasts at least as long as is known. The DUT sends by a bond or by a slave.
        """
        label, data = (str(frame), labelled) if labelled is not None else ("", frame)
        return self._sender(by).send(data, Pace(every, count, during), label)

    def garp(self, address: str, *, by: Named | None = None) -> None:
        """Announce an address as its own, once, at the MAC that it has now.

        That is what a service does that has moved, or a misconfigured or hostile host.
        """
        sender = self._sender(by)
        frame = frames.gratuitous_arp(sender.mac, address)
        sender.repeat("garp", frame, address=address)

    def add_address(self, address: str, *, by: Named | None = None) -> Lasting:
        """Give the machine another IPv4 address, such as a service's, until what is returned ends.

        It answers ARP for it from then on, and a bond announces it after a failover; but that it
        came nobody announces: see `garp`. To move it, end it here and add it elsewhere.
        """
        return self._holder(by).add(address)

    def run(
        self, command: str | Sequence[str], *, within: Span = 10 * s, role: Role = "command"
    ) -> Done:
        """Run any command in the machine's network, `run("ip -d link")`: its output and status.

        It stands in the history; `role="fault"` or `"repair"` says that it disturbs or mends. To
        start a program takes a guest of real time so long that a recording may be held up.
        Raises ScenarioError for one that is not there, or has not ended `within` its time.
        """
        return self._shell().run(command, within, role)
