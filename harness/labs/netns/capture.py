"""Capture the frames that all devices of a namespace receive, by a ring shared with the kernel."""

from __future__ import annotations

import socket

from harness.lab import Seen
from harness.labs.agent.ring import Ring
from harness.labs.agent.wire import ETH_P_ALL, wall_to_monotonic
from harness.labs.netns.namespace import Namespace


class Tap:
    """A ring of frames that the devices of a namespace received; outgoing ones are not seen."""

    def __init__(self, namespace: Namespace, program: bytes) -> None:
        """Open the tap with a classic BPF program that selects the frames."""
        self.where = namespace.name
        sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._ring = Ring(sock, program)
        self._lost = 0
        self._seen: list[Seen] = []
        # The ring's stamps are wall-clock; one offset per tap puts them on the monotonic clock.
        self._offset = wall_to_monotonic()

    def close(self) -> None:
        """Read the remaining frames and close the tap."""
        if not self._ring.closed:
            self._seen, self._lost = self.take(), self.lost
            self._ring.close()

    def take(self) -> list[Seen]:
        """Return the frames received since the last call."""
        seen, self._seen = self._seen, []
        if not self._ring.closed:
            offset = self._offset
            seen += [
                Seen(at + offset, device, kind, data)
                for at, device, kind, data in self._ring.frames()
            ]
        return seen

    @property
    def lost(self) -> int:
        """The number of dropped frames since the last call."""
        if not self._ring.closed:
            self._lost += self._ring.dropped()
        return self._lost
