"""The networks of the search: those of the fixtures `one_switch`, `three_slaves`, `lacp_pair`."""

from __future__ import annotations

from harness.plans import BondPlan, ChannelPlan, LinkPlan, MachinePlan, SwitchPlan
from harness.record.net import Net
from harness.topology import DUT, TARGET, Topology

ADDRESS, TARGET_ADDRESS, NEIGHBOUR_ADDRESS = "192.0.2.1", "192.0.2.254", "192.0.2.7"
BOND = "bond0"
EVERY_MS = 200  # between two probes: of traffic only its recovery is judged
# Longer than the longest reaction and the resolution of addresses: traffic is judged after that.
REST_MS = 3000
MII = {"mode": "active-backup", "miimon": 100}
LACP = {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast"}


def _topology(name: str, slaves: tuple[str, ...], others: dict[str, str]) -> Topology:
    machines = [MachinePlan(machine, address) for machine, address in others.items()]
    return Topology(
        name=name,
        machines=(MachinePlan(DUT), *machines),
        switches=(SwitchPlan("sw"),),
        links=(
            *(LinkPlan(slave, DUT, "sw") for slave in slaves),
            *(LinkPlan(machine, "sw", machine) for machine in others),
        ),
        bonds=(BondPlan(BOND, slaves, ADDRESS, MII),),
    )


class TwoSlaves(Net):
    """Two slaves at one switch, with the target and a neighbour."""

    plan = _topology(
        "one_switch",
        ("eth0", "eth1"),
        {TARGET: TARGET_ADDRESS, "neighbour": NEIGHBOUR_ADDRESS},
    )


class MoreSlaves(Net):
    """Three slaves at one switch, with the target."""

    plan = _topology("three_slaves", ("eth0", "eth1", "eth2"), {TARGET: TARGET_ADDRESS})


class LacpPair(Net):
    """Two slaves at one switch that speaks LACP with them, with the target."""

    plan = Topology(
        name="lacp_pair",
        machines=(MachinePlan(DUT), MachinePlan(TARGET, TARGET_ADDRESS)),
        switches=(SwitchPlan("sw", channels=(ChannelPlan("po1", ("eth0", "eth1"), "kernel"),)),),
        links=(
            LinkPlan("eth0", DUT, "sw"),
            LinkPlan("eth1", DUT, "sw"),
            LinkPlan(TARGET, "sw", TARGET),
        ),
        bonds=(BondPlan(BOND, ("eth0", "eth1"), ADDRESS, LACP),),
    )


NETWORKS: dict[str, type[Net]] = {"2": TwoSlaves, "3": MoreSlaves, "2 lacp": LacpPair}
