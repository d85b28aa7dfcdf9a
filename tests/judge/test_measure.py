"""What the kernel's events show: a history in, values out."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.judge import frames_seen, measure
from harness.units import MS, ms
from tests.stories import (
    ABOUT,
    INITIAL,
    Line,
    active,
    at,
    failover,
    fault,
    garp,
    marks,
    probing,
    quiet,
    slave,
    tell,
)


def test_detection_counts_from_the_fault_to_the_declaration() -> None:
    found = measure.detection(failover(), ["eth0"], at(0))
    assert (found.ns, found.happened, found.tolerance) == (92 * MS, True, 11 * MS)
    assert found.why == "one jiffy 10.0 ms + timer jitter 1.0 ms"


def test_a_slave_never_declared_down_was_watched_in_vain() -> None:
    found = measure.detection(quiet(fault(0, "eth0")), ["eth0"], at(0))
    assert (found.ns, found.happened) == (1000 * MS, False)
    assert not found <= 5000 * ms


def test_a_slave_down_before_the_fault_is_no_detection() -> None:
    found = measure.detected_at(quiet(slave(-100, "eth0", "down")), ["eth0"], at(0))
    assert found is None


def test_a_pause_of_the_machine_widens_the_tolerance() -> None:
    lines = [line for line in probing() if not 20 < line[0] < 60]
    history = tell([*marks(), *INITIAL, *lines, slave(92, "eth0", "down")])
    found = measure.detection(history, ["eth0"], at(0))
    assert found.why == "one jiffy 10.0 ms + timers late by 30.0 ms"


@pytest.mark.parametrize(
    ("where", "active_first", "expected"),
    [
        ("eth0", "eth0", ["eth0"]),
        ("eth1", "eth0", ["eth1"]),
        ("uplink1", "eth1", ["eth1"]),
        ("sw", None, ["eth0", "eth1"]),
    ],
)
def test_a_fault_concerns_the_link_it_hit_else_the_active_slave(
    where: str, active_first: str | None, expected: list[str]
) -> None:
    history = quiet(active(-20, active_first), fault(0, where))
    assert measure.concerned(history, "bond0") == expected


def test_a_fault_of_another_slaves_link_is_not_ones_own() -> None:
    history = quiet(fault(10, "eth1"), fault(50, "eth0"), fault(70, "uplink1"))
    assert measure.fault_at(history, ["eth0"]) == at(50)
    assert measure.fault_at(history, ["eth1"]) == at(10)
    assert measure.fault_at(history) == at(10)


def test_a_fault_of_another_bond_is_not_ones_own() -> None:
    wan = {"slaves": ["eth2", "eth3"], "options": {}, "changed": {}}
    bonds = {"lan": ABOUT["bonds"]["bond0"], "wan": wan}
    history = quiet(fault(10, "eth0"), fault(50, "eth2"), about={"bonds": bonds})
    assert measure.fault_at(history, wan["slaves"]) == at(50)


def test_without_a_fault_the_first_stimulus_counts_then_the_disturbance() -> None:
    stimulus = fault(30, "neighbour", "arping", "stimulus")
    assert measure.fault_at(quiet(stimulus)) == at(30)
    assert measure.fault_at(quiet()) == at(-5)
    assert measure.fault_at(quiet(stimulus, fault(40, "eth0"))) == at(40)


def test_what_was_done_before_the_disturbance_is_no_fault() -> None:
    assert measure.fault_at(quiet(fault(-50, "eth1"), fault(0, "eth0"))) == at(0)


BACK = [fault(300, "eth0", "heal", "repair"), slave(390, "eth0", "up")]


def test_reversion_counts_from_the_repair_of_the_slaves_own_link() -> None:
    other = fault(350, "uplink2", "heal", "repair")
    found = measure.reversion(failover(*BACK, other, active(391, "eth0")), "bond0")
    assert (found.ns, found.happened, found.tolerance) == (91 * MS, True, 21 * MS)


def test_reversion_counts_from_the_last_repair_before_the_return() -> None:
    again = [fault(350, "eth0"), fault(380, "eth0", "heal", "repair")]
    found = measure.reversion(failover(*BACK, *again, active(470, "eth0")), "bond0")
    assert found.ns == 90 * MS


def test_a_bond_that_stays_on_the_backup_does_not_revert() -> None:
    found = measure.reversion(failover(*BACK), "bond0")
    assert (found.ns, found.happened) == (700 * MS, False)


def test_reversion_waits_for_traffic_through_the_slave() -> None:
    def through(line: Line) -> Line:
        when, kind, where, data = line
        return (when, kind, where, {**data, "via": "eth0" if when >= 450 else "eth1"})

    cut = [fault(0, "eth0"), active(93, "eth1"), *BACK, active(391, "eth0")]
    lines = [*marks(), *INITIAL, *cut, *map(through, probing())]
    assert measure.reversion(tell(lines), "bond0").ns == 140 * MS  # 450 less one interval


def test_traffic_that_never_uses_the_slave_is_no_reversion() -> None:
    lines = [(w, k, p, {**d, "via": "eth1"}) for w, k, p, d in probing()]
    cut = [fault(0, "eth0"), active(93, "eth1"), *BACK, active(391, "eth0")]
    assert not measure.reversion(tell([*marks(), *INITIAL, *cut, *lines]), "bond0").happened


def test_the_primary_is_where_traffic_belongs() -> None:
    bond = {**ABOUT["bonds"]["bond0"], "options": {"primary": "eth1"}}
    history = failover(bonds={"bond0": bond})
    assert measure.original(history, "bond0") == "eth1"
    assert measure.original(failover(), "bond0") == "eth0"


def test_sequences_start_with_what_held_at_the_disturbance() -> None:
    early = [active(-250, "eth1"), active(-220, "eth0")]
    history = failover(*early, active(400, None), active(401, None), active(500, "eth1"))
    assert measure.active_slaves(history, "bond0") == ["eth0", "eth1", None, "eth1"]


def test_what_happens_after_the_end_does_not_count() -> None:
    assert measure.active_slaves(failover(active(1500, None)), "bond0") == ["eth0", "eth1"]


def test_failures_count_declarations_after_the_disturbance() -> None:
    more = [slave(200, "eth0", "up"), slave(300, "eth0", "fail"), slave(400, "eth0", "down")]
    assert measure.failures(failover(*more), "eth0") == 2
    assert measure.failures(failover(*more), "eth1") == 0
    assert measure.failures(quiet(slave(-100, "eth0", "down")), "eth0") == 0


def test_mac_addresses_of_the_bond() -> None:
    moved = (95.0, "mac", "dut/bond0", {"mac": "02:00:00:00:00:02"})
    found = measure.mac_addresses(failover(moved), "bond0")
    assert found == ["02:00:00:00:00:01", "02:00:00:00:00:02"]


def test_garps_count_once_where_they_enter_the_fabric() -> None:
    echoes = [garp(94.1, "sw/isl"), garp(94.2, "dut/eth0"), garp(94.3, "target/target")]
    before = garp(-100, "sw/eth0")
    history = failover(garp(94, "sw/eth1"), *echoes, before, garp(194, "sw/eth1"))
    found = frames_seen.garps(history, "bond0")
    assert [(frame.at, frame.port) for frame in found] == [(at(94), "eth1"), (at(194), "eth1")]
    assert [gap.ns for gap in frames_seen.spacing(history, "gap", found)] == [100 * MS]


def test_arp_probes_are_not_garps() -> None:
    probe = (50.0, "arp", "sw/eth0", {**garp(0, "")[3], "kind": "probe"})
    history = failover(probe)
    assert [frame.port for frame in frames_seen.arp_probes(history, "bond0")] == ["eth0"]
    assert frames_seen.garps(history, "bond0") == []


def test_an_address_learnt_behind_another_port_moved() -> None:
    def learnt(when: float, port: str | None) -> Line:
        return (when, "fdb", "sw", {"mac": "02:00:00:00:00:01", "port": port})

    history = failover(
        learnt(-300.0, "eth0"), learnt(50.0, None), learnt(60.0, "eth0"), learnt(94.0, "eth1")
    )
    assert frames_seen.fdb_moves(history) == [(at(94), "sw", "02:00:00:00:00:01", "eth0", "eth1")]


def test_an_unknown_slave_names_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match=r'"eth7" is a slave of no bond.*\n.*eth0, eth1'):
        measure.bond_of(failover(), "eth7")


def test_recovery_is_from_the_repair_to_the_slave_being_up() -> None:
    repaired = failover(fault(300, "eth0", "heal", "repair"), slave(360, "eth0", "up"))
    found = measure.recovery(repaired, "eth0")
    assert found.happened
    assert found.ns == 60 * MS
    assert not measure.recovery(failover(), "eth0").happened
