"""Frames that a machine sends on purpose, once or again and again, written into the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness import frames, lab
from harness.errors import ScenarioError
from harness.loop import now
from harness.plural import counted
from harness.record.journal import Lasting, Site
from harness.rtnl import messages
from harness.topology import DUT
from harness.units import Span, as_span, in_ms, ms

FASTEST = 1 * ms  # a frame costs a guest's processor up to a fifth of that


@dataclass(frozen=True, slots=True)
class Pace:
    """How often frames are sent: `count` of them, or for a time, or until somebody ends it."""

    every: Span | None = None
    count: int | None = None
    during: Span | None = None

    def demand_possible(self, who: str) -> None:
        """Raise ScenarioError for a pace that cannot be kept or never ends."""
        for name, span in (("every", self.every), ("during", self.during)):
            if span is not None:
                as_span(span, f"send({name}={span!r}): ")
        if self.every is None:
            if self.during is not None or self.count not in (None, 1):
                raise ScenarioError(
                    f"{who} cannot send several frames at once",
                    hint="say how often: every=50 * ms",
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
        """From the first frame to the last in ns, as far as it is bounded."""
        ends = [self.during.ns] if self.during else []
        if self.every and self.count:
            ends.append(self.every.ns * (self.count - 1))
        return min(ends, default=0)


ONCE = Pace()


@dataclass(frozen=True, slots=True)
class Sender:
    """A machine's interface, or the port of a switch, as the source of frames."""

    site: Site
    machine: str
    link: str
    port: lab.Port | None = None

    def send(self, frame: object, pace: Pace, label: str = "") -> Lasting:
        """Send a frame of somebody's own, once or at a pace; what is returned ends it."""
        pace.demand_possible(self.machine)
        data = frames.whole(frame, lambda: self.mac)
        told = {"frame": label or frames.described(data)}
        if self.machine == DUT or self.port:
            told["via"] = self.link
        return self.repeat("send", data, pace, **told)

    def repeat(self, action: str, data: bytes, pace: Pace = ONCE, **what: object) -> Lasting:
        """Send a frame at a pace, and write down when that began and ended."""
        pace.demand_possible(self.machine)
        sender, site, at = self._host.sender(self._device), self.site, now()
        if pace.every is None:

            def do() -> None:
                _sent(sender, data)

            site.did(self.machine, action, "stimulus", do, **what)
            return Lasting(lambda: None)
        told = {"every_ms": pace.every.ns / ms.ns, **({"count": pace.count} if pace.count else {})}
        site.journal.note(at, self.machine, action, "stimulus", phase="begin", **what, **told)

        def ended(sent: int) -> None:
            told = {**what, "sent": sent}
            site.journal.note(now(), self.machine, action, "stimulus", phase="end", **told)

        series = _Series(lambda: _sent(sender, data), pace.count, ended)
        series.stop = site.loop.every(pace.every.ns, series.tick)
        if pace.lasts:
            site.journal.expect(at + pace.lasts)
        if pace.during:
            site.loop.at(at + pace.during.ns, lambda _: series.end())
        return Lasting(series.end)

    @property
    def mac(self) -> str:
        """The address that the interface has now."""
        return self._attribute("IFLA_ADDRESS")

    @property
    def _device(self) -> str:
        """The interface's name: a port is called as its lab calls it."""
        return self._attribute("IFLA_IFNAME") if self.port else self.link

    def _attribute(self, name: str) -> str:
        port, network = self.port, self.site.network
        number = port.index if port else network.number(self.machine, self.link)
        links = self._host.dump(messages.all_links(), messages.RTM_NEWLINK)
        found = (one for one in map(messages.decode_link, links) if one["index"] == number)
        return str(next(found).get_attr(name))

    @property
    def _host(self) -> lab.Host:
        return self.site.network.host(lab.FABRIC if self.port else self.machine)


@dataclass(slots=True)
class _Series:
    """Frames that are being sent, until their number or somebody ends it."""

    send: Callable[[], bool]
    left: int | None
    ended: Callable[[int], None]
    stop: Callable[[], None] = lambda: None
    sent: int = 0
    over: bool = False

    def tick(self, _: int) -> None:
        """Send one more."""
        self.sent += self.send()
        if self.left is not None:
            self.left -= 1
            if not self.left:
                self.end()

    def end(self) -> None:
        """Send no more; to end it twice is harmless."""
        if not self.over:
            self.over = True
            self.stop()
            self.ended(self.sent)


def _sent(sender: lab.Sender, data: bytes) -> bool:
    # A port without carrier swallows the frame; that is the network's business, not an error.
    try:
        sender.send(data)
    except OSError:
        return False
    return True
