"""The networks of the VirtualBox report, for its scenarios and those of port security."""

from __future__ import annotations

from harness.record.faults import Cable, MachineNoun, SwitchNoun
from harness.record.net import Net
from harness.topology import BondPlan, Link, Machine, Switch, Topology

VM, GATEWAY = "169.254.192.222", "169.254.192.1"
MII = {"mode": "active-backup", "miimon": 100}
SHARED = ("none", "follow")  # policies by which the MAC is where the active slave is


class VirtualBox(Net):
    """The report's VM: each port delivers unicast only for the MAC its NIC was configured with."""

    eth1: Cable
    eth2: Cable
    sw: SwitchNoun
    target: MachineNoun

    plan = Topology(
        name="virtualbox",
        machines=(Machine("dut"), Machine("target", GATEWAY)),
        switches=(Switch("sw", filters_macs=True),),
        links=(
            Link("eth1", "dut", "sw"),
            Link("eth2", "dut", "sw"),
            Link("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth1", "eth2"), VM, MII),),
    )


class Office(Net):
    """The same machine at a switch that learns."""

    eth1: Cable
    eth2: Cable
    sw: SwitchNoun
    target: MachineNoun

    plan = Topology(
        name="office",
        machines=VirtualBox.plan.machines,
        switches=(Switch("sw"),),
        links=VirtualBox.plan.links,
        bonds=VirtualBox.plan.bonds,
    )
