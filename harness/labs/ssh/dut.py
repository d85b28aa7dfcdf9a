"""A DUT behind SSH: two agents on one connection, and facts about its kernel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from harness.labs.agent import clock
from harness.labs.agent.channel import Channel
from harness.labs.agent.host import RemoteHost, enter_fresh_namespace, watched_host
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.machine import SshMachine
from harness.loop import Loop
from harness.topology import DUT
from harness.units import MS

BATCH = 20 * MS  # for how long the agent batches events: fewer packets of SSH
MEASURE = """
import os, select, time
late = []
for number in range(100):
    wanted = 200000 + number % 10 * 100000
    begin = time.perf_counter()
    select.select([], [], [], wanted / 1e9)
    late.append(int((time.perf_counter() - begin) * 1e9) - wanted)
print(os.uname().release, round(1 / time.clock_getres(6)), max(0, sorted(late)[98]))
"""


@dataclass(slots=True)
class RemoteDut:
    """A connected DUT: `home` is an agent in the machine's own network namespace.

    `work` is one whose namespace is fresh for each topology; test NICs are moved there.
    """

    ssh: SshMachine
    home: Channel
    work: Channel

    @classmethod
    def connect(cls, to: SshAddress, within: float) -> Self:
        """Connect, trying for some seconds, and start both agents; raises LabError."""
        ssh = SshMachine(DUT, to)
        try:
            ssh.connect(within)
            home, work = ssh.agent(), ssh.agent()
            work.ask("batch", ns=BATCH)
        except BaseException:
            ssh.close()
            raise
        return cls(ssh, home, work)

    def facts(self) -> Mapping[str, Any]:
        """Return the facts about the DUT's kernel and clock, which are not the tester's."""
        words = self.ssh.check("%s -c %s", self.ssh.python, MEASURE).split()
        release, hz, jitter = words[0], int(words[1]), int(words[2])
        found = {"kernel": release, "hz": hz, "jitter": jitter, "bonding": release}
        measured = clock.measure(self.work)
        apart = {"offset": measured.offset, "error": measured.error}
        return found | apart | {"user": "root", "unread": ""}

    def fresh(self, loop: Loop, undo: ExitStack) -> RemoteHost:
        """Return the DUT as a host in a fresh namespace, its clock measured."""
        hint = "its kernel must have network namespaces (CONFIG_NET_NS)"
        enter_fresh_namespace(self.work, hint)
        return watched_host(self.work, loop, undo)

    def lost(self) -> str:
        """Return why it is lost, "" if it is not."""
        return self.home.lost or self.work.lost

    def close(self) -> None:
        """Close the connection; the agents end with it."""
        self.ssh.close()
