"""Times between LACPDUs, in ticks of the 802.3ad state machines, by the release of the kernel."""

from __future__ import annotations

from typing import NamedTuple

from harness.bonding.options import Series
from harness.bonding.wheel import stretched
from harness.units import MS, Span

LACP_TICK = 100 * MS
SHORT_TIMEOUT = 30  # AD_SHORT_TIMEOUT_TIME, 3 s in ticks
LONG_TIMEOUT = 900  # AD_LONG_TIMEOUT_TIME, 90 s in ticks
TX_TICKS = 3  # ad_ticks_per_sec / AD_MAX_TX_IN_SECOND
# From this series on a due LACPDU is sent at once, if the last one was TX_TICKS ago: commit
# 135faae63218, "bonding: don't force LACPDU tx to ~333 ms boundaries". 6.12.117 does not have it.
SENT_AT_ONCE: Series = (6, 17)


class LacpKernel(NamedTuple):
    """A kernel that sends LACPDUs: its ticks a second, and its series, None for the newest."""

    hz: int
    series: Series | None = None


def timeout_ticks(rate: str) -> int:
    """Return after how many ticks without a LACPDU a partner is given up, by the own rate."""
    return SHORT_TIMEOUT if rate == "fast" else LONG_TIMEOUT


def gap_ticks(rate: str, kernel: Series | None) -> tuple[int, int]:
    """Return the least and the most ticks between two LACPDUs that a rate asks for.

    Before 6.17 the timer of ad_tx_machine is restarted whether or not a LACPDU was due, so that
    one can leave at every third tick only: 10 ticks become 9 or 12. `kernel` is the series of the
    kernel that sends, None for the newest. LACP-TX-1.
    """
    ticks = timeout_ticks(rate) // 3
    if kernel is None or kernel >= SENT_AT_ONCE:
        return ticks, ticks
    return ticks // TX_TICKS * TX_TICKS, -(-ticks // TX_TICKS) * TX_TICKS


def interval(rate: str, sender: LacpKernel) -> Span:
    """Return the documented time between two LACPDUs that a rate asks for: 1 s or 30 s.

    Its slack and the time by which it may be early are those of `gap_ticks` and of the timer wheel
    of the kernel that sends.
    """
    documented = timeout_ticks(rate) // 3 * LACP_TICK
    least, most = gap_ticks(rate, sender.series)
    latest = stretched(LACP_TICK, sender.hz, most)
    return Span(
        documented,
        slack=latest.ns + latest.slack - documented,
        early=documented - least * LACP_TICK,
    )
