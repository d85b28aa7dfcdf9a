"""arp_validate: which frames count as a sign of life, for the active slave and for its backup.

A blade chassis: the DUT's slaves end at two internal switches, each of which has a neighbour
blade too; the ARP target is beyond them. A dead uplink leaves the carrier up, so only the ARP
monitor can notice it, and a neighbour's frames keep arriving.

                    dead path and a neighbour's
    arp_validate    requests  replies  other frames     what the documentation says counts
    none            fooled    fooled   fooled           any frame
    active          detects   detects  detects          on the active slave: replies of a target
    backup          fooled    fooled   fooled           validates backup slaves only
    all             detects   detects  detects          both
    filter          fooled    fooled   detects          any ARP
    filter_active   detects   detects  detects          ARP, and on the active slave validated
    filter_backup   fooled    fooled   detects          ARP, and on backup slaves validated
"""

import pytest

from harness import Effect, Machine, claim, contradicted, control, ms
from scenarios.topologies import BladeChassis, OneSwitch

VALUES = ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")
CLAIMS = tuple(f"ARPVAL-{number}" for number in range(7))

FOREIGN = ("requests", "replies", "other")
ARP_ONLY = ("requests", "replies")
FOOLED = [
    *((value, noise) for value in ("none", "backup") for noise in FOREIGN),
    *((value, noise) for value in ("filter", "filter_backup") for noise in ARP_ONLY),
]
DETECTS = [
    *((value, noise) for value in ("active", "all", "filter_active") for noise in FOREIGN),
    *((value, "other") for value in ("filter", "filter_backup")),
]


def disturbing(neighbour: Machine, noise: str, net: BladeChassis) -> Effect:
    """Let a neighbour send frames of one kind."""
    if noise == "requests":
        return neighbour.arping("target")
    if noise == "replies":
        return neighbour.arp_replies("192.168.50.111", mac=net.eth0.mac)
    return neighbour.noise()


@claim(*CLAIMS, "ARPVAL-11")
@pytest.mark.parametrize("arp_validate", VALUES)
def test_a_healthy_path_stays_up(blade_chassis: BladeChassis, arp_validate: str) -> None:
    """No value of arp_validate finds fault with a path that works, or keeps traffic back."""
    bond = blade_chassis.dut.bond(arp_validate=arp_validate)
    with blade_chassis.watch() as run:
        blade_chassis.after(10 * bond.arp_interval)
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}
    assert run.lost == 0


@claim(*CLAIMS, "ARPINT-1", "BLADE-1")
@control("test_a_healthy_path_stays_up")
@pytest.mark.parametrize("arp_validate", VALUES)
def test_a_dead_uplink_is_noticed(blade_chassis: BladeChassis, arp_validate: str) -> None:
    """In silence every value leads to the other switch in time."""
    bond = blade_chassis.dut.bond(arp_validate=arp_validate)
    with blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()  # eth0 keeps its carrier: sw1 is still powered
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"
    assert run.recovered


@claim("ARPVAL-4", "ARPVAL-5", "ARPVAL-6")
@control("test_validation_sees_through_a_neighbour")
@pytest.mark.parametrize("arp_validate", ["filter", "filter_active", "filter_backup"])
def test_a_filter_lets_the_answers_of_a_target_count(
    blade_chassis: BladeChassis, arp_validate: str
) -> None:
    """From the bond's start, the ARP of its own probing keeps both slaves up."""
    bond = blade_chassis.dut.bond(arp_validate=arp_validate)
    with blade_chassis.watch(healthy=False) as run:
        blade_chassis.after(10 * bond.arp_interval)
    assert run.link_states == {"eth0": "up", "eth1": "up"}
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim(*CLAIMS, "ARPVAL-9", "ARPINT-7")
@pytest.mark.parametrize(("arp_validate", "noise"), FOOLED)
def test_a_neighbour_hides_a_dead_uplink(
    blade_chassis: BladeChassis, arp_validate: str, noise: str
) -> None:
    """Frames that count although they prove nothing keep the bond on the dead path."""
    blade_chassis.dut.bond(arp_validate=arp_validate)
    with disturbing(blade_chassis.neighbour, noise, blade_chassis), blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
    assert run.active_slaves == ["eth0"]
    assert run.link_states["eth0"] == "up"
    assert not run.recovered


