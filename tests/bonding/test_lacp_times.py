"""The time between LACPDUs, and until a silent partner is noticed, by the kernel's release."""

from __future__ import annotations

import pytest

from harness.bonding import BondOptions, spans, whole
from harness.bonding.lacp_times import LacpKernel
from harness.units import MS, Measured, Span


@pytest.mark.parametrize(
    ("kernel", "rate", "allowed", "forbidden"),
    [
        # at HZ=100 a tick is 110 ms: 9, 9 and 12 of them in turn, from 6.17 on 10
        ((6, 1), "fast", (990, 1320), (890, 1330)),
        ((6, 12), "fast", (990, 1320), (890, 1330)),
        ((6, 17), "fast", (1000, 1100), (990, 1110)),
        (None, "fast", (1000, 1100), (990, 1110)),
        # 300 ticks are a multiple of three: no LACPDU waits
        ((6, 12), "slow", (30_000, 33_000), (29_990, 33_010)),
        (None, "slow", (30_000, 33_000), (29_990, 33_010)),
    ],
)
def test_before_6_17_a_due_lacpdu_waits_for_every_third_tick(
    kernel: tuple[int, int] | None,
    rate: str,
    allowed: tuple[int, int],
    forbidden: tuple[int, int],
) -> None:
    """LACP-TX-1: ad_tx_machine restarts its timer of three ticks also when nothing was due."""
    options = BondOptions.parse("mode=4")
    of_bond = spans(options, 100, kernel=kernel)
    of_partner = spans(options, 100, partner=LacpKernel(100, kernel))
    for interval in (of_bond.lacp_interval(rate), of_partner.lacp_interval(rate, partner=True)):
        assert [Measured("it", gap * MS, 0) == interval for gap in allowed] == [True, True]
        assert [Measured("it", gap * MS, 0) == interval for gap in forbidden] == [False, False]


@pytest.mark.parametrize(("partner", "earliest"), [((6, 12), 1800), ((6, 17), 2000)])
def test_the_last_lacpdu_of_an_older_partner_may_be_twelve_ticks_old(
    partner: tuple[int, int], earliest: int
) -> None:
    """Its silence is then noticed 18 ticks after the fault. LACP-RATE-4, LACP-TX-1."""
    options = BondOptions.parse("mode=4 lacp_rate=fast")
    window = spans(options, 100, partner=LacpKernel(100, partner)).lacp_timeout()
    assert window.earliest == Span(earliest * MS)


def test_the_ticks_of_the_partner_are_those_of_its_own_kernel() -> None:
    """Ten ticks take up to 1100 ms at HZ=100, up to 1080 ms at HZ=1000 (harness.bonding.wheel)."""
    options = BondOptions.parse("mode=4 lacp_rate=fast")
    times = spans(options, 100, partner=LacpKernel(1000))
    assert whole(times.lacp_interval()) == 1100 * MS
    assert whole(times.lacp_interval(partner=True)) == 1080 * MS
