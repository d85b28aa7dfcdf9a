"""A separate process that restores interfaces, however the measuring process ends.

It is forked before anything is changed and waits for EOF on a pipe, which comes when measuring is
done and also when the measuring process is killed: the same code restores in every case. If the
restorer is killed too, the kernel moves physical devices back to the initial namespace.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import HarnessError
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import (
    Interface,
    interfaces,
    move,
    set_flags,
)
from harness.labs.netns.namespace import Namespace
from harness.rtnl import messages
from harness.rtnl.messages import IFF_ALLMULTI, IFF_PROMISC

BOND, CABLE, FAR = "hprofile0", "hpeer0", "hpeer1"  # the devices created, in the order of removal
T = TypeVar("T")
SEEN = IFF_PROMISC | IFF_ALLMULTI


@dataclass(frozen=True, slots=True)
class SavedInterface:
    """The initial state of an interface, its namespace, and the one it may have been moved to."""

    interface: Interface
    home: Namespace
    away: Namespace | None = None


class RestoreOnExit:
    """Restores interfaces; `ours` are namespaces that may still contain devices created here."""

    def __init__(self, kept: Sequence[SavedInterface], ours: Sequence[Namespace]) -> None:
        wait, self._held = os.pipe()
        self._report, tell = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._held)
            os.close(self._report)
            _serve(wait, tell, lambda: restore_all(kept, ours))
        os.close(wait)
        os.close(tell)

    def close(self) -> list[str]:
        """Restore everything; return what could not be restored."""
        os.close(self._held)
        with open(self._report, "rb") as report:  # noqa: PTH123  (a pipe has no path)
            failures = report.read()
        os.waitpid(self._child, 0)
        if not failures:
            return ["the process that restores it was killed: check the interface"]
        return list(json.loads(failures))


def _serve(wait: int, tell: int, put: Callable[[], list[str]]) -> None:
    """Wait until the other process closes the pipe, restore, report failures, and exit."""
    try:
        os.setsid()  # do not receive signals to the process group, such as Ctrl-C
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):  # a reader of our output must not wait for this process
            os.dup2(null, stream)
        os.read(wait, 1)
        os.write(tell, json.dumps(put()).encode())
    finally:
        os._exit(0)


def restore_all(kept: Iterable[SavedInterface], ours: Iterable[Namespace]) -> list[str]:
    """Restore interfaces and delete the devices created here; return the failures."""
    troubles: list[str] = []
    for namespace in ours:
        _attempt(troubles, _clean, namespace)
    for one in kept:
        _attempt(troubles, _return, one)
    return troubles


def _attempt(troubles: list[str], action: Callable[[T], None], on: T) -> None:
    try:
        action(on)
    except (HarnessError, OSError, KeyError) as error:
        troubles.append(getattr(error, "message", str(error)))


def _clean(namespace: Namespace) -> None:
    control = Control(namespace)
    for name in (BOND, CABLE):  # deletes the far end of the cable, too
        found = interfaces(control).get(name)
        if found:
            control.send(messages.delete_link(name, found.index))


def _return(kept: SavedInterface) -> None:
    """Move an interface back, and restore its MAC, its flags and its state."""
    was, home = kept.interface, Control(kept.home)
    if kept.away is not None:
        away = Control(kept.away)
        moved = interfaces(away).get(was.name)
        if moved and was.name not in interfaces(home):
            _restore_address(away, moved, was)
            away.send(move(f"{was.name} back", moved.index, kept.home))
    now = interfaces(home)[was.name]
    _restore_address(home, now, was)
    if (now.flags ^ was.flags) & SEEN:
        home.send(set_flags(f"flags of {was.name}", now.index, was.flags, SEEN))
    home.send(messages.set_link(f"{was.name} as it was", now.index, up=was.up))


def _restore_address(control: Control, now: Interface, was: Interface) -> None:
    """Restore a MAC; most drivers accept a change only while the interface is down."""
    if now.mac != was.mac:
        control.send(messages.set_link(f"{was.name} down", now.index, up=False))
        control.send(messages.set_link(f"address of {was.name}", now.index, address=was.mac))
