"""The agent: runs on a host, serves requests on standard input; transports bytes undecoded.

It is sent as source to `python3 -I -S -u -c` (harness.labs.agent.source strips annotations, so
that Python 3.6 takes it) and imports the standard library alone. Requests, answers and events are
JSON, one object a line; bytes are base64, times ns of this host's CLOCK_MONOTONIC.

    {"id": 7, "do": "send", ...}       a request; answered by {"id": 7, "began": ns, "t": ns, ...}
    {"id": 7, "errno": 1, ...}         what could not be done
    {"s": 3, "e": [[at, base64, late], ...]}           the notifications that stream 3 heard, read
                                                       at most `late` ns after they were sent
    {"s": 3, "frames": base64}         the frames that it saw, a RECORD (see ring) before each
    {"s": 4, "sent": [[at, number, errno], ...]}       what sender 4 sent
    {"s": 3, "lost": 2}                stream 3 missed something
"""

from __future__ import annotations

import base64
import errno
import json
import os
import select
import socket
from collections.abc import Callable
from typing import Any

from harness.labs.agent.output import Output, Taps
from harness.labs.agent.ring import Ring
from harness.labs.agent.wire import (
    BUFFER,
    ETH_P_ALL,
    SECOND,
    ChildProcess,
    RunQueue,
    control_socket,
    enlarge_buffer,
    fresh_namespace,
    now,
    numbered,
    sender_socket,
    text_of,
    transact,
    wall_to_monotonic,
)

VERSION = 1
GROUPS = {"links": 1, "neighbours": 4}
PROGRAM_POLL = 5000000  # ns between two checks whether a program has ended
AT_ONCE = 1000000  # ns: a wait that is shorter may not have been one


