"""Actions of any machine, the DUT too: send frames, add addresses, run commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from harness import frames
from harness.flows import Flow
from harness.record.addresses import AddressedInterface
from harness.record.command_runner import CommandRunner, Done
from harness.record.journal import Effect, Role
from harness.record.sending import Pace, RecordedSender
from harness.topology import NamedPart
from harness.units import Span, s


class MachineActions(ABC):
    """Actions of a machine; `by` selects one of its interfaces instead of its default one."""

    __slots__ = ()

    @abstractmethod
    def _sender(self, by: NamedPart | None = None) -> RecordedSender:
        """Return the interface that sends; raises ScenarioError for an unknown one."""

    @abstractmethod
    def _runner(self) -> CommandRunner:
        """Return what runs commands on the machine."""

    @abstractmethod
    def _holder(self, by: NamedPart | None = None) -> AddressedInterface:
        """Return the interface that has the machine's addresses."""

    def send(
        self,
        frame: object,
        labelled: object = None,
        /,
        *,
        by: NamedPart | None = None,
        every: Span | None = None,
        count: int | None = None,
        during: Span | None = None,
    ) -> Effect:
        """Send a given frame once, or periodically (`every`); `send("bpdu", frame)` labels it.

        A frame is bytes or a scapy packet: `Ether(dst=...) / ...`. Sending ends after `count`
        frames, after `during`, or when the returned effect is ended; the recording lasts at least
        as long as `count` and `during` imply. The DUT sends by a bond or by a slave.
        """
        label, data = (str(frame), labelled) if labelled is not None else ("", frame)
        return self._sender(by).send(data, Pace(every, count, during), label)

    def send_flows(self, flows: Sequence[Flow], *, by: NamedPart | None = None) -> Effect:
        """Send one frame of each flow, in order, 4 each millisecond; at most 2000 in one call.

        `run.carried_by` has the slave by which each of them left. The DUT sends by a bond, a slave
        or a VLAN on top of a bond. Sending ends at once when the returned effect is ended.
        """
        return self._sender(by).flows(flows)

    def garp(self, address: str, *, by: NamedPart | None = None) -> None:
        """Send one gratuitous ARP for an address, with the interface's current MAC.

        This is what a moved service does, or a misconfigured or hostile host.
        """
        sender = self._sender(by)
        frame = frames.gratuitous_arp(sender.mac, address)
        sender.repeat("garp", frame, address=address)

    def add_address(
        self, address: str, *, by: NamedPart | None = None, dad: bool = False
    ) -> Effect:
        """Add an address, such as a service's, until the returned effect is ended.

        The machine answers for it, and a bond announces it after a failover; adding it sends no
        gratuitous ARP (see `garp`). To move it, end the effect and add it elsewhere. An IPv6
        address is usable at once, or with `dad` after duplicate address detection.
        """
        return self._holder(by).add(address, dad=dad)

    def run(
        self, command: str | Sequence[str], *, within: Span = 10 * s, role: Role = "command"
    ) -> Done:
        """Run a command in the machine's network namespace; return its output and exit status.

        The command is written into the history; `role="fault"` or `"repair"` marks it as such.
        Starting a process may stall the recording in a guest with real time.
        Raises ScenarioError if the program does not exist or does not exit `within` its time.
        """
        return self._runner().run(command, within, role)
