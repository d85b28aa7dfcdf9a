"""Windows of detection, switchover and recovery that follow from a bond's options.

Every figure counts real timer periods: M' is the period of a monitor with miimon, A' that with
arp_interval, T' the 100 ms tick of 802.3ad (see wheel.py). A bound is a Span of the documented
length whose slack is the delay of the wheel, so comparing a Measured with it needs no tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.bonding.lacp_times import LACP_TICK, LacpKernel, gap_ticks, interval, timeout_ticks
from harness.bonding.options import Series
from harness.bonding.parse import BondOptions
from harness.bonding.wheel import jiffies, jiffy, stretched, wheel
from harness.errors import ScenarioError
from harness.units import MS, Span

ALB_TICK = 100 * MS
NONE = Span(0)
LACP_SLACK_TICKS = 2
LACP_JOIN_TICKS = 30
GRACE = 2  # intervals of arp_interval, and a half, in which nothing is judged


MONITORS = {"miimon": "MII", "arp_interval": "ARP"}


@dataclass(frozen=True, slots=True)
class Window:
    """The earliest and the latest time, from the event, at which its effect may occur."""

    earliest: Span
    latest: Span


def _number(options: BondOptions, name: str) -> int:
    return int(str(options[name]))


@dataclass(frozen=True, slots=True)
class BondTimes:
    """The times of one bond on a kernel with `hz` ticks a second, made by `spans`.

    `lag` is the delay with which the slaves' drivers may report a change of carrier: mostly 0.
    `kernel` is the series of its kernel, None for the newest; `partner` is its LACP partner's.
    """

    options: BondOptions
    hz: int
    lag: Span
    kernel: Series | None
    partner: LacpKernel

    @property
    def miimon(self) -> Span:
        """One MII inspection: M' (bond_mii_monitor re-arms itself)."""
        return self._miimons(1)

    @property
    def first_inspection(self) -> Span:
        """From enabling a monitor to its first inspection: at once (bond_option_miimon_set).

        The RTNL is still held when it is enabled: bond_mii_monitor cannot take it, and tries
        again with a timer of one jiffy, which expires within two.
        """
        return Span(0, 2 * jiffy(self.hz))

    @property
    def updelay(self) -> Span:
        """U inspections, as many as fit into updelay (_bond_option_delay_set rounds down)."""
        return self._miimons(self._multiple("updelay"))

    @property
    def downdelay(self) -> Span:
        """D inspections, as many as fit into downdelay."""
        return self._miimons(self._multiple("downdelay"))

    @property
    def peer_notif_delay(self) -> Span:
        """From one round of peer notifications to the next; 0 means one monitor interval.

        Source: bond_should_notify_peers; under the ARP monitor a round is an arp_interval apart.
        """
        every = max(1, self._multiple("peer_notif_delay"))
        return self._miimons(every) if self.options["miimon"] else self._intervals(every)

    @property
    def arp_interval(self) -> Span:
        """One round of the ARP monitor: A' (bond_arp_monitor re-arms itself)."""
        return self._intervals(1)

    @property
    def detection(self) -> Window:
        """Fault to active slave down, by the monitor in force: carrier loss or no ARP replies."""
        return self.silence() if self.options["arp_interval"] else self.carrier_loss()

    def carrier_loss(self) -> Window:
        """Carrier loss to slave down: (0, M'], with downdelay (D*M', (D+1)*M'], and the lag.

        Source: bond_miimon_inspect counts `delay` down once per inspection. MIIMON-1, DOWNDELAY-1.
        """
        self.need("miimon")
        delay = self._multiple("downdelay")
        return Window(self._miimons(delay), self._miimons(delay + 1) + self.lag)

    def carrier_back(self, *, alone: bool = False) -> Window:
        """Carrier back to slave up: (U*M', (U+1)*M']; (0, M'] where no other slave is left.

        `alone` follows bond_miimon_inspect, ignore_updelay: from 6.1 on balance-rr, broadcast and
        802.3ad apply updelay all the same. UPDELAY-1, DELAY-3, DELAY-4.
        """
        self.need("miimon")
        waits = self.options.mode in ("balance-rr", "broadcast", "802.3ad")
        delay = 0 if alone and not waits else self._multiple("updelay")
        return Window(self._miimons(delay), self._miimons(delay + 1) + self.lag)

    def silence(self, *, backup: bool = False) -> Window:
        """Last frame that could count to slave down, under the ARP monitor.

        A slave is down at the first round later than (m + 1/2)*A after its last good frame, so
        (m*A', (m+1)*A'] after the fault; a backup slave of active-backup gets one round more. On
        a coarse wheel a large m is reached one round earlier. Where any frame counts, not only the
        answer to a round's probe, the last one may be just recent enough at a round: then up to
        (m + 1/2)*A + A'. Source: bond_ab_arp_inspect, bond_loadbalance_arp_mon,
        bond_time_in_interval, slave_last_rx. ARPMISS-1, ARPMISS-2, ARPMISS-3.
        """
        self.need("arp_interval")
        extra = int(backup and self.options.mode == "active-backup")
        missed = _number(self.options, "arp_missed_max") + extra
        first, last = self._rounds_until_down(missed)
        every, span = wheel(self.arp_interval.ns, self.hz), self.arp_interval.ns
        earliest = min(missed * span, (first - 1) * every.best)
        latest = max(last * every.worst, (missed + 1) * span)
        if self._any_frame_counts(backup=backup):
            latest = max(latest, self._silent(missed) * jiffy(self.hz) + every.worst)
        return Window(Span(earliest), _late((missed + 1) * span, latest))

    def backups_outlive(self) -> bool:
        """Return whether backups are still up in the round that declares the active slave down.

        They have one round more (ARPMISS-2), but it counts in arp_interval, and the wheel makes
        rounds longer than that: with 5 jiffies a round takes 6, so 2.5 and 3.5 intervals end in
        the same round. Where the backups were up because of the active slave's probes, all slaves
        are then declared down at once. Source: bond_ab_arp_inspect.
        """
        self.need("arp_interval")
        limit = self._silent(_number(self.options, "arp_missed_max"))
        interval = jiffies(self.arp_interval.ns, self.hz)
        every = wheel(self.arp_interval.ns, self.hz)
        periods = range(every.best // jiffy(self.hz), every.worst // jiffy(self.hz) + 1)
        return all((limit // period + 1) * period <= limit + interval for period in periods)

    def sound_again(self) -> Window:
        """Path repaired to backup slave up: at most two rounds, one to probe, one to evaluate.

        The lag comes first: no frame passes before the driver has reported the carrier.
        Source: bond_ab_arp_inspect accepts any frame of the last 1.5 intervals. ARPMISS-8.
        """
        self.need("arp_interval")
        return Window(Span(0), self._intervals(2) + self.lag)

    def service_again(self, slaves: int) -> Window:
        """Path repaired after all slaves were down to a slave active: (0, (n+1)*A'], and the lag.

        Source: bond_ab_arp_probe tries one slave per round, in the order of the list. ARPMISS-7.
        """
        self.need("arp_interval")
        return Window(Span(0), self._intervals(slaves + 1) + self.lag)

    def reversion(self) -> Window:
        """The primary's path repaired to the primary active, if primary_reselect permits it.

        The switch happens in the commit that declares the slave up: so carrier_back under miimon
        and sound_again under the ARP monitor, which knows no updelay. PRIMARY-1, PRESEL-1.
        """
        return self.sound_again() if self.options["arp_interval"] else self.carrier_back()

    def lacp_timeout(self) -> Window:
        """LACPDUs stop to port out: 2/3 to all of the timeout (3 s or 90 s), and 2 T'.

        Source: ad_rx_machine, __ad_timer_to_ticks; the partner sends every third of it, or up to
        2 T' less often (`lacp_interval`). LACP-RATE-4.
        """
        self._need_lacp()
        rate = str(self.options["lacp_rate"])
        ticks = timeout_ticks(rate)
        earliest = Span((ticks - gap_ticks(rate, self.partner.series)[1]) * LACP_TICK)
        latest = stretched(LACP_TICK, self.hz, ticks + LACP_SLACK_TICKS)
        documented = Span(ticks * LACP_TICK)
        return Window(earliest, _late(documented.ns, latest.ns + latest.slack))

    def lacp_interval(self, rate: str = "", *, partner: bool = False) -> Span:
        """From one LACPDU to the next, as a rate asks for it: 10 or 300 T'; by default the own.

        `partner`: of the partner's LACPDUs. Before 6.17 10 T' are 9 or 12 (`gap_ticks`).
        Source: ad_periodic_machine, AD_FAST_PERIODIC_TIME. LACP-RATE-1, LACP-RATE-2.
        """
        self._need_lacp()
        sender = self.partner if partner else LacpKernel(self.hz, self.kernel)
        return interval(rate or str(self.options["lacp_rate"]), sender)

    @property
    def learning_interval(self) -> Span:
        """From one learning packet of a slave to the next: lp_interval seconds in ticks of 100 ms.

        Source: bond_alb_monitor, BOND_ALB_LP_TICKS. LP-1.
        """
        return stretched(ALB_TICK, self.hz, 10 * _number(self.options, "lp_interval"))

    @property
    def igmp_interval(self) -> Span:
        """From one membership report after a failover to the next: 200 ms.

        Source: bond_resend_igmp_join_requests_delayed. IGMP-1.
        """
        return stretched(200 * MS, self.hz)

    def lacp_tick(self, times: int = 1) -> Span:
        """Some runs of the state machines: T' each (bond_3ad_state_machine_handler)."""
        self._need_lacp()
        return stretched(LACP_TICK, self.hz, times)

    def lacp_join(self) -> Window:
        """Both ends up to port distributing: 20 to 30 T' (wait-while, handshake), and the lag.

        LACP-CONV-1.
        """
        self._need_lacp()
        latest = stretched(LACP_TICK, self.hz, LACP_JOIN_TICKS) + self.lag
        return Window(Span(20 * LACP_TICK), latest)

    def notifications(self) -> Span:
        """From a switchover until its last peer notification has gone out. GARP-1, GARP-3."""
        return _number(self.options, "num_grat_arp") * self.peer_notif_delay

    def _any_frame_counts(self, *, backup: bool) -> bool:
        """Return whether any frame counts: the slave's role is neither validated nor filtered."""
        return self.options["arp_validate"] in ("none", "active" if backup else "backup")

    def _silent(self, missed: int) -> int:
        """Return the number of jiffies without a frame that counts that a round tolerates."""
        interval = jiffies(self.arp_interval.ns, self.hz)
        return missed * interval + interval // 2

    def _rounds_until_down(self, missed: int) -> tuple[int, int]:
        limit = self._silent(missed)
        every = wheel(self.arp_interval.ns, self.hz)
        best, worst = every.best // jiffy(self.hz), every.worst // jiffy(self.hz)
        # An answer may be stamped a jiffy after its probe: the later bound allows for that.
        return limit // worst + 1, (limit + 1) // best + 1

    def _multiple(self, name: str) -> int:
        every = _number(self.options, "miimon")
        return _number(self.options, name) // every if every else 0

    def _miimons(self, times: int) -> Span:
        return stretched(_number(self.options, "miimon") * MS, self.hz, times)

    def _intervals(self, times: int) -> Span:
        return stretched(_number(self.options, "arp_interval") * MS, self.hz, times)

    def need(self, monitor: str) -> None:
        """Raise ScenarioError for a time of a monitor, miimon or arp_interval, that is off."""
        if self.options[monitor]:
            return
        other = next((one for one in MONITORS if self.options[one]), "")
        on = f"{other} is in force: bond.detection follows it" if other else ""
        raise ScenarioError(
            f"{monitor} of this bond is 0: its {MONITORS[monitor]} monitor is off, and no time "
            "follows from it",
            hint=on or f"set {monitor}=100, or assert what happens: run.detected, run.outage",
        )

    def _need_lacp(self) -> None:
        if self.options.mode != "802.3ad":
            raise ScenarioError(
                f"a bond in mode {self.options.mode} speaks no LACP", hint="use mode=802.3ad"
            )


def spans(
    options: BondOptions,
    hz: int,
    lag: Span = NONE,
    kernel: Series | None = None,
    partner: LacpKernel | None = None,
) -> BondTimes:
    """Return the windows of a bond with these options, as the kernel rounds them."""
    return BondTimes(options.effective(), hz, lag, kernel, partner or LacpKernel(hz))


def _late(documented: int, real: int) -> Span:
    return Span(documented, max(0, real - documented))


def whole(span: Span) -> int:
    """Return a span and its slack, in ns: after this time it has certainly passed."""
    return span.ns + span.slack
