"""A machine that is a network namespace of the running kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property

from harness.lab import Clock, Sent, Stream, StreamSource
from harness.labs.agent.wire import ChildProcess, numbered, sender_socket, wall_to_monotonic
from harness.labs.netns.capture import Tap
from harness.labs.netns.control import Control
from harness.labs.netns.monitor import RTMGRP_LINK, RTMGRP_NEIGH, KernelLog, NetlinkMonitor
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.sysfs import Sysfs, read_and_close
from harness.loop import Loop
from harness.rtnl.messages import Request

GROUPS = {"links": RTMGRP_LINK, "neighbours": RTMGRP_NEIGH}
SYS = "/sys/"


class NetnsHost:
    """A namespace with its control socket; its clock is the tester's."""

    def __init__(
        self, name: str, loop: Loop, undo: ExitStack, namespace: Namespace | None = None
    ) -> None:
        """Take a namespace, or make one; raises LabError where the kernel does not allow it."""
        self.name = name
        self.namespace = namespace or Namespace(name)
        undo.callback(self.namespace.close)
        self.control = Control(self.namespace)
        undo.callback(self.control.close)
        self.shell = NetnsShell(self.namespace, loop, undo)
        self._loop = loop
        self._undo = undo

    def send(self, *requests: Request) -> None:
        """Send requests in one message; raises KernelRefused for the first that is refused."""
        self.control.send(*requests)

    def dump(self, request: Request, kind: int) -> list[bytes]:
        """Return the messages of type `kind` that answer a dump request."""
        return self.control.dump(request, kind)

    def listen(self, *sources: StreamSource, then: Callable[[], None] | None = None) -> Stream:
        """Listen to notifications, or to the kernel log; `then` is called on arrival."""
        if sources == ("log",):
            log = KernelLog()
            log.attach(self._loop)
            return log
        monitor = NetlinkMonitor(self.namespace, sum(GROUPS[name] for name in sources))
        self._undo.callback(monitor.close)
        monitor.attach(self._loop, then)
        return monitor

    def tap(self, program: bytes) -> Tap:
        """Capture the received frames that a classic BPF program accepts."""
        tap = Tap(self.namespace, program)
        self._undo.callback(tap.close)
        return tap

    def sender(self, link: str = "") -> NetnsSender:
        """Return a sender of frames from an interface, or of ICMP messages without one."""
        sender = NetnsSender(self.namespace, self._loop, link)
        self._undo.callback(sender.close)
        return sender

    def clock(self) -> Clock:
        """Return an offset of 0: its clock is the tester's."""
        return Clock(wall=wall_to_monotonic())


class NetnsSender:
    """A raw socket in a namespace."""

    def __init__(self, namespace: Namespace, loop: Loop, link: str) -> None:
        with namespace.inside():
            self._sock = sender_socket(link)
        self._loop = loop
        self._sent: list[Sent] = []
        self._end: Callable[[], None] = lambda: None

    def send(self, frame: bytes) -> None:
        """Send one frame; raises OSError if the kernel refuses it."""
        self._sock.send(frame)

    def repeat(self, every: int, template: bytes, to: str, start: int) -> None:
        """Send numbered copies of an echo request to an address, each `every` ns from a time."""
        count = 0

        def tick(at: int) -> None:
            nonlocal count
            refused = 0
            try:
                self._sock.sendto(numbered(template, count), (to, 0))
            except OSError as error:
                refused = error.errno or 0
            self._sent.append(Sent(at, count, refused))
            count += 1

        self._end = self._loop.every(every, tick, start)

    def stop(self) -> None:
        """Send no more copies."""
        self._end()

    def sent(self) -> list[Sent]:
        """Return which copies were sent since the last call."""
        sent, self._sent = self._sent, []
        return sent

    def close(self) -> None:
        """Send no more and close the socket."""
        self._end()
        self._sock.close()


class NetnsShell:
    """Files and programs inside a namespace."""

    def __init__(self, namespace: Namespace, loop: Loop, undo: ExitStack) -> None:
        self._namespace = namespace
        self._loop = loop
        self._undo = undo

    @cached_property
    def _sysfs(self) -> Sysfs:
        """The namespace's sysfs, open until the host is closed."""
        sysfs = Sysfs(self._namespace)
        self._undo.callback(sysfs.close)
        return sysfs

    def read(self, path: str) -> str:
        """Return a file's text; raises OSError."""
        if path.startswith(SYS):
            return self._sysfs.read(path.removeprefix(SYS))
        with self._namespace.inside():
            return read_and_close(os.open(path, os.O_RDONLY))

    def write(self, path: str, text: str) -> None:
        """Write to an existing file, such as one in /proc; raises OSError."""
        if path.startswith(SYS):
            self._sysfs.write(path.removeprefix(SYS), text)
            return
        with self._namespace.inside(), os.fdopen(os.open(path, os.O_WRONLY), "wb", 0) as file:
            file.write(text.encode())

    def start(self, argv: Sequence[str]) -> NetnsProgram:
        """Start a program; raises OSError where it cannot be."""
        return NetnsProgram(self._namespace, self._loop, argv)


class NetnsProgram:
    """A program in a namespace; the loop wakes up when it ends."""

    def __init__(self, namespace: Namespace, loop: Loop, argv: Sequence[str]) -> None:
        """Start it; raises OSError."""
        with namespace.inside():  # a child starts in the namespace of its parent's thread
            self._program = ChildProcess(list(argv))
        self._end = os.fdopen(os.pidfd_open(self._program.process.pid), "rb", buffering=0)
        self._forget = loop.watch(self._end, lambda: None)
        self._result: tuple[int, str, str] | None = None

    def ended(self) -> tuple[int, str, str] | None:
        """Return its status, output and errors, None while it runs."""
        if self._result is None:
            self._result = self._program.ended()
        return self._result

    def close(self) -> None:
        """Kill what is left of it."""
        self._program.close()
        self._forget()
        self._end.close()
