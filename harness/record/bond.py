"""A bond of the DUT: its options, the times that follow from them, what the kernel reads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.lacp_times import LacpKernel
from harness.bonding.options import Series
from harness.bonding.windows import BondTimes, Window, spans
from harness.record.readings import Readings
from harness.suggest import suggesting
from harness.topology import BondPlan
from harness.units import Span


@dataclass(slots=True, eq=False)
class Bond:
    """A bond; `bond.miimon` and other times are spans, `bond["mode"]` is a setting.

    `bond[...]` is what the kernel reported when the bond was created or its options were last
    changed; the times follow such a change. `in_force` lists the successive options of this
    recording; `options` is the last of them. `now` is what the kernel shows at the moment.
    `kernel` is the series of the DUT's kernel; `partner` is the tester's kernel, whose bonds are
    the LACP partners.
    """

    plan: BondPlan
    in_force: list[BondOptions]
    seen: Mapping[str, Setting]
    hz: int
    lag: Span
    now: Readings
    kernel: Series | None = None
    partner: LacpKernel | None = None

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
        return spans(self.options, self.hz, self.lag, self.kernel, self.partner)

    @property
    def detection(self) -> Window:
        """From the fault until the monitor in force declares the active slave down."""
        return self.times.detection

    @property
    def address(self) -> str:
        """The bond's IPv4 address; empty if the bond is a port of a bridge."""
        return self.plan.address

    @property
    def miimon(self) -> Span:
        """From a change of carrier to the inspection that sees it; ScenarioError without miimon.

        One inspection of the MII monitor, and the time that the slaves' drivers take to report
        the change (harness.drivers.CARRIER_LAG).
        """
        self.times.need("miimon")
        return self.times.miimon + self.lag

    @property
    def inspection(self) -> Span:
        """From one inspection of the MII monitor to the next; ScenarioError where it is off."""
        self.times.need("miimon")
        return self.times.miimon

    @property
    def first_inspection(self) -> Span:
        """From enabling a monitor to its first inspection."""
        return self.times.first_inspection

    @property
    def arp_interval(self) -> Span:
        """One round of the ARP monitor; ScenarioError where it is off."""
        self.times.need("arp_interval")
        return self.times.arp_interval

    @property
    def updelay(self) -> Span:
        """The time after a link comes back before the slave is enabled."""
        return self.times.updelay

    @property
    def downdelay(self) -> Span:
        """The time after a link failure before the slave is disabled."""
        return self.times.downdelay

    @property
    def peer_notif_delay(self) -> Span:
        """The time between two peer notifications."""
        return self.times.peer_notif_delay

    @property
    def learning_interval(self) -> Span:
        """The time between two learning packets of a slave (lp_interval)."""
        return self.times.learning_interval

    @property
    def igmp_interval(self) -> Span:
        """The time between two membership reports after a failover (resend_igmp)."""
        return self.times.igmp_interval

    @property
    def lacp_timeout(self) -> Window:
        """From the partner's silence until its port is out of use, by the own lacp_rate."""
        return self.times.lacp_timeout()

    @property
    def lacp_join(self) -> Window:
        """From both ends of a link being up until its port is in use."""
        return self.times.lacp_join()

    def lacp_interval(self, rate: str = "", *, partner: bool = False) -> Span:
        """The time between two LACPDUs that a rate, `fast` or `slow`, asks for: the own one.

        It is that of the LACPDUs of the bond, or of its `partner`.
        """
        return self.times.lacp_interval(rate, partner=partner)

    def lacp_tick(self, times: int = 1) -> Span:
        """The time of some runs of LACP's state machines, 100 ms each."""
        return self.times.lacp_tick(times)

    def __getitem__(self, option: str) -> Setting:
        self.now.note_read()
        return self.seen[option]

    def begin(self) -> None:
        """Begin a recording: forget the options of earlier ones."""
        del self.in_force[:-1]

    def reread(self, seen: Mapping[str, Setting]) -> dict[str, object]:
        """Store what the kernel reports now; return the options that changed, as JSON values.

        Setting one option may change others: enabling a monitor disables the other one.
        `active_slave` is a state, not an option.
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
    """Return a setting as a JSON value: a history must equal what is loaded from its file."""
    return list(setting) if isinstance(setting, tuple) else setting
