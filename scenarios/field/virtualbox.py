"""The networks of the VirtualBox report, for its scenarios and those of port security."""

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

VM, GATEWAY = "169.254.192.222", "169.254.192.1"
MII = {"mode": "active-backup", "miimon": 100}
SHARED = ("none", "follow")  # policies by which the MAC is where the active slave is


class VirtualBox(Net):
    """The report's VM: each port delivers unicast only for the MAC its NIC was configured with."""

    eth1: Cable
    eth2: Cable
    sw: Switch
    target: Machine

    plan = Topology(
        name="virtualbox",
        machines=(MachinePlan("dut"), MachinePlan("target", GATEWAY)),
        switches=(SwitchPlan("sw", filters_macs=True),),
        links=(
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("eth2", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth1", "eth2"), VM, MII),),
    )


class Office(Net):
    """The same machine at a switch that learns."""

    eth1: Cable
    eth2: Cable
    sw: Switch
    target: Machine

    plan = Topology(
        name="office",
        machines=VirtualBox.plan.machines,
        switches=(SwitchPlan("sw"),),
        links=VirtualBox.plan.links,
        bonds=VirtualBox.plan.bonds,
    )