@claim(*CLAIMS, "ARPVAL-7", "ARPVAL-9")
@control("test_a_neighbour_hides_a_dead_uplink")
@pytest.mark.parametrize(("arp_validate", "noise"), DETECTS)
def test_validation_sees_through_a_neighbour(
    blade_chassis: BladeChassis, arp_validate: str, noise: str
) -> None:
    """Frames that do not count change nothing: the bond leaves the dead path in time."""
    bond = blade_chassis.dut.bond(arp_validate=arp_validate)
    with disturbing(blade_chassis.neighbour, noise, blade_chassis), blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
    assert bond.detection.earliest <= run.detection <= bond.detection.latest
    assert run.active_slave == "eth1"
    assert run.recovered


@claim("ARPVAL-2", "ARPVAL-3", "ARPVAL-6", "ARPVAL-10")
@pytest.mark.parametrize("arp_validate", ["backup", "all", "filter_backup"])
def test_a_validated_backup_needs_the_bonds_own_probes(
    blade_chassis: BladeChassis, arp_validate: str
) -> None:
    """A backup slave that sees a neighbour but not the active slave's probes is declared down."""
    bond = blade_chassis.dut.bond(arp_validate=arp_validate)
    with blade_chassis.neighbour2.arping("target"), blade_chassis.watch() as run:
        blade_chassis.uplink2.cut()
    window = bond.times.silence(backup=True)
    assert window.earliest <= run.slave("eth1").detection <= window.latest
    assert run.active_slaves == ["eth0"]
    assert run.outage <= 0 * ms


@claim("ARPVAL-0", "ARPVAL-1", "ARPVAL-4", "ARPVAL-5")
@control("test_a_validated_backup_needs_the_bonds_own_probes")
@pytest.mark.parametrize("arp_validate", ["none", "active", "filter", "filter_active"])
def test_a_backup_that_is_not_validated_is_fooled(
    blade_chassis: BladeChassis, arp_validate: str
) -> None:
    """Without validation of backups a neighbour's ARP keeps a cut-off backup slave up."""
    blade_chassis.dut.bond(arp_validate=arp_validate)
    with blade_chassis.neighbour2.arping("target"), blade_chassis.watch() as run:
        blade_chassis.uplink2.cut()
    assert run.link_states == {"eth0": "up", "eth1": "up"}
    assert run.failures["eth1"] == 0


@claim("ARPVAL-12")
@contradicted(
    "ARPVAL-12",
    kernels=">=6.1",
    evidence="bond_rcv_validate lets any IPv6 frame count under a filter (difference 10)",
)
def test_a_filter_lets_only_arp_count(blade_chassis: BladeChassis) -> None:
    """IPv6 multicast of a neighbour is not ARP: the bond leaves the dead path in time."""
    bond = blade_chassis.dut.bond(arp_validate="filter")
    with blade_chassis.neighbour.noise(ipv6=True), blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
    assert run.detection <= bond.detection.latest


@claim("ARPVAL-12")
@control("test_a_filter_lets_only_arp_count")
def test_validation_is_not_fooled_by_ipv6(blade_chassis: BladeChassis) -> None:
    """The same frames do not count for a slave that is validated."""
    bond = blade_chassis.dut.bond(arp_validate="active")
    with blade_chassis.neighbour.noise(ipv6=True), blade_chassis.watch() as run:
        blade_chassis.uplink1.cut()
    assert run.detection <= bond.detection.latest


@claim("ARPTGT-8", "ARPVAL-3")
@control("test_a_healthy_path_stays_up")
def test_the_only_target_takes_the_whole_bond_down(one_switch: OneSwitch) -> None:
    """When the only ARP target fails, no slave is left to be active."""
    one_switch.dut.bond(arp_interval=100, arp_ip_target="192.0.2.254", arp_validate="all")
    with one_switch.watch() as run:
        one_switch.target.die()
    assert run.failures["eth0"] >= 1
    assert None in run.active_slaves
