"""The far end of a cable: where a fault begins, and from where frames come."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import NamedTuple, Protocol

from harness.labs.agent.wire import sender_socket
from harness.labs.netns.control import Control
from harness.labs.netns.namespace import Namespace
from harness.loop import now
from harness.rtnl import messages


class Moment(NamedTuple):
    """When something was done, in ns: not before the one, not after the other."""

    before: int
    after: int


class FarEnd(Protocol):
    """What can be done at the far end of a cable; `how` describes the far end."""

    @property
    def how(self) -> str:
        """A description of the far end."""
        ...

    @property
    def patience(self) -> int:
        """Return how long to watch for a change, in ns."""
        ...

    def carrier(self, *, on: bool) -> Moment | None:
        """Plug the cable in or out; None where nobody knows when exactly that is done."""
        ...

    def send(self, frame: bytes) -> bool:
        """Send a frame towards us, False where that cannot be done from here."""
        ...


class InterfaceFarEnd:
    """An interface of this machine at the far end: it is taken down and up."""

    patience = 10_000_000_000  # copper negotiates for some 2 to 4 s

    def __init__(self, namespace: Namespace, name: str, index: int) -> None:
        self.how = f"{name} ({namespace.name}) set down and up"
        self._namespace, self._name, self._index = namespace, name, index
        self._control = Control(namespace)
        self._sender: socket.socket | None = None

    def carrier(self, *, on: bool) -> Moment:
        """Set the interface up or down; raises KernelRefused."""
        before = now()
        self._control.send(messages.set_link(f"far end {self._name}", self._index, up=on))
        return Moment(before, now())

    def send(self, frame: bytes) -> bool:
        """Send a frame out of the interface."""
        if self._sender is None:
            with self._namespace.inside():
                self._sender = sender_socket(self._name)
        try:
            self._sender.send(frame)
        except OSError:  # ENETDOWN, ENOBUFS: the frame is not on its way
            return False
        return True

    def close(self) -> None:
        """Close its sockets."""
        self._control.close()
        if self._sender is not None:
            self._sender.close()


class OperatorFarEnd:
    """A person at the cable who is asked to act; the exact time of the act is unknown."""

    how = "an operator pulled and plugged the cable; times count from the first sign"

    def __init__(self, name: str, tell: Callable[[str], None], seconds: float) -> None:
        self._name, self._tell, self._seconds = name, tell, seconds
        self.patience = round(seconds * 1e9)

    def carrier(self, *, on: bool) -> None:
        """Tell the operator what to do."""
        what = "plug the cable in again at" if on else "pull the cable out of"
        self._tell(f"{what} {self._name} now ({self._seconds:g} s, Ctrl-C ends it) ...")

    def send(self, frame: bytes) -> bool:  # noqa: ARG002
        """Return False: nobody types frames."""
        return False
