"""The DUT is the network namespace of a separate process; requests and frames pass a pipe.

Everything else is as in `netns`. The agent lives as long as the lab: each network gets a fresh
namespace of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from harness.errors import LabError
from harness.labs.agent import clock
from harness.labs.agent.channel import Channel, python
from harness.labs.agent.host import RemoteHost
from harness.labs.agent.pipe import ProcessPipe
from harness.labs.netns.build import Place, build
from harness.labs.netns.interfaces import Existing
from harness.labs.netns.network import NetnsNetwork
from harness.labs.netns.usb import adapters
from harness.loop import Loop
from harness.topology import DUT, Topology
from harness.units import MS

BATCH = 5 * MS  # how long the agent may keep what it has seen: fewer switches between processes


@dataclass(slots=True)
class PipeLab:
    """Builds topologies whose DUT is behind a pipe."""

    command: tuple[str, ...] = ()
    name: str = "pipe"
    _channel: Channel | None = None
    _facts: dict[str, Any] = field(default_factory=dict)

    def lacks(self, topology: Topology) -> str:
        """Return what of a topology cannot be built here, "" where all of it can."""
        return "USB adapters: their interfaces come to this process" if adapters(topology) else ""

    def facts(self) -> Mapping[str, Any]:
        """Return where the DUT's clock stands; its kernel is the tester's."""
        if not self._facts:
            measured = clock.measure(self._ready(DUT))
            self._facts = {"offset": measured.offset, "error": measured.error}
        return self._facts

    def build(self, topology: Topology, loop: Loop) -> NetnsNetwork:
        """Build a topology without its bonds; raises LabError, and leaves nothing."""
        return build(topology, loop, self._place)

    def close(self) -> None:
        """End the agent."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _place(self, name: str, loop: Loop, undo: ExitStack) -> Place:
        channel = self._ready(name)
        namespace = Existing(name, f"/proc/{channel.pid}/ns/net")
        undo.callback(namespace.close)
        undo.callback(loop.watch(channel, channel.read))
        host = RemoteHost(channel)
        host.clock()
        return Place(host, namespace)

    def _ready(self, name: str) -> Channel:
        """Return the agent's channel, in a fresh namespace; a lost agent is replaced."""
        if self._channel is None or self._channel.lost:
            self.close()
            self._channel = Channel(
                name, ProcessPipe(name, self.command or python(sys.executable))
            )
            self._channel.ask("batch", ns=BATCH)
        try:
            self._channel.ask("fresh")
        except OSError as error:
            raise LabError(
                f"the agent's process cannot have a network of its own: {error.strerror}",
                hint="the kernel must allow network namespaces to this user",
            ) from error
        return self._channel