class Agent:
    """The open streams and senders, and the loop that serves them."""

    def __init__(self) -> None:
        self.readers: dict[Any, Callable[[], None]] = {0: self.requests}
        self.timers: list[Any] = []
        self.opened: dict[int, Any] = {}
        self.output = Output()
        self.taps = Taps(self.output, self.readers)
        self.stopped: set[int] = set()
        self.pending = b""
        self.control: Any = None
        self.queue = RunQueue()
        self.queued = 0  # ns on the run queue before the last wait
        self.since = self.woke = now()  # nothing unread was sent before `since`

    def run(self) -> None:
        """Serve requests until the input ends.

        Timers come first, then requests and notifications, which are stamped when they are read;
        frames come last, because the kernel has stamped them. It never blocks on a slow reader of
        the output: on a busy machine the probes of the timers would be late.
        """
        os.set_blocking(1, False)
        self.output.say(hello=VERSION, pid=os.getpid(), kernel=os.uname().release, t=now())
        while 0 in self.readers:
            self.output.write()
            writers = [1] if self.output.unwritten else []
            self.queued, before = self.queue.waited(), now()
            ready, _, _ = select.select(list(self.readers), writers, [], self.wait())
            woke = now()
            # What was unread already ends a wait at once: it was sent since the wait before.
            self.since = woke if woke - before > AT_ONCE else self.woke
            self.woke = woke
            self.tick()
            for source in ready:
                if source in self.readers:
                    self.readers[source]()
            if self.output.due is not None and now() >= self.output.due:
                self.output.due = None
                self.output.flush()
                self.taps.read()

    def late(self, at: int) -> int:
        """Return by how many ns what is read now may have been sent before `at`."""
        return at - self.since + self.queue.waited() - self.queued

    def tick(self) -> None:
        """Call what is due."""
        at = now()
        for timer in sorted(t for t in self.timers if t[0] <= at):
            self.timers.remove(timer)
            timer[2](at)

    def wait(self) -> float | None:
        """Return the seconds until the next timer."""
        due = self.output.due
        times = [timer[0] for timer in self.timers] + ([] if due is None else [due])
        return max(0, min(times) - now()) / SECOND if times else None

    def requests(self) -> None:
        """Execute the requests on the input."""
        try:
            data = os.read(0, 1 << 16)
        except BlockingIOError:  # it is the same socket as the output, under some SSH servers
            return
        if not data:
            del self.readers[0]
            return
        lines = (self.pending + data).split(b"\n")
        self.pending = lines.pop()
        for line in filter(None, lines):  # an empty one is a heartbeat of the tester
            request = json.loads(line.decode())
            began = now()
            try:
                answer = getattr(self, "do_" + request["do"])(request) or {}
            except OSError as error:
                answer = {"errno": error.errno or errno.EIO, "text": error.strerror or str(error)}
            self.output.flush()
            self.output.say(id=request["id"], began=began, t=now(), **answer)

    def do_ping(self, _: dict[str, Any]) -> None:
        """Answer with the time."""

    def do_wall(self, _: dict[str, Any]) -> dict[str, int]:
        """Return what is added to the stamps of frames."""
        return {"wall": wall_to_monotonic()}

    def do_batch(self, request: dict[str, Any]) -> None:
        """Set for how many ns events are batched."""
        self.output.batch = request["ns"]

    def do_fresh(self, _: dict[str, Any]) -> None:
        """Enter a new network namespace; close what is open in the old one."""
        for number in list(self.opened):
            self.shut(number)
        if self.control is not None:
            self.control.close()
            self.control = None
        fresh_namespace()

    def do_send(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send rtnetlink requests; answer with all messages up to the number of `acks`."""
        if self.control is None:
            self.control = control_socket()
        raw = transact(self.control, base64.b64decode(request["data"]), request["acks"])
        return {"raw": [text_of(one) for one in raw]}

    def do_read(self, request: dict[str, Any]) -> dict[str, str]:
        """Return the text of a file."""
        with open(request["path"]) as file:  # noqa: PTH123
            return {"text": file.read()}

    def do_write(self, request: dict[str, Any]) -> None:
        """Write to an existing file, such as one in /proc or /sys."""
        fd = os.open(request["path"], os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(fd, request["text"].encode())
        finally:
            os.close(fd)

    def do_start(self, request: dict[str, Any]) -> None:
        """Start a program; its output is reported when it has ended."""
        number, program = request["s"], ChildProcess(request["argv"])
        self.opened[number] = program

        def look(at: int) -> None:
            if number in self.stopped:
                return
            result = program.ended()
            if result is None:
                self.timers.append((at + PROGRAM_POLL, number, look))
            else:
                self.output.say(s=number, exit=result)

        self.timers.append((now(), number, look))

    def do_close(self, request: dict[str, Any]) -> None:
        """Close a stream or a sender after writing its events."""
        number = request["s"]
        reader = self.readers.get(self.opened.get(number))
        if number in self.taps.rings:
            self.taps.read_one(number)
        elif reader is not None:
            reader()
        self.shut(number)

    def shut(self, number: int) -> None:
        """Close what is open under a number."""
        self.stopped.add(number)
        self.taps.close(number)
        source = self.opened.pop(number)
        self.readers.pop(source, None)
        os.close(source) if isinstance(source, int) else source.close()

    def do_listen(self, request: dict[str, Any]) -> None:
        """Record the notifications of netlink groups."""
        number, sock = request["s"], socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        enlarge_buffer(sock)
        sock.bind((0, sum(GROUPS[name] for name in request["groups"])))
        sock.setblocking(False)

        def read() -> None:
            while True:
                try:
                    at, data = now(), sock.recv(BUFFER)
                except BlockingIOError:
                    return
                except OSError:  # ENOBUFS: the socket's receive buffer was full
                    self.output.say(s=number, lost=1)
                    return
                self.output.event("e", number, [at, text_of(data), self.late(at)])

        self.opened[number], self.readers[sock] = sock, read

    def do_log(self, request: dict[str, Any]) -> None:
        """Record the kernel log."""
        number = request["s"]
        fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.lseek(fd, 0, os.SEEK_END)

        def read() -> None:
            while True:
                try:
                    at, data = now(), os.read(fd, 8192)
                    self.output.event("e", number, [at, text_of(data), self.late(at)])
                except BrokenPipeError:
                    self.output.say(s=number, lost=1)
                except OSError:
                    return

        self.opened[number], self.readers[fd] = fd, read

    def do_tap(self, request: dict[str, Any]) -> None:
        """Capture the received frames that a BPF program accepts, with kernel time stamps."""
        number = request["s"]
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        ring = Ring(sock, base64.b64decode(request["program"]))
        self.opened[number] = ring
        self.taps.open(number, ring, wall_to_monotonic())

    def do_dropped(self, request: dict[str, Any]) -> dict[str, int]:
        """Return the number of frames dropped by a tap since the last call."""
        return {"dropped": self.opened[request["s"]].dropped()}

    def do_sender(self, request: dict[str, Any]) -> None:
        """Open a sender of frames from a device, or of ICMP messages without one."""
        self.opened[request["s"]] = sender_socket(request.get("device", ""))

    def do_frame(self, request: dict[str, Any]) -> None:
        """Send one frame."""
        self.opened[request["s"]].send(base64.b64decode(request["frame"]))

    def do_repeat(self, request: dict[str, Any]) -> None:
        """Send numbered copies of an ICMP echo request on a fixed grid of times."""
        number, every = request["s"], request["every"]
        template = base64.b64decode(request["template"])
        sock, to, first = self.opened[number], request["to"], request["first"]
        self.stopped.discard(number)
        state = {"seq": 0, "due": first}

        def tick(at: int) -> None:
            if number in self.stopped:
                return
            seq, refused = state["seq"], 0
            try:
                sock.sendto(numbered(template, seq), (to, 0))
            except OSError as error:
                refused = error.errno or errno.EIO
            self.output.event("sent", number, [at, seq, refused])
            state["seq"] += 1
            state["due"] += every * ((at - state["due"]) // every + 1)
            self.timers.append((state["due"], number, tick))

        self.timers.append((first, number, tick))

    def do_stop(self, request: dict[str, Any]) -> None:
        """Stop sending; the sender stays open."""
        self.stopped.add(request["s"])


if __name__ == "__main__":
    Agent().run()
