"""How long to watch a bond: before it is steady, and after a fault before "never" may be said."""

from __future__ import annotations

from harness.bonding.parse import BondOptions
from harness.bonding.wheel import SECOND, wheel
from harness.bonding.windows import GRACE, NONE, BondTimes, spans, whole
from harness.units import Span

LINKWATCH = SECOND  # link events that are not urgent are batched for up to a second


def horizon(options: BondOptions, slaves: int, hz: int, lag: Span = NONE) -> int:
    """Return how long, in ns, a recording goes on after the last fault or repair.

    It is the longest chain of reactions that one change can set off, so what has not happened by
    then never will:

    * no monitor: the second that the kernel may batch link events for (linkwatch);
    * MII: the longer of downdelay and updelay and one inspection, as a slave may go down and
      another, that waits, come up, but side by side;
    * ARP, active-backup: each slave in turn becomes active and is found dead (m+1 rounds, never
      less than the 2.5 of grace), then each is tried once and judged (n+1 rounds);
    * ARP, other modes: all slaves are judged side by side: down (m+1 rounds), up again (2);
    * 802.3ad: the LACP timeout and a rejoin besides;
    * always: the rounds of peer notifications that a switchover at the very end starts.

    `lag` is how late the slaves' drivers may report a change of carrier.
    """
    times = spans(options, hz, lag)
    reaction = _lacp(times) if options.mode == "802.3ad" else 0
    if options["arp_interval"]:
        reaction += _arp_rounds(options, slaves) * whole(times.arp_interval)
    elif options["miimon"]:
        down, up = times.carrier_loss().latest, times.carrier_back().latest
        reaction += max(whole(down), whole(up))
    else:
        reaction += LINKWATCH
    return reaction + whole(times.notifications())


def settle(options: BondOptions, slaves: int, hz: int, lag: Span = NONE) -> int:
    """Return how long, in ns, a bond just made and wired up takes until nothing changes any more.

    updelay holds at enslavement too (UPDELAY-5), so (U+1)*M' under miimon; the ARP monitor judges
    nothing for 2.5 intervals, hence 3 rounds, or n+1 where it must try each slave; 802.3ad joins
    within 30 T'. The first slave's notifications come on top.
    """
    times = spans(options, hz, lag)
    start = whole(times.lacp_join().latest) if options.mode == "802.3ad" else 0
    if options["arp_interval"]:
        start += max(GRACE + 1, slaves + 1) * whole(times.arp_interval)
    elif options["miimon"]:
        start += whole(times.carrier_back().latest)
    return start + whole(times.notifications())


def judgement(options: BondOptions, hz: int, lag: Span = NONE) -> int:
    """Return how long, in ns, a bond stays as it is once its monitor has found no fault with it.

    A bond that was just made is up because nobody has looked yet. MII: one inspection, and what
    the driver reports late; a slave that waits for a delay shows it. ARP: nothing is judged for
    2.5 rounds after a slave came up, and a backup is down when it was not heard for m+1.5
    (bond_ab_arp_inspect); a round more, as the first began before. That is also longer than the
    two rounds in which a backup is first heard: its frames count once the active slave has been
    heard in a later jiffy than that in which it came up (bond_arp_rcv, last_link_up). Rounds of
    their usual length do not shift where in a round a fault falls that comes afterwards.
    """
    times = spans(options, hz, lag)
    if options["arp_interval"]:
        rounds = max(GRACE, int(str(options["arp_missed_max"])) + 1) + 2
        return rounds * wheel(times.arp_interval.ns, hz).usual
    return whole(times.miimon) + whole(lag) if options["miimon"] else 0


def _arp_rounds(options: BondOptions, slaves: int) -> int:
    missed = int(str(options["arp_missed_max"]))
    if options.mode != "active-backup":
        return missed + 1 + 2
    return slaves * max(missed + 2, GRACE + 1) + slaves + 1


def _lacp(times: BondTimes) -> int:
    return whole(times.lacp_timeout().latest) + whole(times.lacp_join().latest)
