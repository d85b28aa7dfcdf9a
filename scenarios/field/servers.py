"""Machines with more than one job: a router with two bonds, a host whose guests share its bond."""

from __future__ import annotations

from harness import (
    BondPlan,
    BridgePlan,
    Cable,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Switch,
    SwitchPlan,
    Topology,
)

INSIDE, OUTSIDE = "192.168.11.101", "192.168.12.11"
ROUTER = {"mode": "active-backup", "miimon": 100, "updelay": 5000}
HOST, GUEST = "192.168.1.100", "192.168.1.150"
BRIDGED = {"mode": "active-backup", "miimon": 100}


class DualBondRouter(Net):
    """A router with a bond into each of its two networks (seed 001); probes go through it.

                             bond0         bond1
                             .11.101       .12.11
                       +--- eth0            eth2 ---+
    client --- sw1 ----+         [ dut ]            +---- sw2 --- server
    .11.20             +--- eth1            eth3 ---+             .12.20
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    eth3: Cable
    sw1: Switch
    sw2: Switch
    client: Machine
    server: Machine

    plan = Topology(
        name="dual_bond_router",
        machines=(
            MachinePlan("dut"),
            MachinePlan("client", "192.168.11.20", gateway=INSIDE),
            MachinePlan("server", "192.168.12.20", gateway=OUTSIDE),
        ),
        switches=(SwitchPlan("sw1"), SwitchPlan("sw2")),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw1"),
            LinkPlan("eth2", "dut", "sw2"),
            LinkPlan("eth3", "dut", "sw2"),
            LinkPlan("client", "sw1", "client"),
            LinkPlan("server", "sw2", "server"),
        ),
        bonds=(
            BondPlan("bond0", ("eth0", "eth1"), INSIDE, {**ROUTER, "primary": "eth0"}),
            BondPlan("bond1", ("eth2", "eth3"), OUTSIDE, {**ROUTER, "primary": "eth2"}),
        ),
        path=("client", "server"),
        forwards=True,
    )


class BridgeHost(Net):
    """A host of virtual machines: a bridge over a bond of four, a guest behind it (seed 002).

    guest --- br0 --- bond0   eth0 ---+
    .1.150    .1.100          eth1 ---+
                              eth2 ---+--- sw --- client  192.168.1.10
              [ dut ]         eth3 ---+
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    eth3: Cable
    sw: Switch
    guest: Machine
    client: Machine

    plan = Topology(
        name="bridge_host",
        machines=(
            MachinePlan("dut"),
            MachinePlan("guest", GUEST),
            MachinePlan("client", "192.168.1.10"),
        ),
        switches=(SwitchPlan("sw"),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("eth2", "dut", "sw"),
            LinkPlan("eth3", "dut", "sw"),
            LinkPlan("vnet0", "br0", "guest"),
            LinkPlan("client", "sw", "client"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1", "eth2", "eth3"), options=BRIDGED),),
        bridges=(BridgePlan("br0", "bond0", HOST),),
        path=("guest", "client"),
    )
