"""miimon: how soon a lost or regained carrier is noticed, and what the MII monitor cannot see."""

import pytest

from harness import MODES, claim, contradicted, control, many_flows, ms, s
from scenarios.channels import StaticChannel
from scenarios.topologies import TARGET, OneSwitch, TwoSwitches


@claim("MIIMON-1", "NL-2")
@pytest.mark.parametrize("miimon", [50, 100, 250, 500])
def test_lost_carrier_is_noticed_within_one_inspection(one_switch: OneSwitch, miimon: int) -> None:
    """The backup slave takes over at the first inspection after the cut."""
    bond = one_switch.dut.bond(miimon=miimon)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.detection <= bond.miimon
    assert run.outage <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("MIIMON-1", "MODE-AB-6")
@control("test_lost_carrier_is_noticed_within_one_inspection")
@control("test_admin_down_counts_as_a_failure")
def test_nothing_happens_without_a_fault(one_switch: OneSwitch) -> None:
    """A healthy bond keeps its active slave, loses nothing and announces nothing."""
    one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.after(500 * ms)
    assert not run.detected
    assert run.active_slaves == ["eth0"]
    assert (run.lost, run.duplicates, run.reordered, run.garps) == (0, 0, 0, [])


@claim("MIIMON-11")
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_inspects_the_carrier(one_switch: OneSwitch, mode: str) -> None:
    """The slave without carrier is declared down within one inspection, whatever the mode."""
    lacp = {"lacp_rate": "fast"} if mode == "802.3ad" else {}  # its slow timeout takes minutes
    bond = one_switch.dut.bond(mode=mode, **lacp)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.slave("eth0").detection <= bond.miimon
    assert run.link_states == {"eth0": "down", "eth1": "up"}


@claim("MIIMON-4")
@contradicted(
    "MIIMON-4",
    kernels=">=5.10",
    evidence="delayed work is armed again only when it has run: a period is one jiffy longer "
    "(bond_mii_monitor, difference 49)",
)
def test_inspections_are_one_miimon_apart(one_switch: OneSwitch) -> None:
    """Seven inspections in a row, counted by the announcements they send, take seven intervals."""
    bond = one_switch.dut.bond(num_grat_arp=10, peer_notif_delay=100)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.garps_between(1, 8) <= (7 * bond.inspection).documented


@claim("MIIMON-4")
@control("test_inspections_are_one_miimon_apart")
def test_an_inspection_takes_a_jiffy_more_than_miimon(one_switch: OneSwitch) -> None:
    """Seven inspections take seven intervals of miimon and the jiffies of their timer."""
    bond = one_switch.dut.bond(num_grat_arp=10, peer_notif_delay=100)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert 7 * bond.inspection <= run.garps_between(1, 8) <= 7 * bond.inspection


@claim("OPT-3", "MIIMON-5", "FAQ-7")
@control("test_every_mode_inspects_the_carrier")
def test_without_a_monitor_nothing_is_noticed(one_switch: OneSwitch) -> None:
    """With miimon=0 the bond stays on a slave that lost its carrier."""
    bond = one_switch.dut.bond(miimon=0)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert bond["arp_interval"] == 0
    assert run.active_slaves == ["eth0"]
    assert run.link_states["eth0"] == "up"
    assert not run.recovered


@claim("OPT-3")
@control("test_without_a_monitor_nothing_is_noticed")
def test_with_a_monitor_it_is(one_switch: OneSwitch) -> None:
    """The same cut under miimon=100 leads to a failover."""
    one_switch.dut.bond(miimon=100)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.recovered


@claim("OPT-4")
@control("test_without_a_monitor_nothing_is_noticed")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor", "broadcast"])
def test_without_a_monitor_no_frame_leaves_by_a_dead_slave(
    static_channel: StaticChannel, mode: str
) -> None:
    """These modes look at the carrier for each frame, though the slave counts as up."""
    static_channel.dut.bond(mode=mode, miimon=0)
    with static_channel.watch(every=1 * s) as run:
        static_channel.eth1.cut()
        static_channel.after(1 * s)
        static_channel.dut.send_flows(list(many_flows(60)))
    assert run.link_states["eth1"] == "up"
    assert {slave for ports in run.carried_by for slave in ports} == {"eth0", "eth2"}
    assert () not in run.carried_by


@claim("MIIMON-5")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("balance-rr", 0), ("active-backup", 0), ("802.3ad", 100), ("balance-tlb", 100)],
)
def test_default_of_miimon(one_switch: OneSwitch, mode: str, expected: int) -> None:
    """Nothing is monitored by default, but in the modes that cannot do without."""
    assert one_switch.dut.bond(mode=mode, miimon=None)["miimon"] == expected


