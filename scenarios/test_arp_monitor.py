"""arp_interval and arp_missed_max: how long silence lasts before a slave is declared down."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.topologies import TARGET, OneSwitch

ARP = {"arp_ip_target": TARGET, "arp_validate": "all"}


@claim("ARPMISS-1", "ARPINT-1")
@pytest.mark.parametrize(
    ("arp_missed_max", "arp_interval"), [(1, 100), (2, 100), (3, 200), (5, 200), (2, 250)]
)
def test_silence_is_noticed_after_missed_max_checks(
    one_switch: OneSwitch, arp_missed_max: int, arp_interval: int
) -> None:
    """The active slave is declared down between m and m + 1 intervals after frames are lost."""
    bond = one_switch.dut.bond(arp_interval=arp_interval, arp_missed_max=arp_missed_max, **ARP)
    with one_switch.watch() as run:
        one_switch.eth0.lose()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"
    assert run.recovered


@claim("ARPMISS-1")
@control("test_silence_is_noticed_after_missed_max_checks")
def test_silence_shorter_than_missed_max_changes_nothing(one_switch: OneSwitch) -> None:
    """Two intervals of silence are forgiven where five checks may be missed."""
    bond = one_switch.dut.bond(arp_interval=100, arp_missed_max=5, **ARP)
    with one_switch.watch() as run, one_switch.eth0.lose():
        one_switch.after(2 * bond.arp_interval)
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPMISS-2", "ARPVAL-2")
@pytest.mark.parametrize("arp_missed_max", [1, 2, 3])
def test_a_backup_gets_one_check_more(one_switch: OneSwitch, arp_missed_max: int) -> None:
    """A backup slave that hears nothing is declared down one interval later than an active one."""
    bond = one_switch.dut.bond(arp_interval=100, arp_missed_max=arp_missed_max, **ARP)
    with one_switch.watch() as run:
        one_switch.eth1.lose()
    window = bond.times.silence(backup=True)
    assert window.earliest <= run.slave("eth1").detection <= window.latest
    assert run.active_slaves == ["eth0"]


@claim("ARPMISS-2", "ARPVAL-2")
@control("test_a_backup_gets_one_check_more")
@pytest.mark.parametrize("arp_missed_max", [1, 2, 3])
def test_a_backup_that_hears_the_probes_stays_up(
    one_switch: OneSwitch, arp_missed_max: int
) -> None:
    """Nothing is counted against a backup slave that the active slave's probes reach."""
    bond = one_switch.dut.bond(arp_interval=100, arp_missed_max=arp_missed_max, **ARP)
    with one_switch.watch() as run:
        one_switch.after(6 * bond.arp_interval)
    assert not run.slave("eth1").detected
    assert run.link_states == {"eth0": "up", "eth1": "up"}


@claim("ARPINT-10")
def test_the_arp_monitor_does_not_look_at_the_carrier(one_switch: OneSwitch) -> None:
    """A lost carrier is found by missing answers only, and no sooner."""
    bond = one_switch.dut.bond(arp_interval=200, **ARP)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"


@claim("MIIMON-1")
@control("test_the_arp_monitor_does_not_look_at_the_carrier")
def test_the_mii_monitor_does(one_switch: OneSwitch) -> None:
    """The same cut is found by miimon=100 long before an ARP monitor of 200 ms could."""
    one_switch.dut.bond(miimon=100)
    other = one_switch.dut.window(arp_interval=200, **ARP)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.detection < other.earliest


@claim("MON-2", "MIIMON-6")
@control("test_silence_is_noticed_after_missed_max_checks")
def test_the_mii_monitor_is_deaf_to_silence(one_switch: OneSwitch) -> None:
    """Frames lost with the carrier up go on being lost under the MII monitor."""
    one_switch.dut.bond(miimon=100)
    with one_switch.watch() as run:
        one_switch.eth0.lose()
    assert run.active_slaves == ["eth0"]
    assert not run.recovered


@claim("ARPINT-1")
@pytest.mark.parametrize("arp_interval", [100, 200])
def test_the_active_slave_probes_every_interval(one_switch: OneSwitch, arp_interval: int) -> None:
    """One request for the target leaves the active slave in each interval, none the backup."""
    bond = one_switch.dut.bond(arp_interval=arp_interval, **ARP)
    with one_switch.watch() as run:
        one_switch.after(6 * bond.arp_interval)
    gaps = run.slave("eth0").arp_probe_gaps
    assert len(gaps) >= 5
    for gap in gaps:
        assert bond.arp_interval <= gap <= bond.arp_interval
    assert run.slave("eth1").arp_probes == []


@claim("ARPINT-3")
@control("test_the_active_slave_probes_every_interval")
def test_the_arp_monitor_can_be_switched_off(one_switch: OneSwitch) -> None:
    """After arp_interval was set to 0 no probe leaves and silence is not noticed."""
    bond = one_switch.dut.bond(arp_interval=100, **ARP)
    interval = bond.arp_interval
    with one_switch.watch() as run:
        one_switch.dut.set(bond, arp_interval=0)
        one_switch.after(2 * interval)
        one_switch.eth0.lose()
        one_switch.after(6 * interval)
    assert bond.now.netlink["arp_interval"] == 0
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPMISS-7")
def test_service_returns_when_the_target_does(one_switch: OneSwitch) -> None:
    """After a total outage slaves are tried one per interval until one hears the target."""
    bond = one_switch.dut.bond(arp_interval=100, **ARP)
    with one_switch.watch() as run:
        one_switch.target.die()
        one_switch.after(12 * bond.arp_interval)
        one_switch.target.revive()
    assert None in run.active_slaves
    assert run.recovered
    dead = (12 * bond.arp_interval).documented
    assert run.outage <= dead + bond.times.service_again(2).latest


