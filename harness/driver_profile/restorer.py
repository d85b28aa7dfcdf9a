"""A separate process that restores interfaces, however the measuring process ends.

It is forked before anything is changed and waits for the end of a pipe: that comes when we are
done, and also when we are killed. So what puts things back is the same in every case. Where the
keeper is killed too, the kernel at least returns hardware to the namespace the machine began with.
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
    IFF_ALLMULTI,
    IFF_PROMISC,
    Interface,
    interfaces,
    move,
    set_flags,
)
from harness.labs.netns.namespace import Namespace
from harness.rtnl import messages

BOND, CABLE, FAR = "hprofile0", "hpeer0", "hpeer1"  # what we make, in this order of removal
T = TypeVar("T")
SEEN = IFF_PROMISC | IFF_ALLMULTI


@dataclass(frozen=True, slots=True)
class Kept:
    """An interface as it was found, where that was, and where it may be now."""

    interface: Interface
    home: Namespace
    away: Namespace | None = None


class Keeper:
    """Restores interfaces; `ours` are namespaces that may still hold devices we created."""

    def __init__(self, kept: Sequence[Kept], ours: Sequence[Namespace]) -> None:
        wait, self._held = os.pipe()
        self._report, tell = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._held)
            os.close(self._report)
            _serve(wait, tell, lambda: put_back(kept, ours))
        os.close(wait)
        os.close(tell)

    def close(self) -> list[str]:
        """Restore everything; return what could not be restored."""
        os.close(self._held)
        with open(self._report, "rb") as report:  # noqa: PTH123  (a pipe has no path)
            said = report.read()
        os.waitpid(self._child, 0)
        if not said:
            return ["the process that puts things back was killed: look at the interface yourself"]
        return list(json.loads(said))


def _serve(wait: int, tell: int, put: Callable[[], list[str]]) -> None:
    """Wait until the other process lets go or ends, put things back, say what failed, and end."""
    try:
        os.setsid()  # a signal to the group, such as Ctrl-C, is not for us
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):  # who reads our output must not wait for us
            os.dup2(null, stream)
        os.read(wait, 1)
        os.write(tell, json.dumps(put()).encode())
    finally:
        os._exit(0)


def put_back(kept: Iterable[Kept], ours: Iterable[Namespace]) -> list[str]:
    """Restore interfaces and remove the devices we created; return what failed."""
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
    for name in (BOND, CABLE):  # the far end of a cable goes with it
        found = interfaces(control).get(name)
        if found:
            control.send(messages.delete_link(name, found.index))


def _return(kept: Kept) -> None:
    """Bring an interface home, with its address, its flags and its state as they were."""
    was, home = kept.interface, Control(kept.home)
    if kept.away is not None:
        away = Control(kept.away)
        strayed = interfaces(away).get(was.name)
        if strayed and was.name not in interfaces(home):
            _restore_address(away, strayed, was)
            away.send(move(f"{was.name} back", strayed.index, kept.home))
    now = interfaces(home)[was.name]
    _restore_address(home, now, was)
    if (now.flags ^ was.flags) & SEEN:
        home.send(set_flags(f"flags of {was.name}", now.index, was.flags, SEEN))
    home.send(messages.set_link(f"{was.name} as it was", now.index, up=was.up))


def _restore_address(control: Control, now: Interface, was: Interface) -> None:
    """Give an interface its address; most drivers take it only while the interface is down."""
    if now.mac != was.mac:
        control.send(messages.set_link(f"{was.name} down", now.index, up=False))
        control.send(messages.set_link(f"address of {was.name}", now.index, address=was.mac))
