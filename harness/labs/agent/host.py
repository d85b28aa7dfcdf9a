"""A host whose kernel is reached through its agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from harness.errors import KernelRefused, LabError
from harness.lab import Clock, Seen, Sent, StreamSource
from harness.labs.agent import clock
from harness.labs.agent.channel import AgentEvent, Channel, packed, unpacked
from harness.labs.agent.pipe import AgentLost
from harness.labs.agent.ring import RECORD
from harness.loop import Loop
from harness.rtnl.messages import NLMSG_DONE, NLMSG_ERROR, Request, messages, numbered, refusal
from harness.units import MS

BATCH = 5 * MS  # for how long the agent batches events: fewer switches between processes


class RemoteStream:
    """Notifications or frames of an agent, with time stamps of its host's clock."""

    def __init__(
        self,
        channel: Channel,
        offset: int,
        do: str,
        then: Callable[[], None] | None = None,
        **what: object,
    ) -> None:
        """Have the agent listen; raises LabError that names the host."""
        self._then = then
        self._channel = channel
        self._offset = offset
        self._seen: list[Seen] = []
        self._number = channel.open(self._receive)
        self.lost = 0
        try:
            channel.ask(do, s=self._number, **what)
        except OSError as error:
            channel.forget(self._number)
            raise LabError(
                f"{channel.host} does not let its agent {do}: {error.strerror}",
                hint="the agent must run as root there, or in a namespace of its own",
            ) from error

    def take(self) -> list[Seen]:
        """Return what was received since the last call."""
        seen, self._seen = self._seen, []
        return seen

    def close(self) -> None:
        """Receive the remaining events, and stop listening."""
        self._channel.ask("close", s=self._number)
        self._channel.forget(self._number)

    def _receive(self, event: AgentEvent) -> None:
        self.lost += int(event.get("lost", 0))
        for at, data, late in event.get("e", ()):
            self._seen.append(Seen(at + self._offset, 0, 0, unpacked(data), late))
        self._seen += self._frames(unpacked(event.get("frames", "")))
        if self._then is not None:
            self._then()

    def _frames(self, data: bytes) -> Iterator[Seen]:
        at = 0
        while at < len(data):
            stamp, device, kind, length = RECORD.unpack_from(data, at)
            at += RECORD.size
            yield Seen(stamp + self._offset, device, kind, data[at : at + length])
            at += length


class RemoteTap(RemoteStream):
    """Frames; the number of dropped ones is known when it is closed."""

    def close(self) -> None:
        """Receive the remaining frames, and the number of dropped ones."""
        self.lost += self._channel.ask("dropped", s=self._number).value("dropped", int)
        super().close()


class RemoteSender:
    """Sends frames through an agent."""

    def __init__(self, channel: Channel, offset: int, link: str) -> None:
        """Open it; raises LabError that names the host."""
        self._channel = channel
        self._offset = offset
        self._sent: list[Sent] = []
        self._number = channel.open(self._receive)
        try:
            channel.ask("sender", s=self._number, device=link)
        except OSError as error:
            raise LabError(
                f"{channel.host} does not let its agent send by {link or 'its routes'}: "
                f"{error.strerror}",
                hint="the interface must be there, and the agent run as root",
            ) from error

    def send(self, frame: bytes) -> None:
        """Send one frame; raises OSError if the kernel refuses it."""
        self._channel.ask("frame", s=self._number, frame=packed(frame))

    def repeat(self, every: int, template: bytes, to: str, start: int) -> None:
        """Send numbered copies of an echo request each `every` ns from a time."""
        what = {"every": every, "template": packed(template), "to": to}
        self._channel.ask("repeat", s=self._number, first=start - self._offset, **what)

    def stop(self) -> None:
        """Send no more copies."""
        self._channel.ask("stop", s=self._number)

    def sent(self) -> list[Sent]:
        """Return which copies were sent since the last call."""
        sent, self._sent = self._sent, []
        return sent

    def close(self) -> None:
        """Close it."""
        self._channel.ask("close", s=self._number)
        self._channel.forget(self._number)

    def _receive(self, event: AgentEvent) -> None:
        for at, number, errno in event.get("sent", ()):
            self._sent.append(Sent(at + self._offset, number, errno))


