"""Routes by a slave beside those of its bond (bonding.rst 8.1)."""

import pytest

from harness import Run, claim, contradicted, control, s
from scenarios.interfaces import command, frames_counted
from scenarios.programs import send_datagrams
from scenarios.topologies import OneSwitch
from scenarios.variants import NoAddress

TARGET, OWN = "198.51.100.254", "198.51.100.1"
DATAGRAMS = 20
ONCE = 1  # each slave fails when the monitor starts (difference 66)


def route(net: OneSwitch, by: str) -> None:
    """Give the target an address that the DUT has a route to, by the bond or by a slave."""
    net.target.add_address(TARGET)
    for text in (f"address add {OWN}/32 dev bond0", f"route add {TARGET}/32 dev {by} src {OWN}"):
        command(net.dut, f"ip {text}")


def monitored(net: OneSwitch, by: str) -> Run:
    """Record a bond that begins to send ARP requests to the target with a route by `by`."""
    bond = net.dut.bond()
    route(net, by)
    with net.watch() as run:
        net.dut.set(bond, miimon=0)
        net.dut.set(bond, arp_interval=100, arp_ip_target=TARGET)
        net.after(2 * s)
    return run


def asked(run: Run) -> bool:
    """Tell whether eth0 sent a request for the target: one for another address is no probe."""
    return any(frame.to == TARGET for frame in run.slave("eth0").arp_probes)


@claim("TROUBLE-1")
@pytest.mark.parametrize(("by", "bypasses"), [("eth1", True), ("bond0", False)])
def test_a_slaves_own_route_bypasses_the_bond(
    no_address: NoAddress, by: str, *, bypasses: bool
) -> None:
    """What is sent by the route of a slave leaves by it, even if another slave is active."""
    bond = no_address.dut.bond()
    route(no_address, by)
    entry = [TARGET, "lladdr", no_address.target.cable.mac, "dev", by]
    assert no_address.dut.run(["ip", "neighbour", "add", *entry]).returncode == 0
    [before] = frames_counted(no_address, "tx", "eth1")
    send_datagrams(no_address, TARGET, DATAGRAMS)
    [after] = frames_counted(no_address, "tx", "eth1")
    assert bond.now.file("active_slave") == "eth0"
    assert (after - before >= DATAGRAMS) == bypasses


@claim("TROUBLE-2")
@contradicted(
    "TROUBLE-2",
    kernels=">=5.10",
    evidence="bond_arp_send_all skips a target whose route leads to no device above the bond "
    "(difference 41)",
)
def test_probes_are_sent_whatever_the_slaves_routes(one_switch: OneSwitch) -> None:
    """The driver sends its ARP requests also when a slave's route leads to the target."""
    run = monitored(one_switch, "eth0")
    assert asked(run)


@claim("TROUBLE-2")
@control("test_probes_are_sent_whatever_the_slaves_routes")
def test_probes_are_sent_by_the_bonds_route(one_switch: OneSwitch) -> None:
    """With the route of the bond the target is asked for."""
    run = monitored(one_switch, "bond0")
    assert asked(run)


@claim("ARPTGT-9")
@pytest.mark.parametrize(("by", "fails"), [("eth0", True), ("bond0", False)])
def test_a_target_beyond_another_route_is_never_heard(
    one_switch: OneSwitch, by: str, *, fails: bool
) -> None:
    """The probes are left out, not sent by the slave of the route: slaves fail again and again."""
    command(one_switch.target, f"ip route add {OWN}/32 dev target")
    run = monitored(one_switch, by)
    assert (not asked(run), run.failures["eth0"] > ONCE) == (fails, fails)


@claim("TROUBLE-3")
@pytest.mark.parametrize("by", ["eth0", "bond0"])
@pytest.mark.parametrize(("cut", "active"), [(False, ["eth0"]), (True, ["eth0", "eth1"])])
def test_the_mii_monitor_does_not_look_at_routes(
    one_switch: OneSwitch, by: str, active: list[str], *, cut: bool
) -> None:
    """With either route it keeps a slave that has carrier, and leaves one that has none."""
    one_switch.dut.bond(miimon=100)
    route(one_switch, by)
    with one_switch.watch() as run:
        if cut:
            one_switch.eth0.cut()
        one_switch.after(1 * s)
    assert run.active_slaves == active
