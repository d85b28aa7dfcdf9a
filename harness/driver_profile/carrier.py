"""Latency of a fault at the far end: in the polled carrier flag, and as a netlink event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.driver_profile.facts import CarrierLatency, Samples
from harness.driver_profile.nic import POLL, ProfiledNic
from harness.labs.netns.monitor import RTMGRP_LINK, NetlinkMonitor
from harness.loop import now
from harness.rtnl import messages
from harness.units import MS, in_ms

# For interfaces in no bond the kernel reports one change a second, all interfaces together: a
# far end on the same machine may use it up, which delays the event by a second (link_watch.c).
QUIET = 1200 * MS
STEP = 37 * MS  # varies the phase of faults against a driver that polls


@dataclass(slots=True)
class _Detected:
    """When a change was first detected, in ns; None before that."""

    flag: int | None = None
    event: int | None = None

    @property
    def whole(self) -> bool:
        return self.flag is not None and self.event is not None


@dataclass(slots=True)
class _Series:
    """The samples of all repetitions of one direction."""

    flag: list[int | None] = field(default_factory=list)
    event: list[int | None] = field(default_factory=list)
    doubt: int = 0

    def add(self, seen: _Detected, begin: int, doubt: int) -> None:
        self.flag.append(None if seen.flag is None else max(0, seen.flag - begin))
        self.event.append(None if seen.event is None else max(0, seen.event - begin))
        self.doubt = max(self.doubt, doubt)


def measure(
    nic: ProfiledNic, repeat: int, jitter: int, asked: Callable[[bool], None]
) -> CarrierLatency:
    """Cut and restore the link `repeat` times; `asked` is called once in each state.

    `jitter` is the lateness of timers in ns. The interface must be up and have carrier.
    """
    assert nic.far is not None
    down, up = _Series(), _Series()
    for number in range(repeat):
        nic.rest(QUIET + number * STEP)
        nic.say(f"{nic.name}: cable out and in, {number + 1} of {repeat}")
        for on, found in ((False, down), (True, up)):
            _change(nic, on, found)
            if number == 0:
                asked(on)
            nic.rest(QUIET + number * STEP)
    doubt = max(down.doubt, up.doubt)
    return CarrierLatency(
        how=nic.far.how,
        down_flag=Samples(tuple(down.flag)),
        down_event=Samples(tuple(down.event)),
        up_flag=Samples(tuple(up.flag)),
        up_event=Samples(tuple(up.event)),
        watched=nic.far.patience,
        resolution=POLL + jitter + doubt,
        resolved_by=f"flag read every {in_ms(POLL)} + timers late by {in_ms(jitter)} (p99)"
        f" + the fault took {in_ms(doubt)}",
    )


def _change(nic: ProfiledNic, on: bool, found: _Series) -> None:  # noqa: FBT001
    """Plug the cable in or out, and add the time until that was detected."""
    assert nic.far is not None
    seen, index = _Detected(), nic.index
    monitor = NetlinkMonitor(nic.namespace, RTMGRP_LINK)
    with nic.sysfs.watch(nic.name, "carrier") as file:
        forget = monitor.attach(nic.loop)
        moment = nic.far.carrier(on=on)

        def look(at: int) -> None:
            if seen.flag is None and file.read() == str(int(on)):
                seen.flag = at
            if seen.event is None:
                seen.event = _event_time(monitor, index, on)

        stop = nic.loop.every(POLL, look)
        nic.loop.pump(now() + nic.far.patience, lambda: seen.whole)
        stop()
        forget()
        monitor.close()
    if moment is None:  # an operator did it at an unknown time: count from the first sign
        first = min((one for one in (seen.flag, seen.event) if one is not None), default=0)
        found.add(seen, first, 0)
    else:
        found.add(seen, moment.before, moment.after - moment.before)


def _event_time(monitor: NetlinkMonitor, index: int, on: bool) -> int | None:  # noqa: FBT001
    """Return when the kernel first reported the carrier state of an interface, in ns."""
    first = None
    for at, kind, message in messages.notifications(monitor.take()):
        if kind != messages.RTM_NEWLINK or first is not None:
            continue
        link = messages.decode_link(message)
        if link["index"] == index and link["family"] == 0:
            first = at if bool(link.get_attr("IFLA_CARRIER")) == on else None
    return first
