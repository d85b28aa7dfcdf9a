"""What an agent writes: answers and batched events as lines, and the frames of its taps.

It is sent with the agent's program, so it imports only the standard library (see program).
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from typing import Any

from harness.labs.agent.ring import RECORD, SLOTS, Ring
from harness.labs.agent.wire import now, text_of

TURN = 64  # frames that are read at most before timers and notifications are handled
FULL = 1 << 20  # bytes not yet written, at which frames stay in the ring


class Output:
    """Lines for standard output: it never blocks on a slow reader."""

    def __init__(self) -> None:
        self.unwritten = bytearray()
        self.batches: dict[str, dict[int, list[Any]]] = {"sent": {}, "e": {}}
        self.batch = 0  # for how many ns events are batched
        self.due: int | None = None

    def say(self, **what: Any) -> None:
        """Add a line, which the next `write` writes."""
        self.unwritten += (json.dumps(what, separators=(",", ":")) + "\n").encode()

    def write(self) -> None:
        """Write as much as does not block."""
        try:
            while self.unwritten:
                del self.unwritten[: os.write(1, self.unwritten)]
        except BlockingIOError:
            return

    def event(self, kind: str, number: int, entry: list[Any]) -> None:
        """Add an event of a stream to its batch."""
        self.batches[kind].setdefault(number, []).append(entry)
        self.fall_due()

    def fall_due(self) -> None:
        """Write the batches soon."""
        if self.due is None:
            self.due = now() + self.batch

    def flush(self) -> None:
        """Add a line for each batch."""
        for kind, batches in self.batches.items():
            for number in list(batches):
                self.say(s=number, **{kind: batches.pop(number)})


class Taps:
    """The rings that are open, by the numbers of their streams.

    A ring with frames is no longer waited for until it is read: once for each batch of events.
    """

    def __init__(self, output: Output, readers: dict[Any, Callable[[], None]]) -> None:
        self.output = output
        self.readers = readers
        self.rings: dict[int, tuple[Ring, int]] = {}

    def open(self, number: int, ring: Ring, offset: int) -> None:
        """Read a ring from now on; `offset` is added to the stamps of its frames."""
        self.rings[number] = ring, offset
        self.wait_for(ring)

    def wait_for(self, ring: Ring) -> None:
        """Read a ring's frames soon after they arrive."""

        def note() -> None:
            del self.readers[ring]
            self.output.fall_due()

        self.readers[ring] = note

    def read(self) -> None:
        """Write the frames of all rings, up to the limit of one turn."""
        for number, (ring, _) in self.rings.items():
            if len(self.output.unwritten) > FULL or self.read_one(number, TURN):
                self.output.fall_due()
            else:
                self.wait_for(ring)

    def read_one(self, number: int, most: int = SLOTS) -> bool:
        """Write at most so many frames of one ring; return whether there may be more."""
        ring, offset = self.rings[number]
        records = []
        for at, device, kind, data in itertools.islice(ring.frames(), most):
            records += [RECORD.pack(at + offset, device, kind, len(data)), data]
        if records:
            self.output.say(s=number, frames=text_of(b"".join(records)))
        return len(records) == 2 * most

    def close(self, number: int) -> None:
        """Read no more of a stream's ring."""
        ring, _ = self.rings.pop(number, (None, 0))
        self.readers.pop(ring, None)
