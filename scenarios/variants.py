"""Variants of two slaves at one switch: three or none, two bonds, without address, with IPv6."""

from __future__ import annotations

from harness import (
    BondPlan,
    Cable,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Switch,
    SwitchPlan,
    Topology,
)
from scenarios.topologies import DUT, MII, TARGET, OneSwitch


class ThreeSlaves(Net):
    """Three slaves at one switch.

    dut  eth0 ---+
         eth1 ---+--- sw --- target  192.0.2.254
         eth2 ---+
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    sw: Switch
    target: Machine

    plan = Topology(
        name="three_slaves",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw"),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("eth2", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1", "eth2"), DUT, MII),),
    )


class SpareSlave(ThreeSlaves):
    """Two slaves and a third interface that can be enslaved, at one switch.

    dut  eth0 ---+
         eth1 ---+--- sw --- target  192.0.2.254
    spare eth2 --+
    """

    plan = Topology(
        name="spare_slave",
        machines=ThreeSlaves.plan.machines,
        switches=ThreeSlaves.plan.switches,
        links=ThreeSlaves.plan.links,
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, MII),),
    )


class DualStack(Net):
    """Two slaves and a spare interface at one switch; all machines have IPv6.

    dut  eth0 ---+
         eth1 ---+--- sw --- target  192.0.2.254
    spare eth2 --+      \\- neighbour  192.0.2.7
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    sw: Switch
    target: Machine
    neighbour: Machine

    plan = Topology(
        name="dual_stack",
        machines=OneSwitch.plan.machines,
        switches=OneSwitch.plan.switches,
        links=(*OneSwitch.plan.links, LinkPlan("eth2", "dut", "sw")),
        bonds=OneSwitch.plan.bonds,
        ipv6=True,
    )


class NoAddress(OneSwitch):
    """Two slaves at one switch, of a bond that has no address; others talk through the switch.

    dut  eth0 ---+
                 +--- sw --- target  192.0.2.254
         eth1 ---+        \\- neighbour  192.0.2.7
    """

    plan = Topology(
        name="no_address",
        machines=OneSwitch.plan.machines,
        switches=OneSwitch.plan.switches,
        links=OneSwitch.plan.links,
        bonds=(BondPlan("bond0", ("eth0", "eth1"), options=MII),),
        path=("neighbour", "target"),
    )


class EmptyBond(Net):
    """A bond without slaves, and an interface that can be enslaved.

    dut  spare eth0 --- sw
    """

    eth0: Cable
    sw: Switch

    plan = Topology(
        name="empty_bond",
        machines=(MachinePlan("dut"),),
        switches=(SwitchPlan("sw"),),
        links=(LinkPlan("eth0", "dut", "sw"),),
        bonds=(BondPlan("bond0", ()),),
    )


class TwoBonds(Net):
    """A bond with a slave, and a bond without slaves.

    dut  bond0  eth0 --- sw
         bond1
    """

    eth0: Cable
    sw: Switch

    plan = Topology(
        name="two_bonds",
        machines=(MachinePlan("dut"),),
        switches=(SwitchPlan("sw"),),
        links=(LinkPlan("eth0", "dut", "sw"),),
        bonds=(BondPlan("bond0", ("eth0",)), BondPlan("bond1", ())),
    )


class NestedBonds(Net):
    """A bond of one slave, and one of three that can be its second slave: 10 and 30 Gb/s.

    dut  bond0  eth0 -------------+
                bond1   eth1 -----+--- sw --- target  192.0.2.254
                        eth2 -----+
                        eth3 -----+
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    eth3: Cable
    sw: Switch
    target: Machine

    plan = Topology(
        name="nested_bonds",
        machines=ThreeSlaves.plan.machines,
        switches=ThreeSlaves.plan.switches,
        links=(*ThreeSlaves.plan.links, LinkPlan("eth3", "dut", "sw")),
        bonds=(
            BondPlan("bond0", ("eth0",), DUT, MII),
            BondPlan("bond1", ("eth1", "eth2", "eth3"), options=MII),
        ),
    )


class ParallelSwitches(Net):
    """Two slaves at two switches that are not connected, and a host at each (bonding.rst 12.2).

    dut  eth0 --- sw1 --- target  192.0.2.254
         eth1 --- sw2 --- neighbour  192.0.2.7
    """

    eth0: Cable
    eth1: Cable
    sw1: Switch
    sw2: Switch
    target: Machine
    neighbour: Machine

    plan = Topology(
        name="parallel_switches",
        machines=OneSwitch.plan.machines,
        switches=(SwitchPlan("sw1"), SwitchPlan("sw2")),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw2"),
            LinkPlan("target", "sw1", "target"),
            LinkPlan("neighbour", "sw2", "neighbour"),
        ),
        bonds=OneSwitch.plan.bonds,
    )
