"""A recording of one bond as the rules read it: its inputs and observations."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from harness.bonding import OPTIONS, BondOptions, BondTimes, spans, whole
from harness.bonding.options import PRIMARY_MODES, TLB_MODES
from harness.history import BondAbout, Event, History
from harness.judge import traffic
from harness.model.inputs import (
    LINK,
    LOSSES,
    SOUND,
    asked,
    carriers,
    choices,
    macs_by_hand,
    network_oddities,
    paths,
    priorities,
    selections,
    stirs,
)
from harness.model.observed import active_slaves, links
from harness.model.refusal import Unjudged
from harness.model.signals import Signal, Stay
from harness.units import Span

Named = str | None  # a link state, a slave or a MAC


def options_of(given: dict[str, Any]) -> BondOptions:
    """Return the options that a header or an event of a history has."""
    return BondOptions.unchecked(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if name in OPTIONS and name != "active_slave" and value not in ("", [])
        }
    )


def _became(event: Event) -> dict[str, Any]:
    """Return the options that an event changed.

    The kernel hides, and keeps, a primary that is no slave now: what was asked for counts, and a
    primary that is hidden when another option is set was not changed (PRIMARY-5;
    bond_option_primary_set, bond_enslave).
    """
    became, given = dict(event.get("became", {})), asked(event)
    if "primary" in given:
        became["primary"] = given["primary"]
    elif became.get("primary") == "":
        del became["primary"]
    return became


class BondHistory:
    """One bond in a history: inputs and observations as signals, times in ns.

    `tolerance` is that of a time between two events: one jiffy, the lateness of timers and the
    error of the clocks. `active_late` is that of the active slave: in the load balancing modes the
    kernel reports it with the repetition of IGMP reports only, one jiffy or two later
    (bond_change_active_slave, bond_resend_igmp_join_requests_delayed).
    Nothing is judged before `start` and after `end`.
    """

    def __init__(self, history: History, bond: str) -> None:
        self.history = history
        self.bond = bond
        self.about: BondAbout = history.about.bonds[bond]
        self.slaves = tuple(self.about.slaves)
        self.mode = str(self.about.options["mode"])
        self.unjudged: list[Unjudged] = []
        kernel = history.about.kernel
        self.hz, self.release = kernel.hz, kernel.release
        late = max(traffic.jitter(history), history.about.latest)
        tick = traffic.jiffy(history)
        self.tolerance = tick + late + traffic.clock_error(history)
        more = 2 * tick if self.mode in TLB_MODES else 0
        self.active_late = self.tolerance + more
        self.start = history.mark("recording") or 0
        self.end = traffic.end_at(history)
        self.stirs = stirs(history, bond, self.slaves)

    @cached_property
    def links(self) -> dict[str, Signal[Named]]:
        """Bonding's judgement of each slave: up, fail, down, back; None while it is no slave."""
        return {slave: links(self.history, self.bond, slave) for slave in self.slaves}

    @cached_property
    def active(self) -> Signal[Named]:
        """The active slave, None for none."""
        return active_slaves(self.history, self.bond)

    @property
    def has_active(self) -> bool:
        """Whether the mode has an active slave."""
        return self.mode in PRIMARY_MODES

    @cached_property
    def bond_carrier(self) -> Signal[bool]:
        """Whether the bond has carrier."""
        return self._notified("carrier", f"dut/{self.bond}", lambda event: event["up"])

    @cached_property
    def macs(self) -> dict[str, Signal[Named]]:
        """The MAC of the bond and of each slave."""
        names = (self.bond, *self.slaves)
        return {
            name: self._notified("mac", f"dut/{name}", lambda event: event["mac"])
            for name in names
        }

    @cached_property
    def wanted_mac(self) -> Signal[Named]:
        """The MAC that the bond had at first, then the last one that was set by hand (MAC-4).

        With fail_over_mac active or follow in active-backup that is ignored (FOM-ACTIVE-5).
        """
        first = self.macs[self.bond].at(self.start)
        if self.mode == "active-backup" and self.options.at(self.start)["fail_over_mac"] != "none":
            return Signal.of(first, [])
        given = macs_by_hand(self.history, self.bond)
        return Signal.of(first, [(at, mac) for at, mac in given if at > self.start])

    @cached_property
    def prios(self) -> dict[str, Signal[int]]:
        """The prio of each slave."""
        return {slave: priorities(self.history, slave) for slave in self.slaves}

    @cached_property
    def carriers(self) -> dict[str, Signal[bool]]:
        """Whether each slave's interface is up and has carrier."""
        return {slave: carriers(self.history, slave) for slave in self.slaves}

    @cached_property
    def paths(self) -> dict[str, Signal[str]]:
        """Whether each slave's cable passes all frames (SOUND), none (DEAF), or some (ODD)."""
        return {slave: paths(self.history, slave, self.carriers[slave]) for slave in self.slaves}

    @cached_property
    def odd_network(self) -> Signal[bool]:
        """Whether something beyond the slaves' cables was disturbed, so that paths may differ."""
        return network_oddities(self.history, self.bond, self.slaves)

    @cached_property
    def options(self) -> Signal[BondOptions]:
        """The options in force."""
        changes, given = [], dict(self.about.options)
        for event in self.history.select("fault", self.bond):
            if became := _became(event):
                given = {**given, **became}
                changes.append((event.at, options_of(given)))
        return Signal.of(options_of(dict(self.about.options)), changes)

    def times(self, at: int) -> BondTimes:
        """Return the times that follow from the options in force at a time."""
        return spans(self.options.at(at), self.hz, Span(self.about.lag))

    def number(self, name: str, at: int) -> int:
        """Return an option that is a number, as in force at a time."""
        return int(str(self.options.at(at)[name]))

    @cached_property
    def bond_up(self) -> Signal[bool]:
        """Whether the bond is administratively up: its monitor runs only then (bond_open)."""
        return self._notified("admin", f"dut/{self.bond}", lambda event: event["up"])

    @cached_property
    def has_partner(self) -> bool:
        """Whether, in 802.3ad, all slaves had joined one aggregator and its partner at first.

        Else, or where anything but cables, interfaces, slaves and options is changed, the model
        does not say which ports join.
        """
        begun = self.history.mark("disturb") or self.end
        joined = []
        for slave in self.slaves:
            seen = [e for e in self.history.select("lacp", slave) if e.at <= begun]
            joined += [e for e in seen[-1:] if "distributing" in e["actor"]]
        one = len({event["aggregator"] for event in joined}) == 1
        known = {*LINK, *LOSSES, "set", "enslave", "release"}
        plain = all(event["action"] in known for event in self.history.part("fault"))
        return len(joined) == len(self.slaves) and one and plain

    def link_changes(self, start: int, stop: int) -> list[int]:
        """Return when (ns) any slave changed its link state between two times."""
        changes = (self.links[slave].changes(start, stop) for slave in self.slaves)
        return sorted(at for found in changes for at, _, _ in found)

    def links_needed(self, at: int) -> int:
        """Return how many slaves must be up for the bond to have carrier (MINLINK-1)."""
        return max(1, self.number("min_links", at)) if self.mode == "802.3ad" else 1

    def quiet(self, start: int, stop: int) -> bool:
        """Return whether the bond itself was not changed from `start` to `stop`."""
        return bisect_left(self.stirs, start) == bisect_right(self.stirs, stop)

    def since_stir(self, at: int) -> int:
        """Return when the bond itself was last changed before a time, or the recording began."""
        place = bisect_right(self.stirs, at)
        return max(self.start, self.stirs[place - 1] if place else self.start)

    def since_active(self, at: int) -> int:
        """Return since when (ns) the active slave of a time has been the active one."""
        return max(when for when, _ in self.active.steps if when <= at)

    @cached_property
    def selections(self) -> list[int]:
        """When (ns) something made the bond select its active slave."""
        return selections(self.history, self.bond)

    @cached_property
    def choices(self) -> list[int]:
        """When (ns) the active slave may have been set by hand: also before the recording."""
        return [self.start, *choices(self.history, self.bond)]

    def chosen(self, at: int) -> bool:
        """Return whether the active slave of a time may be one that was set by hand.

        It is kept until something makes the bond select another one (ACTIVE-9).
        """
        last = max((when for when in self.choices if when <= at), default=self.start)
        selected = max((when for when in self.selections if when <= at), default=0)
        return last >= max(selected, self.since_active(at) - self.active_late)

    def calm(self, signal: Signal[Any]) -> Iterator[Stay[Any]]:
        """Yield the stays of a signal, divided where the bond itself was changed."""
        for stay in signal.stays(self.start, self.end):
            cuts = [at for at in self.stirs if stay.start < at < stay.stop]
            for start, stop in zip([stay.start, *cuts], [*cuts, stay.stop], strict=True):
                yield Stay(start, stop, stay.value)

    def any_up(self, start: int, stop: int) -> bool:
        """Return whether some slave was up, or waited for downdelay, between two times."""
        found = (state for slave in self.slaves for state in self.links[slave].within(start, stop))
        return any(state in ("up", "fail") for state in found)

    def usable(self, slave: str, start: int, stop: int) -> bool:
        """Return whether a slave was up, and had carrier, all the time between two times.

        The kernel does not notify of a slave without carrier before downdelay is over.
        """
        up = set(self.links[slave].within(start, stop)) == {"up"}
        return up and all(self.carriers[slave].within(start, stop))

    def in_use(self, slave: str, start: int, stop: int) -> bool:
        """Return whether a slave was usable and, in 802.3ad, had joined its partner before.

        LACP-CONV-1: until then the bond has no usable slave (bond_update_slave_arr).
        """
        lacp = self.mode == "802.3ad"
        joins = whole(self.times(start).lacp_join().latest) if lacp else 0
        return self.usable(slave, start - joins, stop)

    def all_sound(self, slave: str, start: int, stop: int) -> bool:
        """Return whether a slave's whole path passed all frames between two times."""
        return set(self.paths[slave].within(start, stop)) == {SOUND} and not any(
            self.odd_network.within(start, stop)
        )

    def silent(self, rule: str, where: str, why: str) -> None:
        """Note that a rule allows everything somewhere."""
        self.unjudged.append(Unjudged(rule, where, why))

    def _notified(self, kind: str, where: str, value: Callable[[Event], Any]) -> Signal[Any]:
        events = list(self.history.select(kind, where))
        first = value(events[0]) if events else None
        return Signal.of(first, ((event.at, value(event)) for event in events))
