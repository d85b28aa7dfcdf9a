"""The ARP monitor round a failover: who is trusted then, and for how long nobody can fail."""

import pytest

from harness import Bond, Run, Span, claim, contradicted, control, ms, s
from scenarios.programs import who_has
from scenarios.topologies import DUT, TARGET, OneSwitch
from scenarios.variants import SpareSlave, ThreeSlaves

ARP = {"arp_ip_target": TARGET, "arp_validate": "all"}
STRANGER = "192.0.2.77"


@claim("ARPMISS-5")
def test_a_new_active_slave_cannot_fail_at_once(one_switch: OneSwitch) -> None:
    """Both paths break together, and the second slave is tried for three rounds all the same."""
    bond = one_switch.dut.bond(arp_interval=200, arp_missed_max=1, **ARP)
    with one_switch.watch() as run:
        one_switch.eth0.lose()
        one_switch.eth1.lose()
        one_switch.after(8 * bond.arp_interval)
    immune = 3 * bond.arp_interval
    first, second = run.slave("eth0").detection, run.slave("eth1").detection
    assert run.active_slaves[:3] == ["eth0", "eth1", None]
    assert bond.detection.earliest + immune <= second <= bond.detection.latest + immune
    assert first <= bond.detection.latest


@claim("ARPMISS-2")
@pytest.mark.parametrize(("validate", "all_targets"), [("none", "any"), ("all", "all")])
@pytest.mark.parametrize(("missed_max", "states"), [(5, ["up", "down"]), (1, ["down", "down"])])
def test_a_new_backup_may_miss_as_many_answers_as_others(
    spare_slave: SpareSlave, validate: str, all_targets: str, missed_max: int, states: list[str]
) -> None:
    """It hears nothing from the start: after 5 checks it is up if the sixth may fail as well."""
    net = spare_slave
    bond = net.dut.bond(
        arp_interval=200,
        arp_missed_max=missed_max,
        arp_ip_target=TARGET,
        arp_validate=validate,
        arp_all_targets=all_targets,
    )
    seen = []
    with net.watch():
        net.eth2.lose()
        net.dut.enslave(bond, net.eth2)
        for checks in (5, 3):
            net.after(checks * bond.arp_interval)
            seen.append(bond.now.slave(net.eth2)["mii_status"])
    assert seen == states


@claim("ARPMISS-1")
@control("test_a_new_active_slave_cannot_fail_at_once")
def test_a_slave_that_has_been_active_fails_in_its_time(one_switch: OneSwitch) -> None:
    """A second failure that comes later finds the slave of the first failover without grace."""
    bond = one_switch.dut.bond(arp_interval=200, arp_missed_max=1, **ARP)
    with one_switch.watch() as run:
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(2 * s)
        one_switch.eth1.lose()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest


@claim("ARPVAL-16")
@pytest.mark.parametrize(("changed", "trusted"), [(True, False), (False, True)])
def test_requests_of_a_new_active_slave_are_no_proof(
    three_slaves: ThreeSlaves, *, changed: bool, trusted: bool
) -> None:
    """A backup trusts what it hears of them only once the target has answered that slave."""
    bond = three_slaves.dut.bond(arp_interval=100, arp_missed_max=5, **ARP)
    window = bond.times.silence(backup=True)
    with three_slaves.watch() as run:
        three_slaves.target.die()
        if changed:
            three_slaves.dut.set(bond, active_slave="eth1")
        three_slaves.after(20 * bond.arp_interval)
    assert run.slave("eth2").detection >= window.earliest
    assert (run.slave("eth2").detection > window.latest) == trusted


@claim("ARPVAL-17")
@pytest.mark.parametrize(("stale", "returns"), [(True, "eth0"), (False, "eth1")])
def test_an_answer_by_another_slave_counts_when_none_is_active(
    one_switch: OneSwitch, *, stale: bool, returns: str
) -> None:
    """Where the switch sends the answer for one slave to another, that one is used."""
    net = one_switch
    bond = net.dut.bond(arp_interval=100, **ARP)
    with net.watch("out") as run:  # the target asks for nobody
        net.target.die()
        net.after(12 * bond.arp_interval)
        net.eth0.lose("out")
        if stale:
            net.sw.pin(net.eth0.mac, net.eth0)
        net.target.revive()
        net.after(12 * bond.arp_interval)
    first = run.active_slaves.index(None)
    assert run.active_slaves[first : first + 2] == [None, returns]


