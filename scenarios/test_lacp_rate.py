"""lacp_rate: how often the partner is to send, when its silence counts, and joining again."""

import pytest

from harness import Span, claim, control, ms, s
from scenarios.channels import LacpPair

SLOWLY = 100 * ms  # between two probes of a recording that lasts minutes


@claim("LACP-RATE-1", "LACP-RATE-2")
@pytest.mark.parametrize(
    ("lacp_rate", "lasts", "asked"), [("fast", 5 * s, "fast"), ("slow", 100 * s, "slow")]
)
def test_the_partner_sends_as_often_as_it_is_asked(
    lacp_pair: LacpPair, lacp_rate: str, lasts: Span, asked: str
) -> None:
    """Fast is a LACPDU each second, slow one each 30 s, from the partner."""
    bond = lacp_pair.dut.bond(lacp_rate=lacp_rate)
    with lacp_pair.watch(every=SLOWLY) as run:
        lacp_pair.after(lasts)
    gaps = run.slave("eth0").partner_lacpdu_gaps
    assert len(gaps) > 1
    assert all(gap == bond.lacp_interval(asked, partner=True) for gap in gaps)


@claim("LACP-RATE-3")
@pytest.mark.parametrize(("lacp_rate", "short"), [("fast", True), ("slow", False)])
def test_the_rate_asks_by_a_bit_and_leaves_the_own_rate_alone(
    lacp_pair: LacpPair, lacp_rate: str, *, short: bool
) -> None:
    """The own LACPDUs say how often the partner is to send; they come as often as it asks."""
    bond = lacp_pair.dut.bond(lacp_rate=lacp_rate)
    with lacp_pair.watch(every=SLOWLY) as run:
        lacp_pair.after(100 * s)
    slave = run.slave("eth0")
    assert len(slave.lacpdu_gaps) > 1
    assert all(gap == bond.lacp_interval("slow") for gap in slave.lacpdu_gaps)
    assert {"timeout" in pdu.actor.state for pdu in slave.lacpdus} == {short}


@claim("LACP-RATE-3")
@pytest.mark.parametrize(("before", "after", "short"), [("slow", "fast", 1), ("fast", "slow", 0)])
def test_a_new_rate_holds_for_the_slaves_that_there_are(
    lacp_pair: LacpPair, before: str, after: str, short: int
) -> None:
    """Set while the bond is down, it is in the LACPDUs of the ports after that."""
    bond = lacp_pair.dut.bond(lacp_rate=before)
    with lacp_pair.dut.take_down(bond):
        lacp_pair.dut.set(bond, lacp_rate=after)
    with lacp_pair.watch() as run:
        lacp_pair.after(31 * s)
    states = [run.slave(name).lacpdus[-1].actor.state for name in ("eth0", "eth1")]
    assert ["timeout" in state for state in states] == [short, short]


@claim("LACP-RATE-4")
@pytest.mark.parametrize("lacp_rate", ["fast", "slow"])
def test_a_silent_partner_is_left_after_the_timeout(lacp_pair: LacpPair, lacp_rate: str) -> None:
    """Three seconds (fast) or 90 (slow) after its last LACPDU, though the carrier is up."""
    bond = lacp_pair.dut.bond(lacp_rate=lacp_rate)
    with lacp_pair.watch(every=SLOWLY) as run:
        lacp_pair.eth0.lose("in")
    leaving = run.slave("eth0").leaving
    assert bond.lacp_timeout.earliest <= leaving <= bond.lacp_timeout.latest
    assert run.slave("eth1").usages == ["active"]
    assert run.link_states == {"eth0": "up", "eth1": "up"}


