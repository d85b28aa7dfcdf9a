"""How long to record a bond: until it is stable, and after a fault until nothing can follow."""

from __future__ import annotations

from harness.bonding.parse import BondOptions
from harness.bonding.wheel import SECOND, wheel
from harness.bonding.windows import GRACE, NONE, BondTimes, spans, whole
from harness.units import Span

LINKWATCH = SECOND  # link events that are not urgent are batched for up to a second


def horizon(options: BondOptions, slaves: int, hz: int, lag: Span = NONE) -> int:
    """Return how long, in ns, a recording goes on after the last fault or repair.

    It is the longest chain of reactions to one change: what has not happened by then will not
    happen:

    * no monitor: the second that the kernel may batch link events for (linkwatch);
    * MII: the longer of downdelay and updelay, and one inspection: one slave may go down while
      another one comes up, both at the same time;
    * ARP, active-backup: each slave in turn becomes active and is declared down (m+1 rounds, at
      least the 2.5 rounds of grace), then each is tried once (n+1 rounds);
    * ARP, other modes: all slaves in parallel: down (m+1 rounds), up again (2);
    * 802.3ad: in addition, the LACP timeout and joining again;
    * always: the peer notifications of a switchover at the end.

    `lag` is how late the slaves' drivers may report a change of carrier: whatever the monitor, no
    frame passes before that.
    """
    times = spans(options, hz, lag)
    reaction = _lacp(times) if options.mode == "802.3ad" else 0
    if options["arp_interval"]:
        reaction += _arp_rounds(options, slaves) * whole(times.arp_interval) + whole(lag)
    elif options["miimon"]:
        down, up = times.carrier_loss().latest, times.carrier_back().latest
        reaction += max(whole(down), whole(up))
    else:
        reaction += LINKWATCH + whole(lag)
    return reaction + whole(times.notifications())


def settle(options: BondOptions, slaves: int, hz: int, lag: Span = NONE) -> int:
    """Return the time in ns that a new bond needs until its state is stable.

    updelay applies at enslavement too (UPDELAY-5), hence (U+1)*M' with miimon; the ARP monitor
    changes nothing for 2.5 intervals, hence 3 rounds, or n+1 where it must try each slave;
    802.3ad joins within 30 T'. The first slave's notifications are added.
    """
    times = spans(options, hz, lag)
    start = whole(times.lacp_join().latest) if options.mode == "802.3ad" else 0
    if options["arp_interval"]:
        start += max(GRACE + 1, slaves + 1) * whole(times.arp_interval) + whole(lag)
    elif options["miimon"]:
        start += whole(times.carrier_back().latest)
    return start + whole(times.notifications())


def judgement(options: BondOptions, hz: int, lag: Span = NONE) -> int:
    """Return the time in ns after which an unchanged bond has been checked by its monitor.

    A new bond is up before its monitor has run. MII: one inspection and the lag of the driver; a
    slave in a delay has its own link state. ARP: nothing is declared down for 2.5 rounds after a
    slave came up, and a backup is declared down when nothing was received for m+1.5 rounds
    (bond_ab_arp_inspect); one round more, because the first began earlier. That is also longer
    than the two rounds until the frames of a backup count: the active slave must have received
    one in a later jiffy than that in which it came up (bond_arp_rcv, last_link_up). The
    result is a multiple of the usual round, so that the phase of a later fault is the same.
    802.3ad: a port that has not joined its partner within 30 T' does not; a bond is up before.
    """
    times = spans(options, hz, lag)
    if options["arp_interval"]:
        rounds = max(GRACE, int(str(options["arp_missed_max"])) + 1) + 2
        return rounds * wheel(times.arp_interval.ns, hz).usual
    inspected = whole(times.miimon) + whole(lag) if options["miimon"] else 0
    if options.mode == "802.3ad":
        return max(inspected, whole(times.lacp_join().latest))
    return inspected


def _arp_rounds(options: BondOptions, slaves: int) -> int:
    missed = int(str(options["arp_missed_max"]))
    if options.mode != "active-backup":
        return missed + 1 + 2
    return slaves * max(missed + 2, GRACE + 1) + slaves + 1


def _lacp(times: BondTimes) -> int:
    return whole(times.lacp_timeout().latest) + whole(times.lacp_join().latest)
