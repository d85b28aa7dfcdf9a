"""Frames that a scenario lets a machine send, once or periodically; written into the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from harness import frames, lab
from harness.errors import ScenarioError
from harness.flows import Flow
from harness.loop import now
from harness.plural import counted
from harness.record.journal import Effect, FaultContext
from harness.rtnl import messages
from harness.topology import DUT
from harness.units import Span, as_span, in_ms, ms

FASTEST = 1 * ms  # a frame costs a guest's processor up to a fifth of that
EACH_TICK = 4  # frames of flows
MOST_FLOWS = 2000


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of a sender: a frame `every` span, `count` frames, or `during` a span."""

    every: Span | None = None
    count: int | None = None
    during: Span | None = None

    def check(self, who: str) -> None:
        """Raise ScenarioError for an impossible pace."""
        for name, span in (("every", self.every), ("during", self.during)):
            if span is not None:
                as_span(span, f"send({name}={span!r}): ")
        if self.every is None:
            if self.during is not None or self.count not in (None, 1):
                raise ScenarioError(
                    f"{who} cannot send several frames at once",
                    hint="give the interval: every=50 * ms",
                )
            return
        if self.every.ns < FASTEST.ns:
            raise ScenarioError(
                f"{who} cannot send a frame every {in_ms(self.every.ns)}",
                hint=f"every is {in_ms(FASTEST.ns)} or longer",
            )
        if self.count is not None and self.count < 1:
            raise ScenarioError(
                f"{who} cannot send {counted(self.count, 'frame')}", hint="count is 1 or more"
            )
        if self.during is not None and self.during.ns <= 0:
            raise ScenarioError(
                f"{who} cannot send for {in_ms(self.during.ns)}", hint="during is longer than 0 ms"
            )

    @property
    def lasts(self) -> int:
        """The time from the first frame to the last in ns, 0 if it has no limit."""
        ends = [self.during.ns] if self.during else []
        if self.every and self.count:
            ends.append(self.every.ns * (self.count - 1))
        return min(ends, default=0)


ONCE = Pace()


@dataclass(frozen=True, slots=True)
class RecordedSender:
    """Sends frames from a machine's interface, or from a switch port."""

    context: FaultContext
    machine: str
    link: str
    port: lab.Port | None = None

    def send(self, frame: object, pace: Pace, label: str = "") -> Effect:
        """Send a given frame, once or at a pace; ending the returned effect stops it."""
        pace.check(self.machine)
        data = frames.whole(frame, lambda: self.mac)
        fields = {"frame": label or frames.described(data)}
        if self.machine == DUT or self.port:
            fields["via"] = self.link
        return self.repeat("send", data, pace, **fields)

    def repeat(self, action: str, data: bytes, pace: Pace = ONCE, **what: object) -> Effect:
        """Send a frame at a pace, and record when that began and ended."""
        pace.check(self.machine)
        sender, context, at = self._host.sender(self.device), self.context, now()
        if pace.every is None:

            def do() -> None:
                send_or_drop(sender, data)

            context.apply(self.machine, action, "stimulus", do, **what)
            return Effect(lambda: None)
        fields = {
            "every_ms": pace.every.ns / ms.ns,
            **({"count": pace.count} if pace.count else {}),
        }
        context.journal.note(at, self.machine, action, "stimulus", phase="begin", **what, **fields)

        def ended(sent: int) -> None:
            final = {**what, "sent": sent}
            context.journal.note(now(), self.machine, action, "stimulus", phase="end", **final)

        series = _Repetition(lambda: send_or_drop(sender, data), pace.count, ended)
        series.stop = context.loop.every(pace.every.ns, series.tick)
        if pace.lasts:
            context.journal.expect(at + pace.lasts)
            if not pace.during:
                series.awaited = partial(_await, context, pace.every.ns)
        if pace.during:
            context.loop.at(at + pace.during.ns, lambda _: series.end())
        return Effect(series.end)

    def flows(self, given: Sequence[Flow]) -> Effect:
        """Send a frame of each flow, EACH_TICK of them every FASTEST; raises ScenarioError."""
        if not 1 <= len(given) <= MOST_FLOWS:
            raise ScenarioError(
                f"{self.machine} cannot send {counted(len(given), 'flow')} at once",
                hint=f"give 1 to {MOST_FLOWS} flows",
            )
        sender, context, at = self._host.sender(self.device), self.context, now()
        numbers = [next(context.numbers) for _ in given]
        fields = {"via": self.link, "first": numbers[0], "count": len(given)}
        context.journal.note(at, self.machine, "send_flows", "stimulus", **fields)
        left = iter([flow.encode(number) for flow, number in zip(given, numbers, strict=True)])

        def send() -> bool:
            return all(list(map(partial(send_or_drop, sender), islice(left, EACH_TICK))))

        ticks = -(-len(given) // EACH_TICK)
        series = _Repetition(send, ticks, lambda _: None)
        series.stop = context.loop.every(FASTEST.ns, series.tick)
        series.awaited = partial(_await, context, FASTEST.ns)
        context.journal.expect(at + ticks * FASTEST.ns)
        return Effect(series.end)

    @property
    def mac(self) -> str:
        """The current MAC of the interface."""
        return self._attribute("IFLA_ADDRESS")

    @property
    def device(self) -> str:
        """The interface's name; the lab names the devices of ports."""
        return self._attribute("IFLA_IFNAME") if self.port else self.link

    def _attribute(self, name: str) -> str:
        port, network = self.port, self.context.network
        number = port.index if port else network.ifindex(self.machine, self.link)
        links = messages.dump_links(self._host)
        found = (link for link in map(messages.decode_link, links) if link["index"] == number)
        return str(next(found).get_attr(name))

    @property
    def _host(self) -> lab.Host:
        return self.context.network.host(lab.FABRIC if self.port else self.machine)


@dataclass(slots=True)
class _Repetition:
    """Frames that are sent periodically until `left` is used up, or until `end`.

    `awaited` is told how many are left: over a slow connection they take longer than planned.
    """

    send: Callable[[], bool]
    left: int | None
    ended: Callable[[int], None]
    awaited: Callable[[int], None] = lambda _: None
    stop: Callable[[], None] = lambda: None
    sent: int = 0
    over: bool = False

    def tick(self, _: int) -> None:
        """Send the next frame."""
        self.sent += self.send()
        if self.left is not None:
            self.left -= 1
            if self.left:
                self.awaited(self.left)
            else:
                self.end()

    def end(self) -> None:
        """Stop sending; may be called twice."""
        if not self.over:
            self.over = True
            self.stop()
            self.ended(self.sent)


def _await(context: FaultContext, every: int, left: int) -> None:
    context.journal.expect(now() + left * every)


def send_or_drop(sender: lab.Sender, data: bytes) -> bool:
    """Send a frame; return False where a port without carrier drops it, as in a real network."""
    try:
        sender.send(data)
    except OSError:
        return False
    return True