@claim("LACP-RATE-4")
@control("test_a_silent_partner_is_left_after_the_timeout")
@pytest.mark.parametrize(("lacp_rate", "lasts"), [("fast", 5 * s), ("slow", 120 * s)])
def test_a_partner_that_speaks_is_not_left(
    lacp_pair: LacpPair, lacp_rate: str, lasts: Span
) -> None:
    """For longer than the timeout both ports stay in use, and the aggregator is the same."""
    lacp_pair.dut.bond(lacp_rate=lacp_rate)
    with lacp_pair.watch(every=SLOWLY) as run:
        lacp_pair.after(lasts)
    assert run.slave("eth0").usages == run.slave("eth1").usages == ["active"]
    assert len(run.aggregators) == 1


@claim("LACP-CONV-1", "MODE-AD-6", "SWCFG-7")
def test_ports_join_within_the_handshake(lacp_pair: LacpPair) -> None:
    """Both links up at once: both ports are in use after the wait-while timer and a handshake."""
    bond = lacp_pair.dut.bond()
    with lacp_pair.watch() as run:
        off = lacp_pair.sw.power_off()
        lacp_pair.after(1 * s)
        off.end()
    for name in ("eth0", "eth1"):
        assert run.slave(name).joining <= bond.lacp_join.latest
        assert run.slave(name).actor_state >= {"collecting", "distributing"}
        assert run.slave(name).partner_state >= {"collecting", "distributing"}
    assert run.aggregated == [["eth0", "eth1"]]
    assert run.recovered


@claim("LACP-CONV-2")
def test_a_returning_port_waits_before_it_carries_traffic(lacp_pair: LacpPair) -> None:
    """The wait-while timer runs again, while the other port goes on."""
    bond = lacp_pair.dut.bond()
    with lacp_pair.watch() as run:
        lacp_pair.eth0.flap(down=1 * s)
    slave = run.slave("eth0")
    assert bond.lacp_join.earliest <= slave.joining <= bond.lacp_join.latest + bond.inspection
    assert slave.usages == ["active", "backup", "active"]
    assert run.slave("eth1").usages == ["active"]


@claim("LACP-CONV-3")
@control("test_ports_join_within_the_handshake")
@control("test_a_returning_port_waits_before_it_carries_traffic")
def test_a_lost_carrier_ends_the_use_of_its_port(lacp_pair: LacpPair) -> None:
    """One inspection after the cut the port is out of use, and stays so without a repair."""
    bond = lacp_pair.dut.bond()
    with lacp_pair.watch() as run:
        lacp_pair.eth0.cut()
    assert run.slave("eth0").leaving <= bond.miimon
    assert run.slave("eth0").usages == ["active", "backup"]
    assert run.aggregators[-1].ports == 1
    assert run.recovered


@claim("LACP-MC-1")
@pytest.mark.parametrize(
    ("mode", "up", "down"), [("802.3ad", True, False), ("active-backup", False, False)]
)
def test_slaves_listen_to_the_group_of_lacp_while_the_bond_is_up(
    lacp_pair: LacpPair, mode: str, *, up: bool, down: bool
) -> None:
    """The group address 01:80:c2:00:00:02 is in the slaves' filters in mode 802.3ad only."""
    group = "0180c2000002"
    bond = lacp_pair.dut.bond(mode=mode, lacp_rate="fast" if mode == "802.3ad" else None)
    assert (group in str(lacp_pair.dut.read_file("/proc/net/dev_mcast"))) == up
    with lacp_pair.dut.take_down(bond):
        assert (group in str(lacp_pair.dut.read_file("/proc/net/dev_mcast"))) == down


@claim("LACP-RATE-5")
@pytest.mark.parametrize(
    ("mode", "state", "error"),
    [
        ("802.3ad", "up", "EBUSY"),
        ("802.3ad", "down", ""),
        ("active-backup", "down", "EACCES"),
    ],
)
def test_the_rate_is_set_on_a_bond_of_802_3ad_that_is_down(
    lacp_pair: LacpPair, mode: str, state: str, error: str
) -> None:
    """It is refused on a bond that is up, and in other modes."""
    bond = lacp_pair.dut.bond(mode=mode, lacp_rate=None)
    if state == "down":
        lacp_pair.dut.take_down(bond)
    assert lacp_pair.dut.attempt.set(bond, lacp_rate="fast").error == error