class RemoteShell:
    """Files and programs of a host."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def read(self, path: str) -> str:
        """Return a file's text; raises OSError."""
        return self._channel.ask("read", path=path).value("text", str)

    def write(self, path: str, text: str) -> None:
        """Write to a file that is there; raises OSError."""
        self._channel.ask("write", path=path, text=text)

    def start(self, argv: Sequence[str]) -> RemoteProgram:
        """Start a program; raises OSError where it cannot be."""
        return RemoteProgram(self._channel, argv)


class RemoteProgram:
    """A program that an agent has started."""

    def __init__(self, channel: Channel, argv: Sequence[str]) -> None:
        """Start it; raises OSError."""
        self._channel = channel
        self._result: tuple[int, str, str] | None = None
        self._number = channel.open(self._receive)
        channel.ask("start", s=self._number, argv=list(argv))

    def ended(self) -> tuple[int, str, str] | None:
        """Return its status, output and errors, None while it runs."""
        return self._result

    def close(self) -> None:
        """Kill what is left of it."""
        self._channel.ask("close", s=self._number)
        self._channel.forget(self._number)

    def _receive(self, event: AgentEvent) -> None:
        status, out, err = event["exit"]
        self._result = int(status), str(out), str(err)


class RemoteHost:
    """A host behind an agent; its times are converted by the last measured clock offset."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.host
        self.shell = RemoteShell(channel)
        self._channel = channel
        self._clock = Clock()

    def send(self, *requests: Request) -> None:
        """Execute requests in one round trip; raises KernelRefused at the first error."""
        if not requests:
            return
        data = b"".join(numbered(one.data, n) for n, one in enumerate(requests))
        refused: KernelRefused | None = None
        for datagram in self._transact(data, len(requests)):
            for kind, flags, seq, body in messages(datagram):
                if kind == NLMSG_ERROR:
                    refused = refused or refusal(requests[seq].what, flags, body)
        if refused:
            raise refused

    def dump(self, request: Request, kind: int) -> list[bytes]:
        """Return the messages of type `kind` that answer a dump request."""
        return [
            body
            for datagram in self._transact(request.data, 1)
            for answer, _, _, body in messages(datagram)
            if answer == kind and answer != NLMSG_DONE
        ]

    def listen(
        self, *sources: StreamSource, then: Callable[[], None] | None = None
    ) -> RemoteStream:
        """Listen to notifications, or to the kernel log; `then` is called on arrival."""
        offset, groups = self._clock.offset, list(sources)
        if sources == ("log",):
            return RemoteStream(self._channel, offset, "log", then)
        return RemoteStream(self._channel, offset, "listen", then, groups=groups)

    def tap(self, program: bytes) -> RemoteStream:
        """Capture the received frames that a classic BPF program accepts."""
        return RemoteTap(self._channel, self._clock.offset, "tap", program=packed(program))

    def sender(self, link: str = "") -> RemoteSender:
        """Return a sender of frames from an interface, or of ICMP messages without one."""
        return RemoteSender(self._channel, self._clock.offset, link)

    def clock(self) -> Clock:
        """Measure its clock; later times are converted by the result."""
        self._clock = clock.measure(self._channel)
        return self._clock

    def _transact(self, data: bytes, acks: int) -> list[bytes]:
        try:
            answer = self._channel.ask("send", data=packed(data), acks=acks)
        except OSError as error:
            raise AgentLost(
                f"the kernel of {self.name} did not answer a request: {error.strerror}",
                hint="look at that kernel's log for a hung task",
            ) from error
        return answer.value("raw", lambda raw: [unpacked(one) for one in raw])


def enter_fresh_namespace(channel: Channel, hint: str) -> None:
    """Let an agent enter a new network namespace; raises LabError where its kernel refuses."""
    try:
        channel.ask("fresh")
    except OSError as error:
        raise LabError(
            f"{channel.host} does not let its agent have a network of its own: {error.strerror}",
            hint=hint,
        ) from error


def watched_host(channel: Channel, loop: Loop, undo: ExitStack) -> RemoteHost:
    """Return the host behind an agent that the loop now listens to, its clock measured."""
    undo.callback(loop.watch(channel, channel.read))
    host = RemoteHost(channel)
    host.clock()
    return host