@claim("ARPINT-13")
@pytest.mark.parametrize(("pause", "count"), [(500 * ms, 1), (1500 * ms, 2), (2500 * ms, 3)])
def test_the_monitor_starts_with_a_probe(one_switch: OneSwitch, pause: Span, count: int) -> None:
    """On a running bond the first request leaves at once, not after an interval of 1 s."""
    bond = one_switch.dut.bond(miimon=None)
    with one_switch.watch() as run:
        one_switch.dut.set(bond, arp_interval=1000, arp_ip_target=TARGET)
        one_switch.after(pause)
        one_switch.dut.set(bond, arp_interval=0)
    assert len(run.slave("eth0").arp_probes) == count


ONLY_THE_FIRST = contradicted(
    "PND-5",
    kernels=">=6.1,<7.0",
    evidence="bond_activebackup_arp_mon counts down only in the rounds in which it announces: "
    "with a delay it never gets to the second (difference 70)",
)


@claim("ARPINT-15")
@pytest.mark.parametrize(("cable", "state"), [("out", "down"), ("in", "up")])
def test_a_slave_starts_as_its_carrier_is(spare_slave: SpareSlave, cable: str, state: str) -> None:
    """Enslaved without a carrier it is down before the monitor has judged it."""
    bond = spare_slave.dut.bond(arp_interval=500, **ARP)
    if cable == "out":
        spare_slave.eth2.cut()
    spare_slave.dut.enslave(bond, spare_slave.eth2)
    assert bond.now.slave(spare_slave.eth2)["mii_status"] == state


@claim("PND-5")
@pytest.mark.parametrize(("delay", "rounds"), [pytest.param(300, 3, marks=ONLY_THE_FIRST), (0, 1)])
def test_a_delay_outlives_its_monitor(one_switch: OneSwitch, delay: int, rounds: int) -> None:
    """Set with miimon, it counts as many rounds of the ARP monitor, although 0 is shown."""
    bond = one_switch.dut.bond(miimon=100, peer_notif_delay=delay, num_grat_arp=4)
    one_switch.dut.set(bond, arp_interval=200, arp_ip_target=TARGET)
    with one_switch.watch() as run:
        one_switch.after(1 * s)
        one_switch.dut.set(bond, active_slave="eth1")
        one_switch.after(3 * s)
    assert bond["peer_notif_delay"] == 0
    assert len(run.garp_gaps) == 3
    assert all(gap == rounds * bond.arp_interval for gap in run.garp_gaps[1:])


@claim("DUP-1", "MODE-AB-1")
def test_who_joins_a_bond_with_a_working_slave_drops_what_is_flooded(
    spare_slave: SpareSlave,
) -> None:
    """One slave is active, and an ARP request has one answer."""
    bond = spare_slave.dut.bond(arp_interval=1000, **ARP)
    with spare_slave.watch("out") as run:
        spare_slave.after(10 * bond.arp_interval)
        states = joined(spare_slave, bond)
    assert states.count("active") == 1
    assert answered(run) == 1


@claim("DUP-1", "MODE-AB-1")
@control("test_who_joins_a_bond_with_a_working_slave_drops_what_is_flooded")
@contradicted(
    "DUP-1",
    kernels=">=6.1",
    evidence="bond_change_active_slave, called by bond_enslave, leaves current_arp_slave active, "
    "which bond_ab_arp_probe tries (difference 74)",
)
def test_who_joins_a_bond_without_a_working_slave_is_alone(spare_slave: SpareSlave) -> None:
    """No other slave delivers what is flooded, also if it was tried when the new one came."""
    net = spare_slave
    bond = net.dut.bond(arp_interval=1000, **ARP)
    with net.watch("out") as run:
        net.eth0.lose(direction="out")
        net.eth1.lose(direction="out")
        net.after(10 * bond.arp_interval)
        states = joined(net, bond)
    assert states.count("active") == 1
    assert answered(run) == 1


def joined(net: SpareSlave, bond: Bond) -> list[str]:
    """Enslave eth2, let a stranger ask for the DUT; return the states of the slaves then."""
    net.dut.enslave(bond, net.eth2)
    net.target.send(who_has(DUT, STRANGER))
    net.after(100 * ms)
    states = [str(one["state"]) for one in bond.now.slaves(net.eth0, net.eth1, net.eth2)]
    net.after(2 * bond.arp_interval)
    return states


def answered(run: Run) -> int:
    """Return how often the stranger was answered."""
    return len([answer for answer in run.answers(DUT) if answer.to == STRANGER])