@claim("MIIMON-2")
def test_the_monitor_can_be_switched_off(one_switch: OneSwitch) -> None:
    """After miimon was set to 0 on the running bond, a cut is not noticed any more."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.dut.set(bond, miimon=0)
        one_switch.after(200 * ms)
        one_switch.eth0.cut()
        one_switch.after(500 * ms)
    assert run.active_slaves == ["eth0"]
    assert run.link_states["eth0"] == "up"


@claim("MIIMON-10")
@control("test_the_monitor_can_be_switched_off")
def test_the_monitor_can_be_switched_on(one_switch: OneSwitch) -> None:
    """A monitor set on the running bond inspects at once and finds the dead slave."""
    bond = one_switch.dut.bond(miimon=0)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(300 * ms)
        one_switch.dut.set(bond, miimon=500)
    assert 300 * ms <= run.detection <= 300 * ms + bond.first_inspection
    assert run.active_slaves == ["eth0", "eth1"]


@claim("MIIMON-7")
def test_admin_down_counts_as_a_failure(one_switch: OneSwitch) -> None:
    """A slave that is set down by hand is left within one inspection."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.admin_down()
    assert run.detection <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("MIIMON-3", "PRIMARY-1")
def test_regained_carrier_is_noticed_within_one_inspection(one_switch: OneSwitch) -> None:
    """Without updelay the primary is active again at the first inspection after the repair."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=400 * ms)
    assert run.reversion <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("PRESEL-4")
@control("test_regained_carrier_is_noticed_within_one_inspection")
def test_the_bond_stays_where_it_is_without_a_reason_to_go_back(one_switch: OneSwitch) -> None:
    """With primary_reselect=failure the recovered primary waits for the active slave to fail."""
    one_switch.dut.bond(primary="eth0", primary_reselect="failure")
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=400 * ms)
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.link_states["eth0"] == "up"


@claim("MIIMON-6", "MON-4", "HA-6")
def test_a_link_beyond_the_switch_is_invisible(two_switches: TwoSwitches) -> None:
    """The inter-switch link dies: traffic is lost and the MII monitor sees no reason to move."""
    two_switches.dut.bond()
    with two_switches.watch() as run:
        two_switches.isl.cut()
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert not run.recovered


@claim("HA-6", "MON-2", "HA-9")
@control("test_a_link_beyond_the_switch_is_invisible")
def test_the_arp_monitor_sees_beyond_the_switch(two_switches: TwoSwitches) -> None:
    """The same cut under the ARP monitor moves the bond to the switch that reaches the target."""
    bond = two_switches.dut.bond(arp_interval=100, arp_ip_target=TARGET)
    with two_switches.watch() as run:
        two_switches.isl.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"
    assert run.recovered


@claim("HA-2")
@pytest.mark.parametrize("fault", ["eth0", "sw1"])
def test_two_switches_survive_the_loss_of_one_path(two_switches: TwoSwitches, fault: str) -> None:
    """Neither a cable of the DUT nor its whole switch takes the target away for long."""
    bond = two_switches.dut.bond()
    with two_switches.watch() as run:
        if fault == "eth0":
            two_switches.eth0.cut()
        else:
            two_switches.sw1.power_off()
    assert run.outage <= bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("HA-2")
@control("test_two_switches_survive_the_loss_of_one_path")
def test_two_switches_do_not_survive_the_loss_of_both(two_switches: TwoSwitches) -> None:
    """With both slaves cut the bond has no active slave and nothing gets through."""
    two_switches.dut.bond()
    with two_switches.watch() as run:
        two_switches.eth0.cut()
        two_switches.eth1.cut()
    assert run.active_slave is None
    assert not run.recovered


@claim("MIIMON-3")
def test_a_bond_that_starts_without_any_cable_works_with_the_first(one_switch: OneSwitch) -> None:
    """Dark from the start, it takes the first slave that has carrier, and traffic returns."""
    one_switch.eth0.cut()
    one_switch.eth1.cut()
    with one_switch.watch(healthy=False) as run:
        one_switch.after(1 * s)
        one_switch.eth1.heal()
    assert run.active_slaves == [None, "eth1"]
    assert run.link_states == {"eth0": "down", "eth1": "up"}
    assert run.recovered


@claim("MIIMON-3")
@control("test_a_bond_that_starts_without_any_cable_works_with_the_first")
def test_a_bond_that_starts_without_any_cable_stays_dark(one_switch: OneSwitch) -> None:
    """No cable is put in, and no slave becomes active."""
    one_switch.eth0.cut()
    one_switch.eth1.cut()
    with one_switch.watch(healthy=False) as run:
        one_switch.after(1 * s)
    assert run.active_slaves == [None]
    assert run.lost_replies == 0
    assert not run.recovered


@claim("MIIMON-6", "MON-4")
def test_a_cable_that_loses_some_is_invisible(one_switch: OneSwitch) -> None:
    """The carrier is all that the MII monitor sees: a bad cable stays in use."""
    one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.lose("in", percent=30)
        one_switch.after(3 * s)
    assert run.active_slaves == ["eth0"]
    assert 0.2 < run.loss_in < 0.4
    assert run.loss_out == 0


@claim("MIIMON-6")
@control("test_a_cable_that_loses_some_is_invisible")
def test_a_cable_that_loses_its_carrier_is_not(one_switch: OneSwitch) -> None:
    """The same cable pulled costs the frames of one inspection, and then no more."""
    bond = one_switch.dut.bond()
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(3 * s)
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.dark <= bond.miimon
    assert run.loss < 0.1
