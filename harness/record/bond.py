"""A bond of the DUT that is up: its options, its times, what the kernel reads back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.windows import BondTimes, Window, spans
from harness.suggest import suggesting
from harness.topology import BondPlan
from harness.units import Span


@dataclass(slots=True, eq=False)
class Bond:
    """A bond that is up; `bond.miimon` and its like are spans, `bond["mode"]` a setting.

    `bond[...]` is what the kernel read back when the bond was made, or after the last change of
    its options; the times follow such a change too. `in_force` are the options of this recording
    one after the other, `options` the last of them.
    """

    plan: BondPlan
    in_force: list[BondOptions]
    seen: Mapping[str, Setting]
    hz: int
    lag: Span
    saw: Callable[[], None]

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a bond")

    @property
    def name(self) -> str:
        """The bond's name."""
        return self.plan.name

    @property
    def options(self) -> BondOptions:
        """The options in force."""
        return self.in_force[-1]

    @property
    def times(self) -> BondTimes:
        """All times that follow from the options."""
        return spans(self.options, self.hz, self.lag)

    @property
    def detection(self) -> Window:
        """From the fault to the active slave being declared down, by the monitor in force."""
        return self.times.detection

    @property
    def address(self) -> str:
        """The bond's own IPv4 address, none where it is the port of a bridge."""
        return self.plan.address

    @property
    def miimon(self) -> Span:
        """One inspection of the MII monitor."""
        return self.times.miimon

    @property
    def first_inspection(self) -> Span:
        """From switching a monitor on to its first inspection."""
        return self.times.first_inspection

    @property
    def arp_interval(self) -> Span:
        """One round of the ARP monitor."""
        return self.times.arp_interval

    @property
    def updelay(self) -> Span:
        """The time for which a recovered slave is not yet used."""
        return self.times.updelay

    @property
    def downdelay(self) -> Span:
        """The time for which a failed slave is still used."""
        return self.times.downdelay

    @property
    def peer_notif_delay(self) -> Span:
        """The time between two rounds of peer notifications."""
        return self.times.peer_notif_delay

    def __getitem__(self, option: str) -> Setting:
        self.saw()
        return self.seen[option]

    def begin(self) -> None:
        """Begin a recording: the options of before it are over."""
        del self.in_force[:-1]

    def reread(self, seen: Mapping[str, Setting]) -> dict[str, object]:
        """Take in what the kernel reads back now; return the options that have changed, as JSON.

        Setting one option may change others: a monitor ousts the other. Which slave is active is
        a state, not an option.
        """
        gone = {name: OPTIONS[name].default for name in self.seen.keys() - seen.keys()}
        changed = {
            name: setting
            for name, setting in {**gone, **seen}.items()
            if name != "active_slave" and setting != self.seen.get(name)
        }
        self.seen = seen
        if changed:
            self.in_force.append(BondOptions.unchecked(**{**self.options.asked, **changed}))
        return {name: plain(setting) for name, setting in changed.items()}


def plain(setting: Setting) -> object:
    """Return a setting as JSON has it, so that a history equals what comes back from its file."""
    return list(setting) if isinstance(setting, tuple) else setting
