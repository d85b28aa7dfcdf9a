"""The DUT is the network namespace of a separate process; requests and frames go through a pipe.

Everything else is as in `netns`. The agent lives as long as the lab: each network gets a fresh
namespace of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from harness.labs.agent import clock
from harness.labs.agent.channel import Channel, python
from harness.labs.agent.host import BATCH, enter_fresh_namespace, watched_host
from harness.labs.agent.pipe import ProcessPipe
from harness.labs.netns.build import NetnsMachine, build
from harness.labs.netns.interfaces import ExistingNamespace
from harness.labs.netns.network import NetnsNetwork
from harness.labs.netns.usb import adapters
from harness.loop import Loop
from harness.topology import DUT, Topology


@dataclass(slots=True)
class PipeLab:
    """Builds topologies whose DUT is behind a pipe."""

    command: tuple[str, ...] = ()
    name: str = "pipe"
    _channel: Channel | None = None
    _facts: dict[str, Any] = field(default_factory=dict)

    def lacks(self, topology: Topology) -> str:
        """Return what of a topology cannot be built here, "" where all of it can."""
        return "USB adapters: their interfaces appear on the tester" if adapters(topology) else ""

    def facts(self) -> Mapping[str, Any]:
        """Return the offset of the DUT's clock; its kernel is the tester's."""
        if not self._facts:
            measured = clock.measure(self._ready(DUT))
            self._facts = {"offset": measured.offset, "error": measured.error}
        return self._facts

    def build(self, topology: Topology, loop: Loop) -> NetnsNetwork:
        """Build a topology without its bonds; raises LabError, and leaves nothing."""
        return build(topology, loop, self._machine)

    def close(self) -> None:
        """End the agent."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _machine(self, name: str, loop: Loop, undo: ExitStack) -> NetnsMachine:
        channel = self._ready(name)
        namespace = ExistingNamespace(name, f"/proc/{channel.pid}/ns/net")
        undo.callback(namespace.close)
        return NetnsMachine(watched_host(channel, loop, undo), namespace)

    def _ready(self, name: str) -> Channel:
        """Return the agent's channel, in a fresh namespace; a lost agent is replaced."""
        if self._channel is None or self._channel.lost:
            self.close()
            self._channel = Channel(
                name, ProcessPipe(name, self.command or python(sys.executable))
            )
            self._channel.ask("batch", ns=BATCH)
        hint = "the kernel must allow network namespaces to this user"
        enter_fresh_namespace(self._channel, hint)
        return self._channel
