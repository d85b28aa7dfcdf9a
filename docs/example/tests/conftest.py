"""The network of our storage nodes: two ports, two leaf switches, a server behind them."""

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
    topology_fixture,
)


class StorageNode(Net):
    """A storage node at two leaf switches.

    dut  p1 --- leaf1 ---+
                         +--- peer link
         p2 --- leaf2 ---+--- nfs  192.0.2.50
    """

    p1: Cable
    p2: Cable
    peer: Cable
    leaf1: Switch
    leaf2: Switch
    nfs: Machine

    plan = Topology(
        name="storage_node",
        machines=(MachinePlan("dut"), MachinePlan("nfs", "192.0.2.50")),
        switches=(SwitchPlan("leaf1"), SwitchPlan("leaf2")),
        links=(
            LinkPlan("p1", "dut", "leaf1"),
            LinkPlan("p2", "dut", "leaf2"),
            LinkPlan("peer", "leaf1", "leaf2"),
            LinkPlan("nfs", "leaf2", "nfs"),
        ),
        bonds=(BondPlan("bond0", ("p1", "p2"), "192.0.2.10", {"mode": 1, "miimon": 100}),),
        path=("dut", "nfs"),
    )


storage_node = topology_fixture(StorageNode)