@claim("ARPMISS-7", "ARPTGT-8")
@control("test_service_returns_when_the_target_does")
def test_service_does_not_return_by_itself(one_switch: OneSwitch) -> None:
    """While the only target is dead, no slave stays up."""
    one_switch.dut.bond(arp_interval=100, **ARP)
    with one_switch.watch() as run:
        one_switch.target.die()
    assert None in run.active_slaves
    assert not run.recovered


@claim("ARPMISS-7")
@control("test_service_does_not_return_by_itself")
@pytest.mark.parametrize("intervals", [12, 13])
def test_one_slave_at_a_time_is_tried(one_switch: OneSwitch, intervals: int) -> None:
    """In a total outage one slave is active; that before it, tried in vain, is a backup again."""
    bond = one_switch.dut.bond(arp_interval=100, **ARP)
    with one_switch.watch() as run:
        one_switch.target.die()
        one_switch.after(intervals * bond.arp_interval)
        slaves = bond.now.slaves(one_switch.eth0, one_switch.eth1)
    assert None in run.active_slaves
    assert sorted(str(slave["state"]) for slave in slaves) == ["active", "backup"]


@claim("ARPINT-3", "ARPINT-4")
def test_the_arp_monitor_takes_over_from_the_mii_monitor(one_switch: OneSwitch) -> None:
    """Set on a bond with miimon=100, it finds silence in its own time, and miimon is off."""
    bond = one_switch.dut.bond(miimon=100)
    one_switch.dut.set(bond, arp_interval=500, **ARP)
    with one_switch.watch() as run:
        one_switch.after(2 * s)
        one_switch.eth0.lose()
    assert bond["miimon"] == 0
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.recovered


@claim("ARPMISS-1")
@contradicted(
    "ARPMISS-1",
    kernels=">=6.1",
    evidence="bond_option_arp_interval_set runs the first check at once, and nothing was noted as "
    "received before: bond_ab_arp_inspect finds all slaves silent (difference 66)",
)
def test_a_slave_is_not_down_before_the_first_check_can_fail(one_switch: OneSwitch) -> None:
    """The ARP monitor is set on a bond that has worked for two seconds: its slaves stay up."""
    bond = one_switch.dut.bond(miimon=100)
    with one_switch.watch() as run:
        one_switch.after(2 * s)
        one_switch.dut.set(bond, arp_interval=100, **ARP)
        one_switch.after(1 * s)
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPMISS-1")
@control("test_a_slave_is_not_down_before_the_first_check_can_fail")
def test_a_slave_that_is_heard_passes_the_first_check(one_switch: OneSwitch) -> None:
    """The same with the ARP monitor on from the start, and another interval set."""
    bond = one_switch.dut.bond(arp_interval=200, **ARP)
    with one_switch.watch() as run:
        one_switch.after(2 * s)
        one_switch.dut.set(bond, arp_interval=100)
        one_switch.after(1 * s)
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("ARPINT-3", "MIIMON-1")
@control("test_the_arp_monitor_takes_over_from_the_mii_monitor")
def test_the_mii_monitor_takes_over_from_the_arp_monitor(one_switch: OneSwitch) -> None:
    """Set on a bond with arp_interval=500, it finds a lost carrier within one inspection."""
    bond = one_switch.dut.bond(arp_interval=500, **ARP)
    with one_switch.watch() as run:
        one_switch.dut.set(bond, arp_validate="none", arp_interval=0)
        one_switch.dut.set(bond, miimon=100)
        one_switch.after(2 * s)
        one_switch.eth0.cut()
    assert bond["arp_interval"] == 0
    assert run.detection <= bond.miimon
    assert run.outage <= bond.miimon


@claim("ARPINT-2")
@control("test_the_active_slave_probes_every_interval")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_every_slave_probes_in_the_balancing_modes(one_switch: OneSwitch, mode: str) -> None:
    """One request for the target leaves each slave in each interval."""
    bond = one_switch.dut.bond(mode=mode, arp_interval=100, arp_ip_target=TARGET)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(6 * bond.arp_interval)
    for name in ("eth0", "eth1"):
        # The first request may have waited for linkwatch: the recording begins with the bond.
        gaps = run.slave(name).arp_probe_gaps[1:]
        assert len(gaps) >= 5
        for gap in gaps:
            assert bond.arp_interval <= gap <= bond.arp_interval


@claim("ARPMISS-3")
@control("test_a_backup_gets_one_check_more")
@pytest.mark.parametrize("arp_missed_max", [1, 3])
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_no_slave_gets_one_check_more_in_the_balancing_modes(
    one_switch: OneSwitch, mode: str, arp_missed_max: int
) -> None:
    """Each slave that hears nothing is declared down after arp_missed_max checks."""
    bond = one_switch.dut.bond(
        mode=mode, arp_interval=100, arp_missed_max=arp_missed_max, arp_ip_target=TARGET
    )
    window = bond.times.silence(backup=False)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(10 * bond.arp_interval)
        one_switch.eth1.lose()
    assert window.earliest <= run.slave("eth1").detection <= window.latest
    assert run.slave("eth0").failures == 0


@claim("ARPMISS-8")
@control("test_a_backup_gets_one_check_more")
def test_a_backup_comes_back_with_the_first_probe_it_hears(one_switch: OneSwitch) -> None:
    """It is up again at the first check after a request of the active slave has reached it."""
    bond = one_switch.dut.bond(arp_interval=100, **ARP)
    with one_switch.watch() as run:
        with one_switch.eth1.lose():
            one_switch.after(10 * bond.arp_interval)
        one_switch.after(4 * bond.arp_interval)
    assert run.slave("eth1").link_states == ["up", "down", "up"]
    assert run.slave("eth1").recovery <= 2 * bond.arp_interval
