"""The far end of a cable, where faults are injected and frames are sent."""

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
    """The interval in ns within which something was done."""

    before: int
    after: int


class FarEnd(Protocol):
    """The far end of a cable."""

    @property
    def how(self) -> str:
        """A description of the far end."""
        ...

    @property
    def patience(self) -> int:
        """How long to watch for a change, in ns."""
        ...

    def carrier(self, *, on: bool) -> Moment | None:
        """Plug the cable in or out; returns None if the exact time is unknown."""
        ...

    def send(self, frame: bytes) -> bool:
        """Send a frame towards the interface; returns False if that is impossible."""
        ...


class InterfaceFarEnd:
    """An interface of this machine at the far end: it is set down and up."""

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
        except OSError:  # ENETDOWN, ENOBUFS: the frame was not sent
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
        """Ask the operator to act."""
        what = "plug the cable in again at" if on else "pull the cable out of"
        self._tell(f"{what} {self._name} now ({self._seconds:g} s, Ctrl-C ends it) ...")

    def send(self, frame: bytes) -> bool:  # noqa: ARG002
        """Return False: an operator cannot send frames."""
        return False
