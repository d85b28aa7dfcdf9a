"""Topologies whose switches join ports in channels, and speak LACP on them."""

from __future__ import annotations

from harness import (
    BondPlan,
    Cable,
    ChannelPlan,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Switch,
    SwitchPlan,
    Topology,
)
from scenarios.topologies import DUT, TARGET

LACP = {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast"}


class LacpPair(Net):
    """Two slaves at a switch that joins their ports in one channel and speaks LACP.

    dut  eth0 ===+
                 +=== sw --- target  192.0.2.254      === a channel, LACP by the switch's kernel
         eth1 ===+
    """

    eth0: Cable
    eth1: Cable
    sw: Switch
    target: Machine

    plan = Topology(
        name="lacp_pair",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw", channels=(ChannelPlan("po1", ("eth0", "eth1"), "kernel"),)),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, LACP),),
    )
