"""Examples of sysfs in bonding.rst (3.4), run as they are printed."""

import pytest

from harness import Dut, claim, contradicted, control, ms, s
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond

OPTIONS = "/sys/class/net/bond0/bonding"
OFTEN = 20 * ms  # between two probes, which show when a machine was late


def run(dut: Dut, line: str) -> None:
    """Run a line of a shell with the files in /sys that the DUT's network namespace has."""
    own = f"[ -d {OPTIONS} ] || mount -t sysfs sysfs /sys && {line}"
    done = dut.run(["unshare", "--mount", "sh", "-c", own])
    assert done.returncode == 0, done.stderr


@claim("SYSFS-10")
@pytest.mark.parametrize(
    ("line", "seconds"), [(f"echo 12 > {OPTIONS}/lp_interval", 12), (":", 1)], ids=["12", "none"]
)
def test_learning_packets_come_as_the_example_sets_them(
    one_switch: OneSwitch, line: str, seconds: int
) -> None:
    """Each slave sends one each 12 s, and each second without the example."""
    net = one_switch
    bond = net.dut.bond(mode="balance-alb")
    run(net.dut, line)
    with net.watch(every=OFTEN) as watched:
        net.after(36 * s)
    gaps = watched.slave("eth0").gaps_of("learning")
    assert bond["lp_interval"] == seconds
    assert gaps != []
    assert all(gap == bond.learning_interval for gap in gaps)


@claim("SYSFS-11")
@contradicted(
    "SYSFS-11",
    kernels=">=5.10",
    evidence="the line has no redirection, so it prints a text and writes to no file "
    "(difference 35)",
)
def test_the_example_of_arp_ip_target_sets_a_target(empty_bond: EmptyBond) -> None:
    """As printed it adds the target."""
    bond = empty_bond.dut.bond(mode="active-backup")
    run(empty_bond.dut, f"echo +192.168.2.100 {OPTIONS}/arp_ip_target")
    assert bond.now.sysfs["arp_ip_target"] == ("192.168.2.100",)


@claim("SYSFS-11")
@control("test_the_example_of_arp_ip_target_sets_a_target")
def test_with_a_redirection_it_does(empty_bond: EmptyBond) -> None:
    """The same line with the sign that is missing adds it."""
    bond = empty_bond.dut.bond(mode="active-backup")
    run(empty_bond.dut, f"echo +192.168.2.100 > {OPTIONS}/arp_ip_target")
    assert bond.now.sysfs["arp_ip_target"] == ("192.168.2.100",)
